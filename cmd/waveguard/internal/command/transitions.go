package command

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
)

func transitionsCommand() *command {
	return &command{
		name:    "transitions",
		summary: "list which domain may call which, with counts",
		about: `JSON: {"time", "transitions": [{"source", "target", "action", "operation",
"fast-path", "max-rate", "max-dwell-time", "counters": {"permitted", "denied",
"tolerated", "rate-limited", "dwell-exceeded", "last-denied"}}]}, by source and target.
max-rate is in calls per second, max-dwell-time in microseconds; absent is
unlimited, and no "operation" is all of them.`,
		examples: []string{
			"waveguard transitions",
			"waveguard transitions --output json | jq '.transitions[] | select(.action == \"DENY\")'",
		},
		run: func(ctx context.Context, s *session) error {
			return s.ask(ctx, func(ctx context.Context, client *appliance.Client) error {
				transitions, err := client.Transitions(ctx)
				if err != nil {
					return err
				}
				if s.output == forPrograms {
					return s.writeJSON(struct {
						Time        time.Time              `json:"time"`
						Transitions []appliance.Transition `json:"transitions"`
					}{transitions.Time, transitions.Data})
				}
				return writeTransitions(s, transitions)
			})
		},
	}
}

func writeTransitions(s *session, transitions appliance.Sample[[]appliance.Transition]) error {
	t := text.NewTable(s.palette(), "SOURCE", "TARGET", "ACTION", "OPERATIONS", "RATE", "DWELL", "PERMITTED", "DENIED", "TOLERATED", "TOO FAST", "TOO LONG", "LAST DENIED")
	for _, r := range transitions.Data {
		operations := "all"
		if len(r.Operations) > 0 {
			operations = strings.Join(r.Operations, ",")
		}
		t.Add(plainCell(r.Source), plainCell(r.Target), stateCell(r.Action), plainCell(operations),
			limitCell(r.MaxRate, "/s"), limitCell(r.MaxDwellTime, "us"),
			countCell(r.Counters.Permitted), alarmCell(r.Counters.Denied), alarmCell(r.Counters.Tolerated),
			alarmCell(r.Counters.RateLimited), alarmCell(r.Counters.DwellExceeded), plainCell(moment(r.Counters.LastDenied)))
	}
	if err := t.Write(s.Stdout); err != nil {
		return err
	}
	_, err := fmt.Fprintf(s.Stdout, "\nA pair that is not listed is denied. %s\n", readAt(transitions.Time))
	return err
}
