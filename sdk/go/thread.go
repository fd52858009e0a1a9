package waveguard

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime/debug"

	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/page"
)

const (
	// maxDepth is how deep calls can nest.
	maxDepth = 16
	// cachedVerdicts is how many verdicts a thread remembers, a power of 2.
	cachedVerdicts = 64
)

// Thread is a thread inside a domain. It belongs to the goroutine that was
// given it, until that function returns.
type Thread struct {
	host       *Host
	goroutine  uintptr // that it belongs to
	id         uint32  // of the kernel
	ctx        context.Context
	walls      mpk.Thread  // where the thread is, below current and stack
	attachment *attachment // referenced; the newest that this thread has seen
	service    *Service    // whose code runs
	current    *domain     // where the thread is; nil outside Run
	depth      int
	stack      [maxDepth]frame
	verdicts   [cachedVerdicts]verdict
	random     *rand.ChaCha8 // made with the first delay
	loans      []*Sender     // of which it has the turn
}

// frame is where a call came from, and what its return must check.
type frame struct {
	service *Service
	domain  *domain
	stay    *stay  // made with the first call at this depth that is timed
	delay   uint16 // most nanoseconds by which the return is delayed
	timed   bool   // stay is of this call
}

// newThread makes the Thread of the calling one, which is locked to its goroutine.
func newThread(ctx context.Context, s *Service) *Thread {
	return &Thread{
		host: s.host, goroutine: mpk.Goroutine(), id: threadID(),
		ctx: ctx, walls: s.host.backend.NewThread(), attachment: s.host.acquire(), service: s,
	}
}

// Context returns the context of the Run that the thread is in; in a handler with a
// limit to its time inside, one that ends at that limit as well, with an *Overstay as
// its cause.
func (t *Thread) Context() context.Context { return t.contextAt(t.depth) }

func (t *Thread) contextAt(depth int) context.Context {
	for ; depth > 0; depth-- {
		f := &t.stack[depth-1]
		if f.timed && f.stay.limit != 0 && f.stay.strict {
			return f.stay.handlersContext(t.contextAt(depth-1), t.overstay(f, f.stay.gate, nil))
		}
	}
	return t.ctx
}

// Service returns the service whose code is running: in a handler, the one
// that registered it.
func (t *Thread) Service() *Service { return t.service }

// Outside runs f with every region closed to the thread, and comes back. Code that
// waits for long, as for the network, belongs in it: a thread that waits inside
// keeps a hardware key from the domains of others, of which there can be more
// than keys. In f no call can be made. It returns f's error, or mpk.ErrRights on a
// goroutine that the thread does not belong to.
func (t *Thread) Outside(f func() error) error {
	if mpk.Goroutine() != t.goroutine {
		return fmt.Errorf("leave the domain of another goroutine's thread: %w", mpk.ErrRights)
	}
	inside := t.current
	if inside == nil {
		return fmt.Errorf("leave the domain of a thread outside its Run: %w", ErrClosed)
	}
	if err := t.walls.Pause(); err != nil {
		die(fmt.Errorf("close the rights of a thread: %w", err))
	}
	t.current = nil
	defer func() {
		t.current = inside
		if err := t.walls.Resume(); err != nil {
			die(fmt.Errorf("restore the rights of a thread: %w", err))
		}
	}()
	return f()
}

// end leaves the home domain, whichever way the code inside ended.
func (t *Thread) end(err *error) {
	cause := recover()
	domain := t.current
	t.restore(nil)
	t.forfeit()
	if cause == nil {
		return
	}
	fault := t.faultOf(cause, domain)
	if fault == nil {
		panic(cause)
	}
	*err = fault
}

// restore brings the thread back to a domain, or out of all of them with nil.
func (t *Thread) restore(to *domain) {
	from := t.current
	t.current = to
	if from == to {
		return
	}
	if err := t.walls.Leave(); err != nil {
		die(fmt.Errorf("restore the rights of a thread: %w", err))
	}
}

// die ends the process: a thread whose rights are unknown must not go on,
// and no recover may keep it alive.
func die(err error) {
	go panic(err)
	select {}
}

// faultOf returns the fault that a recovered panic stands for, after counting
// and reporting it; nil if it is any other panic.
func (t *Thread) faultOf(cause any, source *domain) *Fault {
	address, ok := faultAddress(cause)
	if !ok {
		return nil
	}
	region := t.host.regionAt(address)
	if region == nil {
		return nil
	}
	t.attachment = t.host.refresh(t.attachment)
	t.attachment.stats.Cell(source.index, region.domain.index).Add(page.Faults)
	t.report(faultReport(t.service, source, region.domain, address))
	return &Fault{Service: t.service.name, Source: source.name, Target: region.domain.name, Address: address}
}

// explain turns a handler's panic into the error that its caller gets.
func (t *Thread) explain(cause any, g *Gate) error {
	if fault := t.faultOf(cause, g.target); fault != nil {
		return fault
	}
	return &PanicError{Operation: g.String(), Value: cause, Stack: debug.Stack()}
}

// refresh exchanges a reference for one to the current attachment.
func (h *Host) refresh(a *attachment) *attachment {
	if h.attachment.Load() == a {
		return a
	}
	fresh := h.acquire()
	h.release(a)
	return fresh
}
