package waveguard

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/keys"
	"github.com/optical-net/waveguard/enforcement/mpk"
)

// Host is this process as the daemon knows it: its services, their domains
// and the policy between them. Its methods may be called from several
// goroutines at once.
type Host struct {
	socket   string
	logger   *slog.Logger
	backend  mpk.Backend
	hello    wire.Hello
	hosted   []wire.Hosted // identity of the services, for the life of the host
	domains  []*domain     // by local index
	services map[string]*Service
	gates    map[gateName]*Gate
	ends     []*end // of channels, in the order of Hello
	offers   chan offer
	meters   []meter // of the transitions, source-major
	started  time.Time
	reports  *reporter
	followed followed

	attachment atomic.Pointer[attachment] // current; never nil after Attach
	conn       atomic.Pointer[wire.Conn]  // nil while detached
	failure    atomic.Pointer[error]      // why, if so
	stop       chan struct{}              // closed by Close
	background sync.WaitGroup

	mu      sync.Mutex
	users   int // the host itself and the threads in Run
	closed  bool
	regions []*Region
}

// domain is a hosted protection domain.
type domain struct {
	spread     uint // places its verdicts in the cache of a thread
	index      int  // local index
	name       string
	wall       *mpk.Domain
	options    keys.Options // of wall; guarded by Host.followed.mu
	operations []*Gate      // in the order of their bits
}

// gateName is what a caller says; gates are found by it.
type gateName struct{ service, operation string }

// Status is a snapshot of a host.
type Status struct {
	Attached   bool         // the daemon is there
	Attachment uint64       // id of the current or last attachment, 0 after Close
	Backend    mpk.Kind     // what builds the walls
	Strength   mpk.Strength // how well they hold
	Keys       int          // hardware keys of this process
	Epoch      uint64       // publication of the policy in force, 0 after Close
	LastError  error        // of the connection, while not attached
	Unpinned   []string     // domains that policy pins although too few keys are left
	Sealed     []string     // domains whose regions stay as they are until the process ends
}

// Service returns a hosted service, nil if the process hosts none of that
// name.
func (h *Host) Service(name string) *Service { return h.services[name] }

// Status returns the host's state.
func (h *Host) Status() Status {
	s := Status{
		Attached: h.conn.Load() != nil,
		Backend:  h.backend.Kind(),
		Strength: h.backend.Strength(),
		Keys:     h.backend.Keys(),
		Unpinned: h.unpinned(),
		Sealed:   h.sealed(),
	}
	if a := h.acquire(); a != nil {
		defer h.release(a)
		s.Attachment, s.Epoch = a.id, a.policy.Epoch()
	}
	if err := h.failure.Load(); err != nil && !s.Attached {
		s.LastError = *err
	}
	return s
}

// Gate returns the way to an operation, for callers that use it often. It
// returns ErrNotHosted if there is none.
func (h *Host) Gate(service, operation string) (*Gate, error) {
	if g, ok := h.gates[gateName{service, operation}]; ok {
		return g, nil
	}
	s, ok := h.services[service]
	if !ok {
		return nil, fmt.Errorf("service %s: %w", service, ErrNotHosted)
	}
	return nil, fmt.Errorf("operation %s of service %s, which has %q: %w", operation, service, s.operations, ErrNotHosted)
}

// Close detaches from the daemon and refuses new Runs. Those that are going
// on continue under the last policy; when the last ends, all regions are
// unmapped but those that are sealed. Closing twice does nothing.
func (h *Host) Close() error {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return nil
	}
	h.closed = true
	h.mu.Unlock()
	close(h.stop)
	if conn := h.conn.Load(); conn != nil {
		_ = conn.Send(&wire.Bye{}) // the socket's end says the same
		_ = conn.Close()
	}
	h.background.Wait()
	return h.leave()
}

// enter counts a thread; it returns ErrClosed after Close.
func (h *Host) enter() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return fmt.Errorf("run in a host: %w", ErrClosed)
	}
	h.users++
	return nil
}

// leave undoes enter; the last user takes everything down.
func (h *Host) leave() error {
	h.mu.Lock()
	h.users--
	last := h.users == 0
	h.mu.Unlock()
	if !last {
		return nil
	}
	h.release(h.attachment.Load())
	for _, e := range h.ends {
		e.closeRings()
	}
	return closeDomains(h.domains)
}

// addRegion makes the region known to the search for faults.
func (h *Host) addRegion(r *Region) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.regions = append(h.regions, r)
}

func (h *Host) removeRegion(r *Region) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if i := slices.Index(h.regions, r); i >= 0 {
		h.regions = slices.Delete(h.regions, i, i+1)
	}
}

// regionAt returns the region that an address lies in, nil if none does.
func (h *Host) regionAt(address uintptr) *Region {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.regions {
		if r.memory.Contains(address) {
			return r
		}
	}
	return nil
}

// now is the clock of rates and dwell times.
func (h *Host) now() time.Duration { return time.Since(h.started) }
