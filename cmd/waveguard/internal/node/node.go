package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/control"
	"github.com/optical-net/waveguard/enforcement/mpk"
	waveguard "github.com/optical-net/waveguard/sdk/go"
)

// Config says where and how a node runs.
type Config struct {
	Socket  string        // of the daemon, to attach at
	Control string        // of the node, for package control
	Seed    uint64        // of demands and light; keys are never made from it
	Period  time.Duration // of each service's loop
	Backend mpk.Backend   // nil for the best there is
	Logger  *slog.Logger
}

// node is one process with its services.
type node struct {
	host     *waveguard.Host
	services []service
	memory   map[string][]byte // by service: the slices, not what is in them
	journal  *journal
	period   time.Duration
	started  time.Time
}

// Run attaches to the daemon and works until the context ends. It returns
// what [waveguard.Attach] and [control.Listen] do, when it could not start.
func Run(ctx context.Context, config Config) error {
	listener, err := control.Listen(config.Control)
	if err != nil {
		return err
	}
	n, err := start(ctx, config)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var loops sync.WaitGroup
	for _, s := range n.services {
		loops.Go(func() { n.loop(ctx, s) })
	}
	err = control.Serve(ctx, listener, n.answer)
	cancel()
	loops.Wait()
	return errors.Join(err, n.host.Close())
}

// start attaches and gives each service its memory.
func start(ctx context.Context, config Config) (*node, error) {
	services := allServices(config.Seed)
	host, err := waveguard.Attach(ctx, waveguard.Config{
		Socket:   config.Socket,
		Services: specs(services),
		Logger:   config.Logger,
		Backend:  config.Backend,
	})
	if err != nil {
		return nil, err
	}
	n := &node{
		host:     host,
		services: services,
		memory:   make(map[string][]byte),
		journal:  newJournal(config.Logger, services),
		period:   config.Period,
		started:  time.Now(),
	}
	for _, s := range services {
		if err := n.settle(ctx, s); err != nil {
			return nil, errors.Join(fmt.Errorf("start %s: %w", s.name(), err), host.Close())
		}
	}
	return n, nil
}

func allServices(seed uint64) []service {
	return []service{newPaths(seed), newWavelengths(), newPerformance(^seed), newKeys(), newPanel()}
}

func specs(services []service) (all []waveguard.ServiceSpec) {
	for _, s := range services {
		spec := waveguard.ServiceSpec{Name: s.name(), Channels: ends[s.name()]}
		for _, op := range s.operations() {
			spec.Operations = append(spec.Operations, waveguard.Operation{
				Name:    op.name,
				Handler: func(_ *waveguard.Thread, argument any) (any, error) { return op.handle(argument), nil },
			})
		}
		all = append(all, spec)
	}
	return all
}

func (n *node) settle(ctx context.Context, s service) error {
	home := n.host.Service(s.name())
	region, err := home.NewRegion(s.regionBytes())
	if err != nil {
		return err
	}
	n.memory[s.name()] = region.Bytes()
	return home.Run(ctx, func(*waveguard.Thread) error { return s.settle(region.Bytes()) })
}

// loop takes turns until the context ends, inside the domain only while it
// works.
func (n *node) loop(ctx context.Context, s service) {
	home := n.host.Service(s.name())
	ticks := time.NewTicker(n.period)
	defer ticks.Stop()
	for {
		err := home.Run(ctx, func(t *waveguard.Thread) error {
			s.step(noted{inside{t, home}, s.name(), n.journal}, time.Now())
			return nil
		})
		if ctx.Err() != nil {
			return
		}
		n.journal.noteTurn(s.name(), err)
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
	}
}

func (n *node) answer(ctx context.Context, request control.Request) control.Reply {
	switch request.Command {
	case control.CommandStatus:
		return control.Reply{Status: n.status(ctx)}
	case control.CommandViolate:
		violation, err := n.violate(ctx, request.Source, request.Target)
		if err != nil {
			return control.Reply{Error: err.Error()}
		}
		return control.Reply{Violation: violation}
	default:
		return control.Reply{Error: fmt.Sprintf("no command %q; there are %s and %s",
			request.Command, control.CommandStatus, control.CommandViolate)}
	}
}

func (n *node) status(ctx context.Context) *control.Status {
	now := n.host.Status()
	s := &control.Status{
		ProcessID: os.Getpid(),
		Uptime:    time.Since(n.started).Seconds(),
		Attached:  now.Attached,
		Backend:   now.Backend.String(),
		Strength:  now.Strength.String(),
		Keys:      now.Keys,
		Epoch:     now.Epoch,
	}
	if now.LastError != nil {
		s.LastError = now.LastError.Error()
	}
	for _, service := range n.services {
		s.Services = append(s.Services, n.serviceStatus(ctx, service))
	}
	return s
}

func (n *node) serviceStatus(ctx context.Context, s service) control.Service {
	home := n.host.Service(s.name())
	record := n.journal.of(s.name())
	status := control.Service{
		Name: s.name(), Domain: home.Domain(),
		Refused: record.refused, Faults: record.faults, Trouble: record.trouble,
	}
	err := home.Run(ctx, func(*waveguard.Thread) error {
		r := s.report()
		status.Work, status.Last = r.work, r.last
		return nil
	})
	if err != nil {
		status.Trouble = err.Error()
	}
	return status
}

func (n *node) find(name string) (service, error) {
	var names []string
	for _, s := range n.services {
		if s.name() == name {
			return s, nil
		}
		names = append(names, s.name())
	}
	slices.Sort(names)
	return nil, fmt.Errorf("no service %q; there are %s", name, strings.Join(names, ", "))
}
