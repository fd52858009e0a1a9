package command

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/control"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
)

func demoStatusCommand() *command {
	var socket controlFlag
	return &command{
		name:    "status",
		summary: "tell what the services of the node did",
		about: `The node answers itself, so this works without the daemon. JSON: {"process-id",
"uptime-seconds", "attached", "last-error", "backend", "isolation-strength",
"hardware-keys", "policy-epoch", "services": [{"name", "domain", "work": {NAME:
COUNT}, "last", "refused-calls", "faults", "trouble"}]}.`,
		examples: []string{"waveguard demo status", "waveguard demo status --output json | jq '.services[].work'"},
		flags:    socket.add,
		run: func(ctx context.Context, s *session) error {
			reply, err := askNode(ctx, s, socket.socket(s), control.Request{Command: control.CommandStatus})
			if err != nil {
				return err
			}
			if reply.Status == nil {
				return errors.New("the node's answer has no status in it")
			}
			if s.output == forPrograms {
				return s.writeJSON(reply.Status)
			}
			return writeNode(s, reply.Status)
		},
	}
}

func writeNode(s *session, n *control.Status) error {
	p := s.palette()
	attachment := p.Paint(text.Good, "attached")
	if !n.Attached {
		attachment = p.Paint(text.Bad, "not attached") + ", under the last policy: " + n.LastError
	}
	wall := wallCell(n.Strength)
	pairs := []text.Pair{
		{Name: "daemon", Value: fmt.Sprintf("%s, policy epoch %d", attachment, n.Epoch)},
		{Name: "walls", Value: fmt.Sprintf("%s (backend %s, %d hardware keys)\n%s", p.Paint(wall.Style, wall.Text), n.Backend, n.Keys, appliance.Meaning(n.Strength))},
	}
	for _, service := range n.Services {
		pairs = append(pairs, text.Pair{Name: service.Name, Value: describeService(p, service)})
	}
	if _, err := fmt.Fprintf(s.Stdout, "%s, process %d, running for %.0f s\n", p.Paint(text.Bold, "demonstration node"), n.ProcessID, n.Uptime); err != nil {
		return err
	}
	return text.WritePairs(s.Stdout, pairs...)
}

func describeService(p text.Palette, s control.Service) string {
	work := make([]string, 0, len(s.Work))
	for _, name := range slices.Sorted(maps.Keys(s.Work)) {
		work = append(work, fmt.Sprintf("%s %d", name, s.Work[name]))
	}
	var lines []string
	if len(work) > 0 {
		lines = append(lines, strings.Join(work, ", "))
	}
	if s.Last != "" {
		lines = append(lines, s.Last)
	}
	if s.Refused > 0 || s.Faults > 0 {
		lines = append(lines, p.Paint(text.Warn, fmt.Sprintf("calls refused %d, faults caught %d", s.Refused, s.Faults)))
	}
	if s.Trouble != "" {
		lines = append(lines, p.Paint(text.Bad, "in trouble: "+s.Trouble))
	}
	return strings.Join(lines, "\n")
}
