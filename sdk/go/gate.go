package waveguard

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/page"
)

// Gate is the way into one operation of a service. Get one from [Host.Gate].
type Gate struct {
	service *Service
	target  *domain // of the service
	name    gateName
	bit     int  // of the operation in the domain
	index   uint // among all gates of the host
	handler Handler
}

// String returns the service and the operation.
func (g *Gate) String() string { return g.name.service + "/" + g.name.operation }

// verdict is what a thread remembers of its last look at the policy. It holds
// for one gate from one domain, while the attachment is current and its epoch
// the same.
type verdict struct {
	gate       *Gate
	source     *domain
	attachment *attachment
	live       *atomic.Uint64 // the epoch now, in the attachment's page
	epoch      uint64         // 0, which no permit has, if it must not be used again
	cell       page.Cell
	rate       uint32        // calls per second, 0 for any
	dwell      time.Duration // 0 for any
	delay      uint16        // most nanoseconds by which a crossing is delayed
	permissive bool          // a call that breaks a rule goes on
	counted    bool          // as a call that did
	special    bool          // one of the five above is set
}

// Call asks a service of this process to perform an operation and returns
// what its handler does. The argument is handed over as it is. Call returns
// ErrNotHosted if there is no such operation here, a *Denied if policy does
// not permit it, ErrDepth if calls nest too deep, a *Fault or a *PanicError if
// the handler was ended by one, an *Overstay if the handler returned an error after
// it had stayed too long, mpk.ErrRights on a goroutine that the thread does not
// belong to.
//
// A call within one domain crosses no wall and needs no permission.
func (t *Thread) Call(service, operation string, arg any) (any, error) {
	g, ok := t.host.gates[gateName{service, operation}]
	if !ok {
		_, err := t.host.Gate(service, operation)
		return nil, err
	}
	return t.Enter(g, arg)
}

// Enter is Call for a gate found before.
//
// The handler is the one registered for the gate, never a function of the
// caller's choice. The thread is inside the target alone while it runs, and
// back where it was afterwards, however the handler ends.
func (t *Thread) Enter(g *Gate, arg any) (any, error) {
	if mpk.Goroutine() != t.goroutine || t.current == nil || t.depth == maxDepth {
		return nil, t.cannotCall(g)
	}
	f := &t.stack[t.depth]
	f.service, f.domain = t.service, t.current
	if t.current == g.target {
		return t.pass(g, nil, arg)
	}
	v := &t.verdicts[(g.index^t.current.spread)%cachedVerdicts]
	if !t.holds(v, g) {
		if err := t.validate(v, g); err != nil {
			return nil, err
		}
	}
	if !v.special {
		v.cell.Add(page.Permitted)
		return t.pass(g, nil, arg)
	}
	if err := t.restrain(v, g); err != nil {
		return nil, err
	}
	return t.pass(g, v, arg)
}

// cannotCall says why the thread cannot call anything.
func (t *Thread) cannotCall(g *Gate) error {
	switch {
	case mpk.Goroutine() != t.goroutine:
		return fmt.Errorf("call %v on a goroutine that the thread does not belong to: %w", g, mpk.ErrRights)
	case t.current == nil:
		return fmt.Errorf("call %v from a thread outside its Run: %w", g, ErrClosed)
	default:
		return fmt.Errorf("call %v: %w", g, ErrDepth)
	}
}

// holds reports whether a remembered verdict is the policy in force. The
// attachment it was found in is mapped if it is still current: the thread has
// a reference to the newest attachment it has seen.
func (t *Thread) holds(v *verdict, g *Gate) bool {
	return v.gate == g && v.source == t.current && v.attachment == t.host.attachment.Load() &&
		v.epoch == v.live.Load()
}

// pass crosses the wall, runs the handler and comes back to where the top of
// the stack says. The verdict is nil if nothing of it is left to do inside.
func (t *Thread) pass(g *Gate, v *verdict, arg any) (result any, err error) {
	if t.current != g.target {
		if err := t.walls.Enter(t.ctx, g.target.wall); err != nil {
			return nil, fmt.Errorf("call %v: %w", g, err)
		}
	}
	if v != nil {
		t.begin(v, g)
	}
	t.depth++
	t.current, t.service = g.target, g.service
	defer t.comeBack(g, &result, &err)
	return g.handler(t, arg)
}

// begin starts what a call that needs more than most is held to until it is back.
func (t *Thread) begin(v *verdict, g *Gate) {
	f := &t.stack[t.depth]
	f.delay = v.delay
	if f.timed = v.dwell != 0 || v.permissive; f.timed {
		if f.stay == nil {
			f.stay = new(stay)
		}
		f.stay.begin(t, g, v)
	}
}

// comeBack returns to where the gate was entered, whichever way the handler
// ended.
func (t *Thread) comeBack(g *Gate, result *any, err *error) {
	cause := recover()
	t.depth--
	f := &t.stack[t.depth]
	t.restore(f.domain)
	if cause != nil {
		*result, *err = nil, t.explain(cause, g)
	}
	t.service = f.service
	if f.timed || f.delay != 0 {
		t.finish(f, g, err)
	}
}

// finish ends what begin started.
func (t *Thread) finish(f *frame, g *Gate, err *error) {
	if f.timed && f.stay.end(t.cell(f.domain, g.target)) && *err != nil {
		*err = t.overstay(f, g, *err)
	}
	t.delay(f.delay)
	f.delay, f.timed = 0, false
}

// cell returns the counters of a transition in the page this thread counts
// in; those of a verdict may be gone after a handler's own calls.
func (t *Thread) cell(source, target *domain) page.Cell {
	return t.attachment.stats.Cell(source.index, target.index)
}
