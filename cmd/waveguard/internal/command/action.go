package command

import (
	"context"
	"fmt"
	"strings"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
)

// actionCommand is permit or deny.
func actionCommand(name string) *command {
	action := strings.ToUpper(name)
	return &command{
		name:    name,
		args:    []string{"SOURCE", "TARGET"},
		summary: fmt.Sprintf("%s calls of one domain into another", name),
		about: `The change is one transaction and in force when the command returns: each gate
obeys it at its next call. Limits that the transition has stay as they are.
JSON: {"source", "target", "before", "after", "changed"}; "before" is absent if
there was no such transition, which denies.`,
		examples: []string{fmt.Sprintf("waveguard %s dashboard performance-monitoring", name)},
		run: func(ctx context.Context, s *session) error {
			for _, domain := range s.args {
				if domain == "*" { // gNMI would take it for all domains
					return s.misused("a transition is between two domains by name, * is none; \"waveguard domains\" lists them")
				}
			}
			return s.ask(ctx, func(ctx context.Context, client *appliance.Client) error {
				return setAction(ctx, s, client, action)
			})
		},
	}
}

// change is what became of a transition.
type change struct {
	Source  string `json:"source"`
	Target  string `json:"target"`
	Before  string `json:"before,omitempty"`
	After   string `json:"after"`
	Changed bool   `json:"changed"`
}

func setAction(ctx context.Context, s *session, client *appliance.Client, action string) error {
	c := change{Source: s.args[0], Target: s.args[1], After: action}
	var err error
	if c.Before, err = client.Action(ctx, c.Source, c.Target); err != nil {
		return err
	}
	if c.Changed = c.Before != c.After; c.Changed {
		if err := client.SetAction(ctx, c.Source, c.Target, action); err != nil {
			return err
		}
	}
	if s.output == forPrograms {
		return s.writeJSON(c)
	}
	_, err = fmt.Fprintln(s.Stdout, c)
	return err
}

func (c change) String() string {
	switch {
	case !c.Changed:
		return fmt.Sprintf("%s → %s is %s already; nothing changed", c.Source, c.Target, c.After)
	case c.Before == "":
		return fmt.Sprintf("%s → %s: no transition (denied) → %s", c.Source, c.Target, c.After)
	default:
		return fmt.Sprintf("%s → %s: %s → %s", c.Source, c.Target, c.Before, c.After)
	}
}
