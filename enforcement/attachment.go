package enforcement

import (
	"errors"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

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

	policy   *page.Policy
	doorbell *os.File
	replaced chan struct{}

	mu      sync.Mutex
	ready   bool
	stats   *page.StatsReader       // nil once left
	seen    [][page.Counters]uint64 // by source and target local index, as last sampled
	matched []bool                  // likewise: the policy in force has a transition
	lost    uint64
	retired bool            // another attachment goes on counting
	revoked map[string]bool // services whose claim no longer holds
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

// compile returns the page of this process; domains of services whose claim no
// longer holds are isolated.
func (a *attachment) compile(r policy.Reader) page.Table {
	table := policy.Compile(r, a.hosted)
	revoked := map[string]bool{}
	for _, s := range a.services {
		if err := a.claimHolds(r, s); err != nil {
			table[a.local[s.domain]].State = page.Isolated
			revoked[s.name] = true
			a.engine.log.Warn("service isolated", "service", s.name, "pid", a.identity.PID, "err", err)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.revoked = revoked
	a.matched = matched(table)
	return table
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
	return policy.MatchOf(service).Check(a.identity)
}

// Welcome implements attach.Session.
func (a *attachment) Welcome() (*wire.Welcome, wire.Files) {
	w := &wire.Welcome{Attachment: a.id}
	for _, s := range a.services {
		w.Hosted = append(w.Hosted, wire.Hosted{Service: s.name, Domain: s.domain, DomainID: s.id, Level: s.level})
	}
	return w, wire.Files{Policy: a.policy.File(), Stats: a.stats.File(), Doorbell: a.doorbell}
}

// Ready implements attach.Session.
func (a *attachment) Ready() {
	a.mu.Lock()
	a.ready = true
	a.mu.Unlock()
	a.engine.signal()
}

// Replaced implements attach.Session.
func (a *attachment) Replaced() <-chan struct{} { return a.replaced }

// Violation implements attach.Session. What the process says of itself is
// believed; that it names only itself is checked.
func (a *attachment) Violation(v *wire.Violation) error {
	if int(v.Service) >= len(a.services) || int(v.Source) >= len(a.hosted) || int(v.Target) >= len(a.hosted) {
		return errors.New("a violation names a domain or service that the process does not host")
	}
	operation := ""
	if ops := a.hosted[v.Target].Operations; int(v.Operation) < len(ops) {
		operation = ops[v.Operation]
	}
	a.engine.sample(a)
	a.engine.record(Violation{
		Time: time.Now(), Kind: v.Kind, Severity: v.Severity,
		Service: a.services[v.Service].name, Source: a.hosted[v.Source].Domain, Target: a.hosted[v.Target].Domain,
		Operation: operation, PID: a.identity.PID, ThreadID: v.ThreadID, Address: v.Address,
		Occurrences: v.Occurrences, Strength: a.strength,
	})
	return nil
}

// doorbellPause bounds how often one process can ask for attention.
const doorbellPause = 200 * time.Microsecond

// listen takes counters in whenever the process rings, until the doorbell is closed.
func (a *attachment) listen() {
	buf := make([]byte, 8)
	for {
		if _, err := a.doorbell.Read(buf); err != nil {
			return
		}
		a.answer()
		a.engine.sample(a)
		a.engine.signal()
		time.Sleep(doorbellPause)
	}
}

func (a *attachment) answer() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stats != nil {
		a.stats.Answer()
	}
}

// newDoorbell makes an eventfd that both sides can wait on without blocking a thread.
func newDoorbell() (*os.File, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, os.NewSyscallError("eventfd", err)
	}
	return os.NewFile(uintptr(fd), "doorbell"), nil
}
