package command

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
	"github.com/optical-net/waveguard/yang/models"
)

func statusCommand() *command {
	return &command{
		name:    "status",
		summary: "tell how the appliance is and how strong its walls are",
		about: `JSON: {"address", "time", "system": {"name", "version", "backend",
"isolation-strength", "minimum-isolation-strength", "hardware-keys", "boot-time",
"policy-epoch"}, "domains", "transitions", "services", "services-attached",
"services-unproven", "channels", "channels-in-service", "violations", "permissive",
"not-enforced"}; the last two have the names of the domains that are permissive, and of
the YANG modules that are served and not enforced (waveguardd --models), the eight
before are numbers.`,
		examples: []string{
			"waveguard status",
			"waveguard status --output json | jq -r '.system[\"isolation-strength\"]'",
		},
		run: func(ctx context.Context, s *session) error {
			return s.ask(ctx, func(ctx context.Context, client *appliance.Client) error {
				o, err := readOverview(ctx, client)
				if err != nil {
					return err
				}
				o.Address = s.Address
				if s.output == forPrograms {
					return s.writeJSON(o)
				}
				return o.write(s)
			})
		},
	}
}

// overview is the appliance in few numbers.
type overview struct {
	Address     string           `json:"address"`
	Time        time.Time        `json:"time"` // when the appliance answered, by its clock
	System      appliance.System `json:"system"`
	Domains     int              `json:"domains"`
	Transitions int              `json:"transitions"`
	Services    int              `json:"services"`
	Attached    int              `json:"services-attached"`
	Unproven    int              `json:"services-unproven"` // whose code may open walls, or is not known
	Channels    int              `json:"channels"`
	Open        int              `json:"channels-in-service"`
	Violations  appliance.Count  `json:"violations"`   // of all services
	Permissive  []string         `json:"permissive"`   // domains
	NotEnforced []string         `json:"not-enforced"` // modules
}

func readOverview(ctx context.Context, client *appliance.Client) (*overview, error) {
	system, err := client.System(ctx)
	if err != nil {
		return nil, err
	}
	domains, err := client.Domains(ctx)
	if err != nil {
		return nil, err
	}
	transitions, err := client.Transitions(ctx)
	if err != nil {
		return nil, err
	}
	services, err := client.Services(ctx)
	if err != nil {
		return nil, err
	}
	channels, err := client.Channels(ctx)
	if err != nil {
		return nil, err
	}
	modules, err := client.Models(ctx)
	if err != nil {
		return nil, err
	}
	o := &overview{
		Time: services.Time, System: system.Data,
		Domains: len(domains.Data), Transitions: len(transitions.Data), Services: len(services.Data), Channels: len(channels.Data),
	}
	for _, c := range channels.Data {
		if c.OperationalState == "IN_SERVICE" {
			o.Open++
		}
	}
	o.Permissive, o.NotEnforced = permissiveOf(domains.Data), foreign(modules)
	for _, service := range services.Data {
		o.Violations += service.Counters.Violations
		if service.Attached {
			o.Attached++
		}
		if c := service.CodeScan; c != nil && (c.Verdict == "OPEN" || c.Verdict == "UNKNOWN") {
			o.Unproven++
		}
	}
	return o, nil
}

func permissiveOf(domains []appliance.Domain) []string {
	names := []string{}
	for _, d := range domains {
		if d.EnforcementMode == permissive {
			names = append(names, d.Name)
		}
	}
	return names
}

// foreign returns the modules that are not the appliance's own.
func foreign(modules []string) []string {
	own, names := models.Served(), []string{}
	for _, name := range modules {
		if !slices.Contains(own, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (o *overview) write(s *session) error {
	p := s.palette()
	if _, err := fmt.Fprintf(s.Stdout, "%s at %s\n", p.Paint(text.Bold, o.System.Name), o.Address); err != nil {
		return err
	}
	if err := text.WritePairs(s.Stdout, o.pairs(p)...); err != nil {
		return err
	}
	if o.System.Strength != "" && appliance.Rank(o.System.Strength) < appliance.Rank(o.System.MinimumStrength) {
		_, err := fmt.Fprintln(s.Stdout, p.Paint(text.Bad, "The walls are weaker than the minimum asked for."))
		return err
	}
	return nil
}

func (o *overview) pairs(p text.Palette) []text.Pair {
	wall := wallCell(cmp.Or(o.System.Strength, "unknown"))
	pairs := []text.Pair{
		{Name: "version", Value: cmp.Or(o.System.Version, "unknown")},
		{Name: "running since", Value: cmp.Or(moment(o.System.BootTime), "unknown")},
		{Name: "walls", Value: fmt.Sprintf("%s (backend %s, %d hardware keys)\n%s",
			p.Paint(wall.Style, wall.Text), cmp.Or(o.System.Backend, "unknown"), o.System.HardwareKeys, appliance.Meaning(o.System.Strength))},
		{Name: "minimum asked for", Value: cmp.Or(o.System.MinimumStrength, "unknown")},
		{Name: "policy", Value: fmt.Sprintf("epoch %d: %d domains, %d transitions; a pair that has none is denied",
			o.System.PolicyEpoch, o.Domains, o.Transitions)},
		{Name: "services", Value: fmt.Sprintf("%d of %d attached", o.Attached, o.Services)},
		{Name: "channels", Value: fmt.Sprintf("%d of %d in service", o.Open, o.Channels)},
		{Name: "code", Value: o.code(p)},
		{Name: "violations", Value: fmt.Sprintf("%d since the appliance started, read at %s",
			o.Violations, o.Time.Local().Format("2006-01-02 15:04:05.000 MST"))},
	}
	if len(o.Permissive) > 0 {
		pairs = append(pairs, text.Pair{Name: "permissive", Value: p.Paint(text.Warn, strings.Join(o.Permissive, ", ")) +
			"\nCalls by these domains need no permission; \"waveguard learn\" proposes a policy."})
	}
	if len(o.NotEnforced) > 0 {
		pairs = append(pairs, text.Pair{Name: "not enforced", Value: fmt.Sprintf("%d YANG modules of others: %s\nTheir data is kept, checked and served, and nothing is done with it.",
			len(o.NotEnforced), strings.Join(o.NotEnforced, ", "))})
	}
	return pairs
}

func (o *overview) code(p text.Palette) string {
	if o.Unproven == 0 {
		return "none is known to open walls"
	}
	return p.Paint(text.Bad, fmt.Sprintf("that of %d of %d attached services may open walls; \"waveguard services\" shows which", o.Unproven, o.Attached))
}
