package command

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
)

func domainsCommand() *command {
	return &command{
		name:    "domains",
		summary: "list the protection domains, with what their gates counted",
		about: `JSON: {"time", "domains": [{"name", "id", "privilege-level",
"administrative-state", "enforcement-mode", "operational-state",
"isolation-strength", "counters": {"entries-permitted", "entries-denied",
"entries-tolerated", "calls-tolerated", "unmatched-denied",
"protection-key-faults"}}]}, by id. A member whose value is not known is absent.`,
		examples: []string{"waveguard domains", "waveguard domains --output json | jq '.domains[].name'"},
		run: func(ctx context.Context, s *session) error {
			return s.ask(ctx, func(ctx context.Context, client *appliance.Client) error {
				domains, err := client.Domains(ctx)
				if err != nil {
					return err
				}
				if s.output == forPrograms {
					return s.writeJSON(struct {
						Time    time.Time          `json:"time"`
						Domains []appliance.Domain `json:"domains"`
					}{domains.Time, domains.Data})
				}
				return writeDomains(s, domains)
			})
		},
	}
}

func writeDomains(s *session, domains appliance.Sample[[]appliance.Domain]) error {
	t := text.NewTable(s.palette(), "DOMAIN", "ID", "LEVEL", "WANTED", "MODE", "STATE", "WALL", "ENTERED", "REFUSED", "UNMATCHED", "TOLERATED", "FAULTS")
	for _, d := range domains.Data {
		t.Add(plainCell(d.Name), text.Cell{Text: strconv.Itoa(int(d.ID)), Right: true}, plainCell(d.PrivilegeLevel),
			stateCell(d.AdministrativeState), stateCell(d.EnforcementMode), stateCell(d.OperationalState), wallCell(d.Strength),
			countCell(d.Counters.EntriesPermitted), alarmCell(d.Counters.EntriesDenied),
			alarmCell(d.Counters.UnmatchedDenied), alarmCell(d.Counters.CallsTolerated), alarmCell(d.Counters.Faults))
	}
	if err := t.Write(s.Stdout); err != nil {
		return err
	}
	_, err := fmt.Fprintf(s.Stdout, "\n%s\n%s\n",
		"ENTERED and REFUSED are calls into the domain, UNMATCHED calls out of it that no\ntransition permits, TOLERATED calls out of it that passed though policy forbids them,\nFAULTS touches of its memory by others. WALL is the weakest in use.",
		readAt(domains.Time))
	return err
}
