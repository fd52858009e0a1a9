package enforcement

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/page"
	"github.com/optical-net/waveguard/enforcement/policy"
)

// refusal is a refused claim, and the service whose it was.
type refusal struct {
	*wire.Refused
	service string
	code    bool // it is for the code of the process
}

// kind is the violation that the refusal may be.
func (r *refusal) kind() wire.Kind {
	if r.code {
		return wire.UnprovenCode
	}
	return wire.AttachRefused
}

// admit checks the claim and lays the attachment out.
func (e *Engine) admit(id policy.Identity, h *wire.Hello) (*attachment, *refusal) {
	if h.ABI != page.ABI {
		return nil, &refusal{Refused: refusef(wire.RefusedABI, "the process was built for version %d of the pages, the daemon has version %d; rebuild it with a matching SDK", h.ABI, page.ABI)}
	}
	if err := checkWalls(h, e.hostHasKeys); err != nil {
		return nil, &refusal{
			Refused: refusef(wire.RefusedStrength, "process %d may not attach: %v", id.PID, err), service: h.Services[0].Name,
		}
	}
	a := &attachment{
		engine: e, identity: id, backend: h.Backend, strength: h.Strength, since: time.Now(),
		local: map[string]int{}, continues: h.Continues != 0,
		replaced: make(chan struct{}), left: make(chan struct{}), news: make(chan struct{}, 1),
	}
	for _, s := range h.Services {
		if refused := e.claim(a, s, h); refused != nil {
			return nil, &refusal{Refused: refused, service: s.Name}
		}
	}
	if refused := e.spend(a); refused != nil {
		return nil, refused
	}
	e.nextID++
	a.id = e.nextID
	return a, nil
}

// spend takes the memory that the attachment will need off the allowances of its
// services.
func (e *Engine) spend(a *attachment) *refusal {
	bytes := int64(attachmentBytes+page.Bytes(len(a.hosted))) / int64(len(a.services))
	now := time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range a.services {
		if !e.serviceLocked(s.name).allowance.take(now, bytes) {
			return &refusal{
				Refused: refusef(wire.RefusedLimit, "service %q attaches so often that the memory of its pages is used up; wait, and find out why", s.name),
				service: s.name,
			}
		}
	}
	return nil
}

// spendOf takes memory off the allowance of a service; false if there is not as much.
func (e *Engine) spendOf(service string, bytes int64) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.serviceLocked(service).allowance.take(time.Now(), bytes)
}

// claim adds one service to the attachment.
func (e *Engine) claim(a *attachment, s wire.Service, h *wire.Hello) *wire.Refused {
	r := e.config.Reader()
	service := r.Service(s.Name)
	if service == nil {
		return refusef(wire.RefusedUnknown, "service %q is not configured; create /mpk-security/services/service[name=%s] first", s.Name, s.Name)
	}
	// A digest that a commit began to ask for just now is known later: until then the service is isolated.
	if err := policy.MatchOf(service).Check(a.identity); err != nil && !errors.Is(err, policy.ErrDigestUnknown) {
		return refusef(wire.RefusedIdentity, "process %d may not claim service %q: %v", a.identity.PID, s.Name, err)
	}
	if holder := e.holder(s.Name); holder != nil && !holder.continuedBy(a.identity, h) {
		return refusef(wire.RefusedClaimed, "service %q is provided by process %d already; stop that one first", s.Name, holder.identity.PID)
	}
	domain := r.Domain(service.GetDomain())
	if domain == nil {
		return refusef(wire.RefusedUnknown, "domain %q of service %q is not configured; create /mpk-security/domains/domain[name=%s] first", service.GetDomain(), s.Name, service.GetDomain())
	}
	for _, end := range s.Channels {
		a.registered = append(a.registered, registration{end, len(a.services)})
	}
	a.services = append(a.services, hostedService{
		name: s.Name, domain: service.GetDomain(), id: domain.GetId(), level: policy.Level(domain),
	})
	return a.host(service.GetDomain(), s.Operations)
}

// host adds operations to a hosted domain, which may be new.
func (a *attachment) host(domain string, operations []string) *wire.Refused {
	index, known := a.local[domain]
	if !known {
		index = len(a.hosted)
		a.local[domain] = index
		a.hosted = append(a.hosted, policy.Hosted{Domain: domain})
	}
	all := append(a.hosted[index].Operations, operations...)
	a.hosted[index].Operations = all
	if n := len(all); n > page.MaxOperations {
		return refusef(wire.RefusedLimit, "the services of domain %q register %d operations in one process, at most %d are possible; register fewer, or move a service to another domain", domain, n, page.MaxOperations)
	}
	if n := len(a.hosted); n > page.MaxHosted {
		return refusef(wire.RefusedLimit, "the services live in %d domains, one process can host at most %d; split the process", n, page.MaxHosted)
	}
	return nil
}

// continuedBy says whether a new connection of the process takes over.
func (a *attachment) continuedBy(id policy.Identity, h *wire.Hello) bool {
	return a.identity.Is(id) && a.id == h.Continues
}

// refusef makes a refusal that can be sent whatever the process calls itself.
func refusef(code wire.RefusalCode, format string, args ...any) *wire.Refused {
	m := fmt.Sprintf(format, args...)
	m = strings.ToValidUTF8(m[:min(len(m), wire.MaxRefusal)], "")
	return &wire.Refused{Code: code, Message: m}
}
