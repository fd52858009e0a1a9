package waveguard

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
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
}

// Call asks a service of this process to perform an operation and returns
// what its handler does. The argument is handed over as it is. Call returns
// ErrNotHosted if there is no such operation here, a *Denied if policy does
// not permit it, ErrDepth if calls nest too deep, a *Fault or a *PanicError if
// the handler was ended by one.
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
	if t.depth == maxDepth {
		return nil, fmt.Errorf("call %v: %w", g, ErrDepth)
	}
	f := &t.stack[t.depth]
	f.service, f.domain, f.dwell = t.service, t.current, 0
	if t.current == g.target {
		return t.pass(g, arg)
	}
	if t.current == nil {
		return nil, fmt.Errorf("call %v from a thread outside its Run: %w", g, ErrClosed)
	}
	v := &t.verdicts[(g.index^t.current.spread)%cachedVerdicts]
	if !t.holds(v, g) {
		if err := t.validate(v, g); err != nil {
			return nil, err
		}
	}
	if v.rate != 0 && !t.host.meter(t.current, g.target).admit(t.host.now(), v.rate) {
		return nil, t.deny(g, v.cell, page.RateLimited, ReasonRate)
	}
	v.cell.Add(page.Permitted)
	if v.dwell != 0 {
		f.dwell, f.entered = v.dwell, t.host.now()
	}
	return t.pass(g, arg)
}

// holds reports whether a remembered verdict is the policy in force. The
// attachment it was found in is mapped if it is still current: the thread has
// a reference to the newest attachment it has seen.
func (t *Thread) holds(v *verdict, g *Gate) bool {
	return v.gate == g && v.source == t.current && v.attachment == t.host.attachment.Load() &&
		v.epoch == v.live.Load()
}

// validate is the slow path: it asks the policy page and remembers.
func (t *Thread) validate(v *verdict, g *Gate) error {
	t.attachment = t.host.refresh(t.attachment)
	source, target := t.current.index, g.target.index
	policy, epoch := t.attachment.policy.Lookup(source, target)
	cell := t.attachment.stats.Cell(source, target)
	switch {
	case !policy.Source.Leavable() || !policy.Target.Enterable():
		return t.deny(g, cell, page.OutOfServiceCalls, ReasonOutOfService)
	case policy.Entry.Flags&page.Permit == 0:
		return t.deny(g, cell, page.Denied, ReasonTransition)
	case policy.Entry.Operations>>g.bit&1 == 0:
		return t.deny(g, cell, page.OperationDenied, ReasonOperation)
	case policy.Entry.Flags&page.FastPath == 0:
		epoch = 0
	}
	*v = verdict{
		gate: g, source: t.current, cell: cell,
		attachment: t.attachment, live: t.attachment.policy.LiveEpoch(), epoch: epoch,
		rate:  policy.Entry.MaxRate,
		dwell: time.Duration(policy.Entry.MaxDwell) * time.Microsecond,
	}
	return nil
}

// deny counts, reports and returns a refusal.
func (t *Thread) deny(g *Gate, cell page.Cell, counter page.Counter, reason Reason) error {
	cell.Add(counter)
	t.report(gateReport(reason, t.service, t.current, g))
	return &Denied{Source: t.current.name, Target: g.target.name, Operation: g.String(), Reason: reason}
}

// pass crosses the wall, runs the handler and comes back to where the top of
// the stack says.
func (t *Thread) pass(g *Gate, arg any) (result any, err error) {
	if t.current != g.target {
		if err := t.walls.Enter(t.ctx, g.target.wall); err != nil {
			return nil, fmt.Errorf("call %v: %w", g, err)
		}
	}
	t.depth++
	t.current, t.service = g.target, g.service
	defer t.comeBack(g, &result, &err)
	return g.handler(t, arg)
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
	if f.dwell != 0 && t.host.now()-f.entered > f.dwell {
		t.cell(f.domain, g.target).Add(page.DwellExceeded)
		t.report(gateReport(wire.DwellExceeded, f.service, f.domain, g))
	}
}

// cell returns the counters of a transition in the page this thread counts
// in; those of a verdict may be gone after a handler's own calls.
func (t *Thread) cell(source, target *domain) page.Cell {
	return t.attachment.stats.Cell(source.index, target.index)
}
