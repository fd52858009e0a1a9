package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/node"
	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/mpk"
)

// nodeFlags are those of the demonstration node.
type nodeFlags struct {
	socket  string
	control controlFlag
	seed    uint64
	rate    float64 // turns per second
	backend string
	quiet   bool
}

const maxRate = 1000

func demoNodeCommand() *command {
	f := &nodeFlags{seed: rand.Uint64(), rate: 4, backend: "auto"}
	return &command{
		name:    "node",
		summary: "run a demonstration node, attached to a daemon",
		about: `It goes on until interrupted. It outlives the daemon, under the last policy, and
attaches again by itself. What happens is logged on stderr: a refused call once
per change of verdict.`,
		examples: []string{
			"waveguard demo node",
			"waveguard demo node --socket /run/waveguard/attach.sock --control /tmp/node.sock --seed 7 --rate 20",
		},
		flags: f.add,
		run:   f.run,
	}
}

func (f *nodeFlags) add(flags *flag.FlagSet) {
	flags.StringVar(&f.socket, "socket", f.socket, "`SOCKET` of the daemon to attach at (default DATA/attach.sock)")
	f.control.add(flags)
	flags.Uint64Var(&f.seed, "seed", f.seed, "`NUMBER` that demands and light follow from (default a random one)")
	flags.Float64Var(&f.rate, "rate", f.rate, "`TIMES` a second that each service works")
	flags.StringVar(&f.backend, "backend", f.backend, "`WALLS` to build: auto for the strongest here, pku, mprotect or none")
	flags.BoolVar(&f.quiet, "quiet", f.quiet, "log errors alone")
}

func (f *nodeFlags) run(ctx context.Context, s *session) error {
	if !(f.rate > 0 && f.rate <= maxRate) {
		return s.misused(fmt.Sprintf("--rate is more than 0 and at most %d", maxRate))
	}
	config := node.Config{
		Socket: f.socket, Control: f.control.socket(s), Seed: f.seed,
		Period: time.Duration(float64(time.Second) / f.rate), Logger: logger(s.Stderr, f.quiet),
	}
	if config.Socket == "" {
		config.Socket = filepath.Join(s.Data, "attach.sock")
	}
	kinds := map[string]mpk.Kind{"pku": mpk.KindPKU, "mprotect": mpk.KindMprotect, "none": mpk.KindNone}
	if kind, chosen := kinds[f.backend]; chosen {
		backend, err := mpk.Open(kind)
		if err != nil {
			return fmt.Errorf("build walls with %s: %w; leave out --backend for the strongest that works here", f.backend, err)
		}
		config.Backend = backend
	} else if f.backend != "auto" {
		return s.misused("--backend is auto, pku, mprotect or none")
	}
	return explainAttach(node.Run(ctx, config), config.Socket)
}

// explainAttach says what to do about a daemon that is not there or says no.
func explainAttach(err error, socket string) error {
	var refused *wire.Refused
	switch {
	case errors.As(err, &refused):
		return &appliance.Error{
			Kind: appliance.ErrRefused, Message: err.Error(),
			Hint: "The daemon's configuration says which executable and user may provide a service: see \"waveguard services --output json\".",
		}
	case nobodyListens(err):
		return &appliance.Error{
			Kind: appliance.ErrUnreachable, Message: fmt.Sprintf("no daemon at %s: %v", socket, err),
			Hint: "Start it with \"waveguardd --data DIR\" and give the node the same --data, or name its socket with --socket.",
		}
	}
	return err
}

// logger writes for people: they know the date.
func logger(w io.Writer, quiet bool) *slog.Logger {
	level := slog.LevelInfo
	if quiet {
		level = slog.LevelError
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: shorten}))
}

func shorten(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.String(slog.TimeKey, a.Value.Time().Format("15:04:05.000"))
	}
	return a
}
