package enforcement

import (
	"maps"
	"slices"
	"time"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/page"
)

// Violation is one report of something the policy forbids.
type Violation struct {
	Time           time.Time
	Kind           wire.Kind
	Severity       wire.Severity
	Service        string
	Source, Target string // domains; "" where there is none
	Operation      string // "" where there is none
	PID            int
	ThreadID       uint32
	Address        uint64 // touched; 0 where there is none
	Occurrences    uint32 // how many this one stands for
	Strength       mpk.Strength
}

// Pair is a source and a target domain.
type Pair struct{ Source, Target string }

// PairCounters counts the calls of one domain into another since the daemon
// started, over all processes.
type PairCounters struct {
	Permitted, RateLimited, DwellExceeded, Faults uint64
	// Denied counts every other refusal; Unmatched those of them for which the
	// configuration had no transition.
	Denied, Unmatched uint64
	LastDenied        time.Time
}

// ServiceCounters counts what a service did since the daemon started. Calls
// are counted by process and domain: services that share both share them.
type ServiceCounters struct {
	Attaches, Permitted, Denied, RateLimited, DwellExceeded, Faults uint64
	Violations, LostReports                                         uint64
	LastViolation                                                   *Violation
}

// ledger keeps what processes reported, beyond the life of each.
type ledger struct {
	pairs    map[Pair]*PairCounters
	services map[string]*ServiceCounters
}

func newLedger() *ledger {
	return &ledger{pairs: map[Pair]*PairCounters{}, services: map[string]*ServiceCounters{}}
}

func (l *ledger) service(name string) *ServiceCounters {
	c := l.services[name]
	if c == nil {
		c = &ServiceCounters{}
		l.services[name] = c
	}
	return c
}

func (l *ledger) pair(p Pair) *PairCounters {
	c := l.pairs[p]
	if c == nil {
		c = &PairCounters{}
		l.pairs[p] = c
	}
	return c
}

// sample takes in what the gates of one process counted since the last time.
func (e *Engine) sample(a *attachment) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stats == nil || a.retired {
		return
	}
	n := len(a.hosted)
	for i := range n {
		for j := range n {
			now := a.stats.Cell(i, j)
			seen := &a.seen[i*n+j]
			if now != *seen {
				e.account(a, i, j, advance(seen, now))
			}
		}
	}
	if lost := a.stats.LostReports(); lost > a.lost {
		e.accountLost(a, lost-a.lost)
		a.lost = lost
	}
}

// advance moves seen up to now and returns the difference. A counter that fell,
// which an honest gate's does only until a process that attaches again has
// carried its counts over, stays where it was.
func advance(seen *[page.Counters]uint64, now [page.Counters]uint64) (d [page.Counters]uint64) {
	for i := range now {
		if now[i] > seen[i] {
			d[i] = now[i] - seen[i]
			seen[i] = now[i]
		}
	}
	return d
}

// account adds increments to the ledger.
//
// Preconditions: a.mu is held; it is taken before e.mu everywhere.
func (e *Engine) account(a *attachment, i, j int, d [page.Counters]uint64) {
	pair := Pair{a.hosted[i].Domain, a.hosted[j].Domain}
	denied := d[page.Denied] + d[page.OperationDenied] + d[page.OutOfServiceCalls]
	e.mu.Lock()
	defer e.mu.Unlock()
	p := e.ledger.pair(pair)
	p.Permitted += d[page.Permitted]
	p.RateLimited += d[page.RateLimited]
	p.DwellExceeded += d[page.DwellExceeded]
	p.Faults += d[page.Faults]
	p.Denied += denied
	if denied > 0 {
		p.LastDenied = time.Now()
	}
	if !a.matched[i*len(a.hosted)+j] {
		p.Unmatched += d[page.Denied]
	}
	for _, s := range a.services {
		if s.domain == pair.Source {
			c := e.ledger.service(s.name)
			c.Permitted += d[page.Permitted]
			c.Denied += denied
			c.RateLimited += d[page.RateLimited]
			c.DwellExceeded += d[page.DwellExceeded]
			c.Faults += d[page.Faults]
		}
	}
}

func (e *Engine) accountLost(a *attachment, n uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range a.services {
		e.ledger.service(s.name).LostReports += n
	}
}

// record takes a report in.
func (e *Engine) record(v Violation) {
	e.mu.Lock()
	c := e.ledger.service(v.Service)
	c.Violations += uint64(v.Occurrences)
	c.LastViolation = &v
	e.mu.Unlock()
	e.deliver(v)
	e.signal()
}

func (e *Engine) attached() []*attachment {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Collect(maps.Values(e.attachments))
}
