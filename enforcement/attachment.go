package enforcement

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/page"
	"github.com/optical-net/waveguard/enforcement/policy"
	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view"
)

// attachment is one attached host process.
type attachment struct {
	engine   *Engine
	id       uint64
	identity policy.Identity
	backend  mpk.Kind
	strength mpk.Strength
	since    time.Time
	services []hostedService
	hosted   []policy.Hosted
	local    map[string]int // local index of each hosted domain
	code     *code

	policy   *page.Policy
	doorbell *os.File
	replaced chan struct{} // closed when another attachment takes over; under Engine.mu
	left     chan struct{} // closed when the claims are free again

	// continues says that the process was attached before: its page begins
	// with what it counted since it started.
	continues bool

	reports share // under Engine.mu

	// What is of channels: in the order of Hello, and, from Ready on, under the broker's mu.
	registered []registration
	ends       []*end
	outbox     []*end // with something to say
	gone       bool
	news       chan struct{} // signalled, coalesced, when the outbox has something

	// sampled is when a report last had the counters read, and sampling how long
	// that took. They are the connection's.
	sampled  time.Time
	sampling time.Duration

	mu      sync.Mutex
	ready   bool
	handed  bool              // counting goes on in the page of a successor
	stats   *page.StatsReader // nil once left
	seen    *history          // nil before ready, unless taken over from a predecessor
	matched []bool            // by source and target local index: the policy in force has a transition
	revoked map[string]error  // services whose claim no longer holds, and why
	scans   map[string]policy.CodeScan
	proving bool // its digest is or was computed for a service that is isolated until it is known
}

// hostedService is a claimed service and the domain it was claimed into.
type hostedService struct {
	name   string
	domain string
	id     uint16
	level  uint8
}

// concerned says whether the delta can change anything for this process.
func (a *attachment) concerned(d *view.Delta) bool {
	for _, s := range a.services {
		if _, ok := d.Services[s.name]; ok {
			return true
		}
	}
	for _, h := range a.hosted {
		if _, ok := d.Domains[h.Domain]; ok {
			return true
		}
	}
	return a.concernedBy(d.Transitions)
}

func (a *attachment) concernedBy(ts map[view.TransitionKey]*gen.MpkSecurity_Transition) bool {
	if len(ts) > len(a.hosted)*len(a.hosted) {
		for _, s := range a.hosted {
			for _, t := range a.hosted {
				if _, ok := ts[view.TransitionKey{Source: s.Domain, Target: t.Domain}]; ok {
					return true
				}
			}
		}
		return false
	}
	for key := range ts {
		_, s := a.local[key.Source]
		_, t := a.local[key.Target]
		if s && t {
			return true
		}
	}
	return false
}

// plan is what a commit means for one process.
type plan struct {
	table   page.Table
	revoked map[string]error
	scans   map[string]policy.CodeScan
}

// compile returns the plan of this process; domains of services whose claim no
// longer holds are isolated.
func (a *attachment) compile(r policy.Reader) plan {
	p := plan{policy.Compile(r, a.hosted), map[string]error{}, map[string]policy.CodeScan{}}
	for _, s := range a.services {
		p.scans[s.name] = policy.CodeScanOf(r.Service(s.name))
		if err := a.claimHolds(r, s); err != nil {
			p.table[a.local[s.domain]].State = page.Isolated
			p.revoked[s.name] = err
		}
	}
	return p
}

// obey puts a plan in force. What was counted until then is accounted by the
// policy that was.
//
// Preconditions: Engine.commit is held.
func (a *attachment) obey(p plan) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sampleLocked()
	if _, err := a.policy.Publish(p.table); err != nil {
		a.engine.log.Error("publish policy", "attachment", a.id, "err", err)
	}
	for name, err := range p.revoked {
		was := a.revoked[name]
		if was == nil || errors.Is(was, policy.ErrDigestUnknown) && !errors.Is(err, policy.ErrDigestUnknown) {
			a.engine.log.Warn("service isolated", "service", name, "pid", a.identity.PID, "err", err)
		}
	}
	a.matched, a.revoked, a.scans = matched(p.table), p.revoked, p.scans
	a.proveLocked()
}

func matched(t page.Table) []bool {
	m := make([]bool, len(t)*len(t))
	for i, d := range t {
		for _, e := range d.Entries {
			m[i*len(t)+e.Target] = true
		}
	}
	return m
}

func (a *attachment) claimHolds(r policy.Reader, s hostedService) error {
	service := r.Service(s.name)
	switch {
	case service == nil:
		return errors.New("it was removed from the configuration")
	case service.GetDomain() != s.domain:
		return errors.New("its domain was changed; restart the process to move it")
	}
	if err := policy.MatchOf(service).Check(a.identity); err != nil {
		return err
	}
	return a.code.admits(policy.CodeScanOf(service))
}

// Welcome implements attach.Session.
func (a *attachment) Welcome() (*wire.Welcome, wire.PageFiles) {
	w := &wire.Welcome{Attachment: a.id}
	for _, s := range a.services {
		w.Hosted = append(w.Hosted, wire.Hosted{Service: s.name, Domain: s.domain, DomainID: s.id, Level: s.level})
	}
	return w, wire.PageFiles{Policy: a.policy.File(), Stats: a.stats.File(), Doorbell: a.doorbell}
}

// Ready implements attach.Session. A process is examined once.
func (a *attachment) Ready() *wire.Refused {
	if a.isReady() {
		return nil
	}
	if refused := a.examine(); refused != nil {
		a.refuse(refused)
		return refused
	}
	a.begin()
	a.engine.signal()
	return nil
}

func (a *attachment) begin() {
	e := a.engine
	e.commit.Lock()
	defer e.commit.Unlock()
	a.mu.Lock()
	a.ready = true
	a.beginLocked()
	a.mu.Unlock()
	if e.holder(a.services[0].name) == a { // no other connection took over
		e.enter(a)
	}
}

func (a *attachment) refuse(refused *wire.Refused) {
	a.engine.commit.Lock()
	defer a.engine.commit.Unlock()
	a.engine.refuse(a.identity, &refusal{Refused: refused, service: a.services[0].name})
}

func (a *attachment) isReady() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.ready
}

// Replaced implements attach.Session.
func (a *attachment) Replaced() <-chan struct{} { return a.replaced }

// Violation implements attach.Session. What the process says of itself is
// believed; that it speaks of itself alone is checked.
func (a *attachment) Violation(v *wire.Violation) error {
	if int(v.Service) >= len(a.services) || int(v.Source) >= len(a.hosted) || int(v.Target) >= len(a.hosted) {
		return errors.New("a violation names a domain or service that the process does not host")
	}
	if v.Kind >= wire.AttachRefused {
		return fmt.Errorf("a violation of kind %v, which is the daemon's own to report", v.Kind)
	}
	operation := ""
	if ops := a.hosted[v.Target].Operations; int(v.Operation) < len(ops) {
		operation = ops[v.Operation]
	}
	a.sampleSparingly()
	a.engine.recordOf(&a.reports, Violation{
		Time: time.Now(), Kind: v.Kind, Severity: v.Severity,
		Service: a.services[v.Service].name, Source: a.hosted[v.Source].Domain, Target: a.hosted[v.Target].Domain,
		Operation: operation, PID: a.identity.PID, ThreadID: v.ThreadID, Address: v.Address,
		Occurrences: v.Occurrences, Outcome: v.Outcome, Strength: a.strength,
	})
	return nil
}
