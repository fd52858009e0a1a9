package waveguard

import (
	"math"
	"sync"
	"time"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
)

const (
	// reportInterval is the least time between two messages about the same
	// source, target and kind.
	reportInterval = 100 * time.Millisecond
	// maxPendingReports bounds the kinds of trouble kept while the daemon is
	// away; what exceeds it is counted as lost.
	maxPendingReports = 4096
)

// Severity says how bad a violation is.
type Severity = wire.Severity

// Violation is a report to the daemon, as Config.OnViolation sees it.
type Violation struct {
	Kind      Reason
	Severity  Severity
	Service   string  // whose code it was
	Source    string  // domain that the code ran in
	Target    string  // domain that it tried to reach
	Operation string  // service and operation, empty if it concerns none
	ThreadID  int     // of the kernel
	Address   uintptr // touched, 0 for none
	Count     uint64  // occurrences that this report stands for
	Tolerated bool    // nothing was stopped: the source is permissive
}

// reporter tells the daemon of violations without ever making a gate wait: a
// gate adds to a pending report, a goroutine sends it. The first of its kind
// goes out at once, later ones ten times a second with their count.
type reporter struct {
	host        *Host
	onViolation func(Violation)
	wake        chan struct{}

	mu      sync.Mutex
	pending map[reportKey]*pendingReport
}

type reportKey struct {
	source, target uint16
	kind           wire.Kind
	outcome        wire.Outcome
}

// pendingReport is the latest of its kind, and what it stands for.
type pendingReport struct {
	latest wire.Violation
	fresh  uint64 // since OnViolation saw one
	unsent uint64 // seen by OnViolation, not yet by the daemon
	next   time.Time
}

func newReporter(h *Host, onViolation func(Violation)) *reporter {
	return &reporter{
		host: h, onViolation: onViolation,
		wake:    make(chan struct{}, 1),
		pending: make(map[reportKey]*pendingReport),
	}
}

func gateReport(kind wire.Kind, s *Service, source *domain, g *Gate) wire.Violation {
	return wire.Violation{
		Kind: kind, Severity: kind.Severity(), Service: uint16(s.index),
		Source: uint16(source.index), Target: uint16(g.target.index), Operation: uint16(g.bit),
	}
}

func faultReport(s *Service, source, target *domain, address uintptr) wire.Violation {
	return wire.Violation{
		Kind: wire.ProtectionKeyFault, Severity: wire.ProtectionKeyFault.Severity(), Service: uint16(s.index),
		Source: uint16(source.index), Target: uint16(target.index), Operation: wire.NoOperation,
		Address: uint64(address),
	}
}

// report hands a violation of this thread over; its counter has grown before.
func (t *Thread) report(v wire.Violation) {
	v.ThreadID = t.id
	t.host.tell(t.attachment, v)
}

// tell hands a violation over that was counted in an attachment's page.
func (h *Host) tell(a *attachment, v wire.Violation) {
	if !h.reports.add(v) {
		a.stats.Lost(1)
	}
	a.ring()
}

// add returns false if there is no room for one more kind of trouble.
func (r *reporter) add(v wire.Violation) bool {
	key := reportKey{v.Source, v.Target, v.Kind, v.Outcome}
	r.mu.Lock()
	p, known := r.pending[key]
	if !known && len(r.pending) == maxPendingReports {
		r.mu.Unlock()
		return false
	}
	if !known {
		p = new(pendingReport)
		r.pending[key] = p
	}
	p.latest = v
	p.fresh++
	first := p.fresh == 1
	r.mu.Unlock()
	if first {
		r.notify()
	}
	return true
}

// notify makes run look now.
func (r *reporter) notify() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// run sends until the host is closed.
func (r *reporter) run() {
	timer := time.NewTimer(reportInterval)
	defer timer.Stop()
	for {
		select {
		case <-r.host.stop:
			return
		case <-r.wake:
		case <-timer.C:
		}
		if r.flush(time.Now()) {
			timer.Reset(reportInterval)
		}
	}
}

// flush handles what is due and reports whether something is left to come.
func (r *reporter) flush(now time.Time) bool {
	for {
		key, v, fresh := r.takeDue(now)
		if v == nil {
			break
		}
		if fresh > 0 && r.onViolation != nil {
			r.onViolation(r.host.violation(v, fresh))
		}
		if !r.send(v) {
			r.giveBack(key, uint64(v.Occurrences))
			break
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.pending) > 0
}

// takeDue returns a report that is due, and how many of its occurrences
// OnViolation has not seen; nil if there is none. Those that were quiet for an
// interval are forgotten.
func (r *reporter) takeDue(now time.Time) (reportKey, *wire.Violation, uint64) {
	attached := r.host.conn.Load() != nil
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, p := range r.pending {
		switch {
		case now.Before(p.next):
		case p.fresh == 0 && p.unsent == 0:
			delete(r.pending, key)
		case p.fresh > 0 || attached:
			v, fresh := p.latest, p.fresh
			v.Occurrences = uint32(min(p.fresh+p.unsent, math.MaxUint32))
			p.unsent = p.fresh + p.unsent - uint64(v.Occurrences)
			p.fresh, p.next = 0, now.Add(reportInterval)
			return key, &v, fresh
		}
	}
	return reportKey{}, nil, 0
}

// giveBack keeps what could not be sent for the next attachment.
func (r *reporter) giveBack(key reportKey, occurrences uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pending[key].unsent += occurrences
}

// send returns false if the daemon is not there or does not take it; then the
// connection is closed, to be made anew.
func (r *reporter) send(v *wire.Violation) bool {
	conn := r.host.conn.Load()
	if conn == nil {
		return false
	}
	a := r.host.acquire()
	v.Lost = a.stats.LostReports()
	r.host.release(a)
	if err := conn.Send(v); err != nil {
		r.host.logger.Warn("report a violation", "kind", v.Kind, "error", err)
		_ = conn.Close()
		return false
	}
	return true
}

// violation gives a message its names.
func (h *Host) violation(v *wire.Violation, count uint64) Violation {
	target := h.domains[v.Target]
	public := Violation{
		Kind: v.Kind, Severity: v.Severity, Service: h.hello.Services[v.Service].Name,
		Source: h.domains[v.Source].name, Target: target.name,
		ThreadID: int(v.ThreadID), Address: uintptr(v.Address), Count: count,
		Tolerated: v.Outcome == wire.Tolerated,
	}
	if v.Operation != wire.NoOperation {
		public.Operation = target.operations[v.Operation].String()
	}
	return public
}
