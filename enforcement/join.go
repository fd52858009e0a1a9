package enforcement

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/optical-net/waveguard/enforcement/attach"
	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/page"
	"github.com/optical-net/waveguard/enforcement/policy"
	"github.com/optical-net/waveguard/gen"
)

var (
	_ attach.Authority = (*Engine)(nil)
	_ attach.Session   = (*attachment)(nil)
)

// Join implements attach.Authority.
func (e *Engine) Join(id policy.Identity, h *wire.Hello) (attach.Session, *wire.Refused) {
	e.commit.Lock()
	defer e.commit.Unlock()
	a, refused := e.admit(id, h)
	if refused != nil {
		e.refuse(id, h, refused)
		return nil, refused
	}
	if err := a.open(); err != nil {
		return nil, &wire.Refused{Code: wire.RefusedInternal, Message: err.Error()}
	}
	e.resume(a, h.Continues)
	e.publish(a, a.compile(e.config.Reader()))
	e.register(a)
	go a.listen()
	return a, nil
}

// refuse reports a refused claim as the violation it may be.
func (e *Engine) refuse(id policy.Identity, h *wire.Hello, r *wire.Refused) {
	if r.Code != wire.RefusedIdentity && r.Code != wire.RefusedClaimed {
		return
	}
	service := h.Services[0].Name
	v := Violation{
		Time: time.Now(), Kind: wire.AttachRefused, Severity: wire.AttachRefused.Severity(),
		Service: service, PID: id.PID, Occurrences: 1,
	}
	if s := e.config.Reader().Service(service); s != nil {
		v.Target = s.GetDomain()
	}
	e.record(v)
}

// admit checks the claim and lays the attachment out.
func (e *Engine) admit(id policy.Identity, h *wire.Hello) (*attachment, *wire.Refused) {
	if h.ABI != page.ABI {
		return nil, refusef(wire.RefusedABI, "the process was built for version %d of the pages, the daemon has version %d; rebuild it with a matching SDK", h.ABI, page.ABI)
	}
	a := &attachment{
		engine: e, identity: id, backend: h.Backend, strength: h.Strength, since: time.Now(),
		local: map[string]int{}, replaced: make(chan struct{}),
	}
	reader := e.config.Reader()
	for _, s := range h.Services {
		if refused := e.claim(a, reader, s, h.Continues); refused != nil {
			return nil, refused
		}
	}
	if len(a.hosted) > page.MaxHosted {
		return nil, refusef(wire.RefusedLimit, "%d domains in one process, at most %d are possible", len(a.hosted), page.MaxHosted)
	}
	e.nextID++
	a.id = e.nextID
	return a, nil
}

// claim adds one service to the attachment.
func (e *Engine) claim(a *attachment, r policy.Reader, s wire.Service, continues uint64) *wire.Refused {
	service := r.Service(s.Name)
	if service == nil {
		return refusef(wire.RefusedUnknown, "service %q is not configured; create /mpk-security/services/service[name=%s] first", s.Name, s.Name)
	}
	match := policy.MatchOf(service)
	if err := match.Check(a.identity); err != nil {
		return refusef(wire.RefusedIdentity, "process %d may not claim service %q: %v", a.identity.PID, s.Name, err)
	}
	if holder := e.holder(s.Name); holder != nil && !(holder.identity.PID == a.identity.PID && holder.id == continues) {
		return refusef(wire.RefusedClaimed, "service %q is provided by process %d already", s.Name, holder.identity.PID)
	}
	domain := r.Domain(match.Domain)
	index, known := a.local[match.Domain]
	if !known {
		index = len(a.hosted)
		a.local[match.Domain] = index
		a.hosted = append(a.hosted, policy.Hosted{Domain: match.Domain})
	}
	a.hosted[index].Operations = append(a.hosted[index].Operations, s.Operations...)
	if n := len(a.hosted[index].Operations); n > page.MaxOperations {
		return refusef(wire.RefusedLimit, "domain %q has %d operations, at most %d are possible", match.Domain, n, page.MaxOperations)
	}
	a.services = append(a.services, hostedService{
		name: s.Name, domain: match.Domain, id: domain.GetId(),
		level: uint8(domain.GetPrivilegeLevel() - gen.MpkSecurityTypes_PrivilegeLevel_CONTROLLER),
	})
	return nil
}

func refusef(code wire.RefusalCode, format string, args ...any) *wire.Refused {
	m := fmt.Sprintf(format, args...)
	if len(m) > wire.MaxRefusal {
		m = m[:wire.MaxRefusal]
	}
	return &wire.Refused{Code: code, Message: m}
}

func (e *Engine) holder(service string) *attachment {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.claims[service]
}

// open makes the pages and the doorbell.
func (a *attachment) open() (err error) {
	if a.policy, err = page.NewPolicy(len(a.hosted)); err != nil {
		return fmt.Errorf("make the policy page: %w", err)
	}
	if a.stats, err = page.NewStats(len(a.hosted)); err != nil {
		return errors.Join(fmt.Errorf("make the stats page: %w", err), a.policy.Close())
	}
	if a.doorbell, err = newDoorbell(); err != nil {
		return errors.Join(fmt.Errorf("make the doorbell: %w", err), a.policy.Close(), a.stats.Close())
	}
	a.seen = make([][page.Counters]uint64, len(a.hosted)*len(a.hosted))
	return nil
}

// resume takes over what was counted of the attachment that a continues: the
// counters of a process go on from page to page.
func (e *Engine) resume(a *attachment, continues uint64) {
	e.mu.Lock()
	old := e.departed[continues]
	if old == nil {
		old = e.attachments[continues]
	}
	delete(e.departed, continues)
	e.mu.Unlock()
	if old == nil || old.identity.PID != a.identity.PID || !slices.EqualFunc(old.hosted, a.hosted, sameDomain) {
		return
	}
	e.sample(old)
	old.mu.Lock()
	defer old.mu.Unlock()
	copy(a.seen, old.seen)
	a.lost = old.lost
	old.retired = true
}

func sameDomain(a, b policy.Hosted) bool { return a.Domain == b.Domain }

// maxDeparted bounds how many attachments that ended are remembered.
const maxDeparted = 1024

// remember keeps the counts of an attachment that ends, for one that continues it.
//
// Preconditions: e.mu is held.
func (e *Engine) remember(a *attachment) {
	for id := range e.departed {
		if len(e.departed) < maxDeparted {
			break
		}
		delete(e.departed, id)
	}
	e.departed[a.id] = a
}

// register makes the attachment known; one that it continues gives way.
func (e *Engine) register(a *attachment) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.attachments[a.id] = a
	for _, s := range a.services {
		if old := e.claims[s.name]; old != nil {
			old.giveWay()
		}
		e.claims[s.name] = a
		e.ledger.service(s.name).Attaches++
	}
}

func (a *attachment) giveWay() {
	select {
	case <-a.replaced:
	default:
		close(a.replaced)
	}
}

// Leave implements attach.Session.
func (a *attachment) Leave() {
	e := a.engine
	e.sample(a)
	e.commit.Lock()
	defer e.commit.Unlock()
	e.mu.Lock()
	delete(e.attachments, a.id)
	e.remember(a)
	for _, s := range a.services {
		if e.claims[s.name] == a {
			delete(e.claims, s.name)
		}
	}
	e.mu.Unlock()
	if err := a.close(); err != nil {
		e.log.Error("close an attachment", "attachment", a.id, "err", err)
	}
	e.signal()
}

func (a *attachment) close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	stats := a.stats
	a.stats = nil
	return errors.Join(a.policy.Close(), stats.Close(), a.doorbell.Close())
}
