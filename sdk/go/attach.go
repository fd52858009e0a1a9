package waveguard

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/keys"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/page"
)

// Attach joins the daemon with all services of this process. The context
// bounds the attempt, not the attachment. It returns the daemon's own message
// when it refuses, and the socket's error when nobody listens.
func Attach(ctx context.Context, config Config) (*Host, error) {
	if err := config.check(); err != nil {
		return nil, fmt.Errorf("attach: %w", err)
	}
	backend, err := config.backend()
	if err != nil {
		return nil, fmt.Errorf("attach: %w", err)
	}
	h := newHost(config, backend)
	conn, welcome, a, err := h.shakeHands(ctx)
	if err != nil {
		return nil, fmt.Errorf("attach: %w", err)
	}
	if err := h.settle(config, welcome, a); err != nil {
		return nil, fmt.Errorf("attach: %w", errors.Join(err, a.close(), conn.Close()))
	}
	h.adopt(a)
	h.follow(a)
	if err := conn.Send(&wire.Ready{}); err != nil {
		return nil, fmt.Errorf("attach: %w", errors.Join(err, conn.Close(), h.leave()))
	}
	h.conn.Store(conn)
	h.background.Go(func() { h.supervise(conn) })
	h.background.Go(h.reports.run)
	h.background.Go(h.openEnds)
	h.logger.Info("attached to the daemon", "attachment", a.id, "domains", len(h.domains),
		"backend", backend.Kind(), "strength", backend.Strength())
	return h, nil
}

func newHost(config Config, backend mpk.Backend) *Host {
	h := &Host{
		socket:   config.Socket,
		logger:   config.logger(),
		backend:  backend,
		hello:    config.hello(backend),
		services: make(map[string]*Service),
		gates:    make(map[gateName]*Gate),
		offers:   make(chan offer, wire.MaxEnds),
		started:  time.Now(),
		stop:     make(chan struct{}),
		users:    1,
	}
	h.reports = newReporter(h, config.OnViolation)
	return h
}

// shakeHands connects, says Hello and maps the pages of the answer.
func (h *Host) shakeHands(ctx context.Context) (_ *wire.Conn, _ *wire.Welcome, a *attachment, err error) {
	conn, err := wire.Dial(ctx, h.socket)
	if err != nil {
		return nil, nil, nil, err
	}
	cancelled := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer func() {
		if !cancelled() {
			err = errors.Join(context.Cause(ctx), err)
		}
		if err != nil {
			_ = conn.Close() // it has been, if the context ended
			err = errors.Join(err, a.close())
		}
	}()
	hello := h.hello
	if before := h.attachment.Load(); before != nil {
		hello.Continues = before.id
	}
	if err := conn.Send(&hello); err != nil {
		return nil, nil, nil, err
	}
	welcome, files, err := receiveWelcome(conn)
	if err != nil {
		return nil, nil, nil, err
	}
	a, err = openAttachment(welcome.Attachment, files.Pages())
	return conn, welcome, a, err
}

func receiveWelcome(conn *wire.Conn) (*wire.Welcome, wire.Files, error) {
	m, files, err := conn.Receive()
	if err != nil {
		return nil, nil, fmt.Errorf("wait for the daemon's welcome: %w", err)
	}
	switch m := m.(type) {
	case *wire.Welcome:
		return m, files, nil
	case *wire.Refused:
		return nil, nil, m
	default:
		return nil, nil, fmt.Errorf("wait for the daemon's welcome: %w: got %T", wire.ErrFormat, m)
	}
}

// settle builds domains, services and gates from the first Welcome.
func (h *Host) settle(config Config, w *wire.Welcome, a *attachment) error {
	if err := checkServices(h.hello.Services, w.Hosted); err != nil {
		return err
	}
	h.hosted = w.Hosted
	byName := make(map[string]*domain)
	for i, hosted := range w.Hosted {
		d, known := byName[hosted.Domain]
		if !known {
			var err error
			if d, err = h.newDomain(hosted.Domain, a); err != nil {
				return errors.Join(err, closeDomains(h.domains))
			}
			byName[d.name] = d
			h.domains = append(h.domains, d)
		}
		h.addService(i, config.Services[i], d)
	}
	if err := errors.Join(checkWidths(h.domains), checkHosted(a, len(h.domains))); err != nil {
		return errors.Join(err, closeDomains(h.domains))
	}
	h.meters = make([]meter, len(h.domains)*len(h.domains))
	return nil
}

// newDomain makes the next hosted domain, pinned from the start if policy says so and
// a key can be spared.
func (h *Host) newDomain(name string, a *attachment) (*domain, error) {
	d := &domain{index: len(h.domains), spread: 31 * uint(len(h.domains)), name: name}
	d.options = keyOptions(a.policy.Wall(d.index))
	var err error
	if d.wall, err = h.backend.NewDomain(name, d.options); errors.Is(err, keys.ErrBusy) {
		d.options.Pinned = false // which follow reports
		d.wall, err = h.backend.NewDomain(name, d.options)
	}
	return d, err
}

func (h *Host) addService(index int, spec ServiceSpec, d *domain) {
	s := &Service{host: h, index: index, name: spec.Name, domain: d}
	h.services[spec.Name] = s
	for _, c := range spec.Channels {
		s.addEnd(c)
	}
	for _, op := range spec.Operations {
		s.operations = append(s.operations, op.Name)
		name := gateName{spec.Name, op.Name}
		g := &Gate{
			service: s, target: d, name: name,
			bit: len(d.operations), index: uint(len(h.gates)), handler: op.Handler,
		}
		h.gates[name] = g
		d.operations = append(d.operations, g)
	}
}

func checkServices(claimed []wire.Service, hosted []wire.Hosted) error {
	if len(claimed) != len(hosted) {
		return fmt.Errorf("%w: %d services claimed, daemon welcomes %d", wire.ErrFormat, len(claimed), len(hosted))
	}
	for i := range claimed {
		if claimed[i].Name != hosted[i].Service {
			return fmt.Errorf("%w: service %s claimed, daemon welcomes %s", wire.ErrFormat, claimed[i].Name, hosted[i].Service)
		}
	}
	return nil
}

func checkWidths(domains []*domain) error {
	for _, d := range domains {
		if n := len(d.operations); n > page.MaxOperations {
			return fmt.Errorf("services of domain %s register %d operations, at most %d", d.name, n, page.MaxOperations)
		}
	}
	return nil
}

func checkHosted(a *attachment, domains int) error {
	if p, s := a.policy.Hosted(), a.stats.Hosted(); p != domains || s != domains {
		return fmt.Errorf("%w: pages are for %d and %d domains, welcome names %d", page.ErrFormat, p, s, domains)
	}
	return nil
}

func closeDomains(domains []*domain) error {
	var errs []error
	for _, d := range domains {
		errs = append(errs, d.wall.Close())
	}
	return errors.Join(errs...)
}
