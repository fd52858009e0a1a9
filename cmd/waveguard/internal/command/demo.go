package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/control"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/demo"
)

func demoCommand() *command {
	c := &command{
		name:     "demo",
		summary:  "run and provoke a demonstration node",
		about:    "The node is one process with five services of an optical control plane, each\nbehind a wall of its own.",
		examples: []string{"waveguard demo start", "waveguard demo violate dashboard key-store", "waveguard demo status"},
	}
	return c.with(demoStartCommand(), demoNodeCommand(), demoStatusCommand(), demoViolateCommand())
}

// controlFlag is where the node is to be asked.
type controlFlag string

func (c *controlFlag) add(flags *flag.FlagSet) {
	flags.StringVar((*string)(c), "control", string(*c), "`SOCKET` of the node (default DATA/demo.sock)")
}

func (c *controlFlag) socket(s *session) string {
	if *c != "" {
		return string(*c)
	}
	return demo.ControlSocket(s.Data)
}

// askNode sends a request to the node, for no longer than the timeout.
func askNode(ctx context.Context, s *session, socket string, request control.Request) (control.Reply, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	reply, err := control.Ask(ctx, socket, request)
	switch {
	case errors.Is(err, control.ErrRefused):
		return reply, &appliance.Error{Kind: appliance.ErrFailed, Message: err.Error()}
	case errors.Is(err, fs.ErrPermission):
		return reply, &appliance.Error{
			Kind: appliance.ErrRefused, Message: fmt.Sprintf("cannot ask the node: %v", err),
			Hint: "Run as the user who started the node.",
		}
	case err != nil:
		return reply, &appliance.Error{
			Kind: appliance.ErrUnreachable, Message: fmt.Sprintf("cannot ask the node: %v", err),
			Hint: "Is a node running? Start one, with the daemon, by \"waveguard demo start\", or say where it is with --data DIR or --control SOCKET.",
		}
	}
	return reply, nil
}

// nobodyListens is true of the error of a socket where no process is.
func nobodyListens(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED)
}

// indent moves all lines of a text to the right.
func indent(s string) string { return "  " + strings.ReplaceAll(s, "\n", "\n  ") }
