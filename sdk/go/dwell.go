package waveguard

import (
	"context"
	"sync"
	"time"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/page"
)

// stay is the time that a call is inside its target, if it is timed: because it has a
// limit, or because its source is permissive. It belongs to a frame of a thread,
// except what mu guards.
//
// A goroutine cannot be ended from outside. When the limit is over the timer
// counts and reports it, once, and the handler's context ends; the handler goes on
// until it looks.
type stay struct {
	entered time.Duration // on the host's clock
	limit   time.Duration // 0 for none
	strict  bool          // the context ends at the limit

	gate    *Gate
	context context.Context // of the handler, once it asked for it
	cancel  context.CancelFunc

	timer *time.Timer // made with the first limit
	host  *Host

	mu     sync.Mutex
	inside bool           // under a limit
	over   bool           // for longer, which was counted
	report wire.Violation // in that case
}

// begin starts the time of a call.
//
// Preconditions: the thread is inside, but the call is not yet on its stack.
func (s *stay) begin(t *Thread, g *Gate, v *verdict) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.host, s.gate, s.entered, s.limit, s.strict = t.host, g, t.host.now(), v.dwell, !v.permissive
	if s.limit == 0 {
		return
	}
	report := gateReport(wire.DwellExceeded, t.service, t.current, g)
	report.ThreadID = t.id
	if v.permissive {
		report.Outcome = wire.Tolerated
	}
	s.inside, s.over, s.report = true, false, report
	if s.timer == nil {
		s.timer = time.AfterFunc(s.limit, s.expire)
	} else {
		s.timer.Reset(s.limit)
	}
}

// expire runs on a goroutine of its own, in no domain. It may be late, for a call that
// has ended or another one.
func (s *stay) expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inside && s.host.now()-s.entered >= s.limit {
		s.exceed()
	}
}

// exceed counts and reports once that the limit is over.
//
// Preconditions: mu is held.
func (s *stay) exceed() {
	a := s.host.acquire()
	if s.over || a == nil {
		return
	}
	defer s.host.release(a)
	s.over = true
	a.stats.Cell(int(s.report.Source), int(s.report.Target)).Add(page.DwellExceeded)
	s.host.tell(a, s.report)
}

// handlersContext returns the context of the code that a call runs, made of its
// caller's when it is first asked for.
func (s *stay) handlersContext(callers context.Context, cause error) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.context == nil {
		s.context, s.cancel = context.WithDeadlineCause(callers, s.host.started.Add(s.entered+s.limit), cause)
	}
	return s.context
}

// end stops the time of a call, of which the cell keeps the longest, and reports
// whether its limit was over and is one to hold to.
func (s *stay) end(cell page.Cell) (overstayed bool) {
	stayed := s.host.now() - s.entered
	cell.See(page.Seen{Longest: stayed})
	if s.limit == 0 {
		return false
	}
	s.timer.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel != nil {
		s.cancel()
		s.context, s.cancel = nil, nil
	}
	if s.inside = false; stayed > s.limit {
		s.exceed()
	}
	return s.over && s.strict
}

// overstay is what is said of a call whose time is over.
func (t *Thread) overstay(f *frame, g *Gate, err error) error {
	return &Overstay{Source: f.domain.name, Target: g.target.name, Operation: g.String(), Limit: f.stay.limit, Err: err}
}
