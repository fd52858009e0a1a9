package enforcement

import (
	"time"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/page"
	"github.com/optical-net/waveguard/gen/view"
)

// Violation is one report of something the policy forbids.
type Violation struct {
	Time           time.Time
	Kind           wire.Kind
	Severity       wire.Severity
	Service        string
	Source, Target string // domains; "" where there is none
	Operation      string // "" where there is none
	Channel        string // "" where there is none
	PID            int
	ThreadID       uint32
	Address        uint64 // touched; 0 where there is none
	Occurrences    uint32 // how many this one stands for
	Outcome        wire.Outcome
	Strength       mpk.Strength
}

// ledger counts, over all processes, what was done since the daemon started or
// the entry was configured. It has configured entries only.
type ledger struct {
	domains     map[string]*domainCounters
	services    map[string]*serviceCounters
	transitions map[view.TransitionKey]*transitionCounters
	observed    observations
}

// domainCounters counts calls into a domain, and calls out of it: as unmatched,
// those that were refused and no transition is for, as forgiven, those that were
// tolerated.
type domainCounters struct {
	permitted, denied, tolerated, faults uint64
	unmatched, forgiven                  uint64
}

// callCounters counts calls.
type callCounters struct {
	permitted, denied, tolerated, rateLimited, dwellExceeded uint64
}

// transitionCounters counts the calls of one domain into another.
type transitionCounters struct {
	callCounters

	lastDenied time.Time
}

// serviceCounters counts what a service did. Calls are counted by process and
// domain: services that share both share them.
type serviceCounters struct {
	callCounters
	attaches, faults, violations, lostReports uint64

	lastViolation *Violation

	allowance allowance
}

func newLedger() *ledger {
	return &ledger{
		domains: map[string]*domainCounters{}, services: map[string]*serviceCounters{},
		transitions: map[view.TransitionKey]*transitionCounters{},
		observed:    newObservations(time.Now()),
	}
}

// forget drops the entries that were removed from the configuration.
func (l *ledger) forget(d *view.Delta) {
	forget(l.domains, d.Domains)
	forget(l.services, d.Services)
	forget(l.transitions, d.Transitions)
	l.observed.forget(d)
}

func forget[K comparable, C, V any](counters map[K]*C, delta map[K]*V) {
	for k, v := range delta {
		if v == nil {
			delete(counters, k)
		}
	}
}

// domainLocked returns the counters of a domain; nobody sees those of one that
// is not configured.
//
// Preconditions: e.mu is held.
func (e *Engine) domainLocked(name string) *domainCounters {
	_, configured := e.outline.domains[name]
	return counters(e.ledger.domains, name, configured)
}

// serviceLocked does the same for a service.
func (e *Engine) serviceLocked(name string) *serviceCounters {
	_, configured := e.outline.services[name]
	return counters(e.ledger.services, name, configured)
}

func counters[K comparable, C any](all map[K]*C, key K, configured bool) *C {
	c := all[key]
	if c == nil {
		c = new(C)
		if configured {
			all[key] = c
		}
	}
	return c
}

// account adds what the gates of one process counted from its domain i into j.
//
// Preconditions: a.mu is held; it is taken before e.mu everywhere.
func (e *Engine) account(a *attachment, i, j int, d calls) {
	source, target := a.hosted[i].Domain, a.hosted[j].Domain
	e.mu.Lock()
	defer e.mu.Unlock()
	into := e.domainLocked(target)
	into.permitted += d.counts[page.Permitted]
	into.denied += d.denied
	into.tolerated += d.counts[page.Tolerated]
	into.faults += d.counts[page.Faults]
	from := e.domainLocked(source)
	from.forgiven += d.counts[page.Tolerated]
	matched := a.matched[i*len(a.hosted)+j]
	if !matched {
		from.unmatched += d.unmatched()
	}
	counters(e.ledger.transitions, view.TransitionKey{Source: source, Target: target}, matched).add(d)
	for _, s := range a.services {
		if s.domain == source {
			e.serviceLocked(s.name).add(d)
		}
	}
}

func (c *callCounters) add(d calls) {
	c.permitted += d.counts[page.Permitted]
	c.denied += d.denied
	c.tolerated += d.counts[page.Tolerated]
	c.rateLimited += d.counts[page.RateLimited]
	c.dwellExceeded += d.counts[page.DwellExceeded]
}

func (c *transitionCounters) add(d calls) {
	c.callCounters.add(d)
	if d.denied > 0 {
		c.lastDenied = time.Now()
	}
}

func (c *serviceCounters) add(d calls) {
	c.callCounters.add(d)
	c.faults += d.counts[page.Faults]
}

func (e *Engine) accountLost(a *attachment, n uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range a.services {
		e.serviceLocked(s.name).lostReports += n
	}
}

// record takes in what the daemon itself found.
func (e *Engine) record(v Violation) { e.recordOf(&e.findings, v) }

// recordOf takes a report in, of a source that has that share in the backlog.
func (e *Engine) recordOf(from *share, v Violation) {
	e.mu.Lock()
	delivered := e.deliverLocked(v, from)
	c := e.serviceLocked(v.Service)
	c.violations += uint64(v.Occurrences)
	c.lastViolation = &v
	if !delivered {
		c.lostReports++
	}
	e.mu.Unlock()
	e.signal()
}
