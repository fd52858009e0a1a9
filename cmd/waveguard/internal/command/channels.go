package command

import (
	"context"
	"fmt"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
)

func channelsCommand() *command {
	return &command{
		name:    "channels",
		summary: "list the channels, who sends and who receives, with counts",
		about: `JSON: {"time", "channels": [{"name", "producer", "producer-state", "slots",
"slot-size", "integrity", "overflow", "administrative-state", "operational-state",
"generation", "ring-bytes", "description", "counters": {"sent", "sent-octets",
"refused"}, "consumers": [{"service", "end-state", "backlog", "counters":
{"received", "received-octets", "lost", "corrupted"}}]}]}, by name. A member whose
value is not known is absent.`,
		examples: []string{
			"waveguard channels",
			"waveguard channels --output json | jq '.channels[].consumers[] | select(.counters.corrupted > 0)'",
		},
		run: func(ctx context.Context, s *session) error {
			return s.ask(ctx, func(ctx context.Context, client *appliance.Client) error {
				channels, err := client.Channels(ctx)
				if err != nil {
					return err
				}
				if s.output == forPrograms {
					return s.writeJSON(struct {
						Time     time.Time           `json:"time"`
						Channels []appliance.Channel `json:"channels"`
					}{channels.Time, channels.Data})
				}
				return writeChannels(s, channels)
			})
		},
	}
}

// writeChannels writes a line for each consumer.
func writeChannels(s *session, channels appliance.Sample[[]appliance.Channel]) error {
	t := text.NewTable(s.palette(), "CHANNEL", "STATE", "INTEGRITY", "OVERFLOW", "PRODUCER", "END", "SENT", "REFUSED", "CONSUMER", "END", "RECEIVED", "LOST", "CORRUPTED", "BACKLOG")
	for _, c := range channels.Data {
		for _, r := range c.Consumers {
			t.Add(plainCell(c.Name), stateCell(c.OperationalState), plainCell(c.Integrity), plainCell(c.Overflow),
				plainCell(c.Producer), endCell(c.ProducerState), countCell(c.Counters.Sent), alarmCell(c.Counters.Refused), plainCell(r.Service), endCell(r.EndState), countCell(r.Counters.Received), alarmCell(r.Counters.Lost), alarmCell(r.Counters.Corrupted), countCell(r.Backlog))
		}
	}
	if err := t.Write(s.Stdout); err != nil {
		return err
	}
	_, err := fmt.Fprintf(s.Stdout, "\nWhat is not listed is given to nobody. %s\n", readAt(channels.Time))
	return err
}

// endCell is how an end stands.
func endCell(state string) text.Cell {
	cell := plainCell(state)
	switch state {
	case "OPEN":
		cell.Style = text.Good
	case "ABSENT", "WAITING":
		cell.Style = text.Warn
	case "WITHHELD":
		cell.Style = text.Bad
	}
	return cell
}
