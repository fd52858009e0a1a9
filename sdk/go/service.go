package waveguard

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/page"
)

// Service is one of the services that the process hosts.
type Service struct {
	host       *Host
	index      int // in Hello
	name       string
	domain     *domain
	operations []string
	senders    map[string]*Sender   // by channel
	receivers  map[string]*Receiver // likewise
}

// Name returns the service's name.
func (s *Service) Name() string { return s.name }

// Domain returns the name of the service's home domain.
func (s *Service) Domain() string { return s.domain.name }

// Region is memory that only threads inside its domain can touch.
type Region struct {
	memory *mpk.Region
	domain *domain
	host   *Host
}

// NewRegion maps zeroed memory of size bytes for the service's home domain.
// It lives until Close, its own or the host's; attachments come and go
// without touching it.
func (s *Service) NewRegion(size int) (*Region, error) {
	memory, err := s.domain.wall.NewRegion(size)
	if err != nil {
		return nil, err
	}
	r := &Region{memory: memory, domain: s.domain, host: s.host}
	s.host.addRegion(r)
	return r, nil
}

// Bytes returns the memory. It may be held anywhere, but read and written
// only inside the domain, and not at all after Close.
func (r *Region) Bytes() []byte { return r.memory.Bytes() }

// Close unmaps the region, unless it is sealed: see Status.
//
// Preconditions: nobody uses its memory any more.
func (r *Region) Close() error {
	r.host.removeRegion(r)
	return r.memory.Close()
}

// Run calls f inside the service's home domain, on a thread that does nothing
// else meanwhile. It returns f's error; a *Fault if f touched a region of
// another domain; a *Denied if the domain is isolated; ErrClosed after
// Host.Close; mpk.ErrRights if the goroutine is inside a domain already (told only
// with protection keys). A
// panic of f goes on to the caller, outside the domain.
func (s *Service) Run(ctx context.Context, f func(*Thread) error) (err error) {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("run service %s: %w", s.name, err)
	}
	if err := s.host.enter(); err != nil {
		return fmt.Errorf("run service %s: %w", s.name, err)
	}
	defer func() {
		if left := s.host.leave(); left != nil {
			err = errors.Join(err, left)
		}
	}()
	defer lockThread()()
	t := newThread(ctx, s)
	defer func() { s.host.release(t.attachment) }()
	s.host.follow(t.attachment)
	if t.attachment.policy.State(s.domain.index) == page.Isolated {
		return &Denied{Source: s.domain.name, Target: s.domain.name, Operation: s.name, Reason: ReasonOutOfService}
	}
	most := t.attachment.policy.Wall(s.domain.index).GateDelay
	t.delay(most)
	defer t.delay(most)
	if err := t.walls.Enter(ctx, s.domain.wall); err != nil {
		return fmt.Errorf("run service %s: %w", s.name, err)
	}
	t.current = s.domain
	old := debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(old)
	defer t.end(&err)
	return f(t)
}

// lockThread keeps the calling goroutine on its thread until what it returns is called.
// It locks more than once: the thread has rights of its own, and code inside that
// unlocks what it did not lock would have other goroutines run with them.
func lockThread() (unlock func()) {
	const times = 16
	for range times {
		runtime.LockOSThread()
	}
	return func() {
		for range times {
			runtime.UnlockOSThread()
		}
	}
}
