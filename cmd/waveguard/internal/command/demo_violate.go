package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/control"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
)

func demoViolateCommand() *command {
	var socket controlFlag
	return &command{
		name:    "violate",
		args:    []string{"SOURCE", "TARGET"},
		summary: "let a service of the node read another's memory without a gate",
		about: `A thread of SOURCE reads the region of TARGET for some milliseconds. A wall stops
it at once; the others go on. If no wall stops it, the status is 1.
JSON: {"source", "target", "caught", "address", "reads-that-succeeded", "backend",
"isolation-strength"}.`,
		examples: []string{"waveguard demo violate dashboard key-store"},
		flags:    socket.add,
		run: func(ctx context.Context, s *session) error {
			reply, err := askNode(ctx, s, socket.socket(s), control.Request{
				Command: control.CommandViolate, Source: s.args[0], Target: s.args[1],
			})
			if err != nil {
				return err
			}
			if reply.Violation == nil {
				return errors.New("the node's answer has no violation in it")
			}
			return tellViolation(s, reply.Violation)
		},
	}
}

func tellViolation(s *session, v *control.Violation) error {
	var err error
	if s.output == forPrograms {
		err = s.writeJSON(v)
	} else {
		_, err = fmt.Fprintln(s.Stdout, describeViolation(s.palette(), v))
	}
	if err == nil && !v.Caught {
		err = fmt.Errorf("nothing stopped %s from reading the memory of %s", v.Source, v.Target)
	}
	return err
}

func describeViolation(p text.Palette, v *control.Violation) string {
	if !v.Caught {
		return fmt.Sprintf("%s %s read the memory of %s %d times, and no wall stood in the way.\n%s",
			p.Paint(text.Bad, "NOT CAUGHT:"), v.Source, v.Target, v.Reads, wallLine(v))
	}
	first := fmt.Sprintf("%s %s touched memory of %s at %s. Its thread was stopped, the services go on.",
		p.Paint(text.Good, "Caught:"), v.Source, v.Target, v.Address)
	if v.Reads > 0 {
		first += fmt.Sprintf("\n%s", p.Paint(text.Warn, fmt.Sprintf(
			"Before that, %d reads went through while a thread was inside %s by right: this wall is the process's, not the thread's.", v.Reads, v.Target)))
	}
	return first + "\n" + wallLine(v) + "\nThe appliance counted it: see \"waveguard services\" and \"waveguard watch\"."
}

func wallLine(v *control.Violation) string {
	return fmt.Sprintf("Walls: %s (backend %s).\n%s", v.Strength, v.Backend, indent(appliance.Meaning(v.Strength)))
}
