package command

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
)

func servicesCommand() *command {
	return &command{
		name:    "services",
		summary: "list the services, who provides them and how they behave",
		about: `JSON: {"time", "services": [{"name", "domain", "attached", "operational-state",
"isolation-strength", "process-id", "attach-time", "executable",
"executable-sha256", "cgroup", "uid", "provider-executable",
"provider-executable-sha256", "provider-cgroup", "provider-uid",
"provider-start-time", "counters": {"attaches", "calls-permitted",
"calls-denied", "calls-tolerated", "rate-limited", "dwell-exceeded",
"protection-key-faults", "violations", "lost-reports"}, "last-violation": {"time",
"kind", "target-domain", "address"}, "code-scan": {"verdict", "reason", "time",
"mappings", "bytes", "replaceable", "proven", "gate", "entry", "masked", "identity",
"open"}}]}, by name. A member whose value is not known is absent.`,
		examples: []string{"waveguard services", "waveguard services --output json | jq '.services[] | select(.attached | not)'"},
		run: func(ctx context.Context, s *session) error {
			return s.ask(ctx, func(ctx context.Context, client *appliance.Client) error {
				services, err := client.Services(ctx)
				if err != nil {
					return err
				}
				if s.output == forPrograms {
					return s.writeJSON(struct {
						Time     time.Time           `json:"time"`
						Services []appliance.Service `json:"services"`
					}{services.Time, services.Data})
				}
				return writeServices(s, services)
			})
		},
	}
}

func writeServices(s *session, services appliance.Sample[[]appliance.Service]) error {
	t := text.NewTable(s.palette(), "SERVICE", "DOMAIN", "STATE", "WALL", "CODE", "PROCESS", "CALLS", "REFUSED", "FAULTS", "VIOLATIONS", "LAST VIOLATION")
	for _, v := range services.Data {
		process := text.Cell{Text: "not attached", Style: text.Warn, Right: true}
		if v.Attached {
			process = text.Cell{Text: strconv.FormatUint(uint64(v.ProcessID), 10), Right: true}
		}
		t.Add(plainCell(v.Name), plainCell(v.Domain), stateCell(v.OperationalState), wallCell(v.Strength), codeCell(v.CodeScan), process,
			countCell(v.Counters.CallsPermitted), alarmCell(v.Counters.CallsDenied), alarmCell(v.Counters.Faults),
			alarmCell(v.Counters.Violations), plainCell(violation(v.LastViolation)))
	}
	if err := t.Write(s.Stdout); err != nil {
		return err
	}
	_, err := fmt.Fprintf(s.Stdout, "\n%s\n", readAt(services.Time))
	return err
}

// codeCell is what the code of the process means for the service.
func codeCell(c *appliance.CodeScan) text.Cell {
	if c == nil {
		return text.Cell{}
	}
	cell := text.Cell{Text: c.Verdict}
	switch c.Verdict {
	case "CLEAN", "ACCEPTED":
		cell.Style = text.Good
	case "OPEN":
		cell.Style = text.Bad
	case "UNKNOWN":
		cell.Style = text.Warn
	}
	return cell
}

// violation is what was tried, in one line; empty if there was nothing.
func violation(v *appliance.LastViolation) string {
	if v == nil {
		return ""
	}
	line := v.Kind
	if v.TargetDomain != "" {
		line += " against " + v.TargetDomain
	}
	if v.Address != "" {
		line += " at " + v.Address
	}
	if v.Time != nil {
		line += ", " + moment(v.Time)
	}
	return line
}
