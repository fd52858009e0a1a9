package command

import (
	"context"
	"encoding/json"
	"flag"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
)

func watchCommand() *command {
	interval, duration := 5*time.Second, time.Duration(0)
	return &command{
		name:    "watch",
		summary: "tell violations and refusals as they happen, and sampled counters",
		about: `Told on change: actions and denied calls of transitions, and of services whether
they are attached, their violations and the latest of them. Sampled: the other
counters. It goes on until interrupted, then exits with 0.
JSON: a line an event: {"time", "event", "path", "value"}. "event" is on-change,
sample, deleted, or synchronized after all that was there before; the last has
no path. "value" is a string, number, boolean or list.`,
		examples: []string{
			"waveguard watch",
			"waveguard watch --interval 1s --duration 1m",
			"waveguard watch --output json | jq -c 'select(.event == \"on-change\")'",
		},
		flags: func(flags *flag.FlagSet) {
			flags.DurationVar(&interval, "interval", interval, "`TIME` between samples")
			flags.DurationVar(&duration, "duration", duration, "`TIME` to go on for (default until interrupted)")
		},
		run: func(ctx context.Context, s *session) error {
			if interval <= 0 || duration < 0 {
				return s.misused("--interval and --duration are positive times such as 5s")
			}
			if duration > 0 {
				limited, cancel := context.WithTimeout(ctx, duration)
				defer cancel()
				ctx = limited
			}
			return s.connect(func(client *appliance.Client) error {
				if err := s.limited(ctx, client.Check); err != nil {
					return err
				}
				return watch(ctx, s, client, interval)
			})
		},
	}
}

func watch(ctx context.Context, s *session, client *appliance.Client, interval time.Duration) error {
	if s.output == forPeople {
		n := newNarrator(s.Stdout, s.palette(), interval)
		return client.Watch(ctx, interval, n.tell)
	}
	lines := json.NewEncoder(s.Stdout)
	return client.Watch(ctx, interval, func(events []appliance.Event) error {
		for _, event := range events {
			if err := lines.Encode(event); err != nil {
				return err
			}
		}
		return nil
	})
}
