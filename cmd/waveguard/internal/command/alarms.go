package command

import (
	"context"
	"fmt"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
)

func alarmsCommand() *command {
	return &command{
		name:    "alarms",
		summary: "list what is wrong now, and what can be done about it",
		about: `JSON: {"time", "alarms": [{"id", "resource-type", "resource", "resource-path",
"probable-cause": {"cause", "extension", "location", "direction"}, "severity",
"raise-time", "change-time", "occurrences", "additional-detail",
"corrective-action"}]}, the gravest first, then the oldest. A member whose value
is not known is absent.`,
		examples: []string{"waveguard alarms", "waveguard alarms --output json | jq '.alarms[] | select(.severity == \"CRITICAL\")'"},
		run: func(ctx context.Context, s *session) error {
			return s.ask(ctx, func(ctx context.Context, client *appliance.Client) error {
				alarms, err := client.Alarms(ctx)
				if err != nil {
					return err
				}
				if s.output == forPrograms {
					return s.writeJSON(struct {
						Time   time.Time         `json:"time"`
						Alarms []appliance.Alarm `json:"alarms"`
					}{alarms.Time, alarms.Data})
				}
				return writeAlarms(s, alarms.Data)
			})
		},
	}
}

func writeAlarms(s *session, alarms []appliance.Alarm) error {
	if len(alarms) == 0 {
		_, err := fmt.Fprintln(s.Stdout, "No alarms.")
		return err
	}
	t := text.NewTable(s.palette(), "SEVERITY", "RAISED", "RESOURCE", "CAUSE", "TIMES", "WHAT IS WRONG")
	for _, a := range alarms {
		times := text.Cell{Right: true}
		if a.Occurrences > 0 {
			times = countCell(a.Occurrences)
		}
		t.Add(severityCell(a.Severity), plainCell(moment(a.RaiseTime)), plainCell(resourceName(a.ResourceType, a.Resource)),
			plainCell(a.Cause.Cause), times, plainCell(a.Detail))
	}
	if err := t.Write(s.Stdout); err != nil {
		return err
	}
	return writeActions(s, alarms)
}

// writeActions says, once each, what can be done.
func writeActions(s *session, alarms []appliance.Alarm) error {
	said := map[string]bool{"": true}
	for _, a := range alarms {
		if said[a.Action] {
			continue
		}
		said[a.Action] = true
		if _, err := fmt.Fprintf(s.Stdout, "\n%s: %s.", a.Cause.Cause, a.Action); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(s.Stdout)
	return err
}

// resourceName names a resource to people.
func resourceName(kind, name string) string {
	switch kind {
	case "SYSTEM":
		return "system"
	case "DOMAIN":
		return "domain " + name
	case "TRANSITION":
		return "transition " + name
	}
	return name
}

func severityCell(severity string) text.Cell {
	cell := text.Cell{Text: severity}
	switch severity {
	case "CRITICAL", "MAJOR":
		cell.Style = text.Bad
	case "MINOR", "WARNING":
		cell.Style = text.Warn
	}
	return cell
}
