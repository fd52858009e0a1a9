package enforcement

import (
	"encoding/hex"
	"maps"
	"strings"
	"time"

	"github.com/openconfig/ygot/ygot"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view"
)

// State reads the counters of every process and returns the operational state
// of the system, the domains, the services and those transitions whose both
// ends some process has hosted. Entries may be left over from a configuration
// that no longer has them.
func (e *Engine) State() *gen.MpkSecurity {
	for _, a := range e.attached() {
		e.sample(a)
	}
	b := &stateBuilder{state: &gen.MpkSecurity{
		Domain: map[string]*gen.MpkSecurity_Domain{}, Service: map[string]*gen.MpkSecurity_Service{},
		Transition: map[view.TransitionKey]*gen.MpkSecurity_Transition{},
	}}
	claims, configured := e.readLedger(b)
	for name, domain := range configured.services {
		b.service(name, domain, claims[name])
	}
	for name, inService := range configured.domains {
		b.finishDomain(name, inService)
	}
	return b.state
}

// outline is what State needs to know of the configuration.
type outline struct {
	services map[string]string // home domain
	domains  map[string]bool   // administratively in service
}

func (o outline) apply(d *view.Delta) {
	for name, s := range d.Services {
		if s == nil {
			delete(o.services, name)
			continue
		}
		o.services[name] = s.GetDomain()
	}
	for name, v := range d.Domains {
		if v == nil {
			delete(o.domains, name)
			continue
		}
		o.domains[name] = v.GetAdministrativeState() == gen.MpkSecurityTypes_AdministrativeState_IN_SERVICE
	}
}

func (o outline) clone() outline {
	return outline{services: maps.Clone(o.services), domains: maps.Clone(o.domains)}
}

func (e *Engine) readLedger(b *stateBuilder) (map[string]*attachment, outline) {
	e.mu.Lock()
	defer e.mu.Unlock()
	b.minimum = e.minimum
	b.state.System = &gen.MpkSecurity_System{PolicyEpoch: ygot.Uint64(e.epoch)}
	for p, c := range e.ledger.pairs {
		b.pair(p, c)
	}
	for name, c := range e.ledger.services {
		b.counters(name, *c)
	}
	return maps.Clone(e.claims), e.outline.clone()
}

type stateBuilder struct {
	state   *gen.MpkSecurity
	minimum gen.E_MpkSecurityTypes_IsolationStrength
}

func (b *stateBuilder) domain(name string) *gen.MpkSecurity_Domain {
	d := b.state.Domain[name]
	if d == nil {
		d = &gen.MpkSecurity_Domain{Counters: &gen.MpkSecurity_Domain_Counters{
			EntriesPermitted: new(uint64), EntriesDenied: new(uint64),
			UnmatchedDenied: new(uint64), ProtectionKeyFaults: new(uint64),
		}}
		b.state.Domain[name] = d
	}
	return d
}

func (b *stateBuilder) serviceEntry(name string) *gen.MpkSecurity_Service {
	s := b.state.Service[name]
	if s == nil {
		s = &gen.MpkSecurity_Service{}
		b.state.Service[name] = s
		b.counters(name, ServiceCounters{})
	}
	return s
}

func (b *stateBuilder) pair(p Pair, c *PairCounters) {
	target := b.domain(p.Target).Counters
	*target.EntriesPermitted += c.Permitted
	*target.EntriesDenied += c.Denied + c.RateLimited
	*target.ProtectionKeyFaults += c.Faults
	*b.domain(p.Source).Counters.UnmatchedDenied += c.Unmatched
	t := &gen.MpkSecurity_Transition_Counters{
		Permitted: ygot.Uint64(c.Permitted), Denied: ygot.Uint64(c.Denied),
		RateLimited: ygot.Uint64(c.RateLimited), DwellExceeded: ygot.Uint64(c.DwellExceeded),
	}
	if !c.LastDenied.IsZero() {
		t.LastDenied = timestamp(c.LastDenied)
	}
	b.state.Transition[view.TransitionKey{Source: p.Source, Target: p.Target}] = &gen.MpkSecurity_Transition{Counters: t}
}

func (b *stateBuilder) counters(name string, c ServiceCounters) {
	s := b.state.Service[name]
	if s == nil {
		s = &gen.MpkSecurity_Service{}
		b.state.Service[name] = s
	}
	s.Counters = &gen.MpkSecurity_Service_Counters{
		Attaches: ygot.Uint64(c.Attaches), CallsPermitted: ygot.Uint64(c.Permitted), CallsDenied: ygot.Uint64(c.Denied),
		RateLimited: ygot.Uint64(c.RateLimited), DwellExceeded: ygot.Uint64(c.DwellExceeded),
		ProtectionKeyFaults: ygot.Uint64(c.Faults), Violations: ygot.Uint64(c.Violations), LostReports: ygot.Uint64(c.LostReports),
	}
	if v := c.LastViolation; v != nil {
		s.LastViolation = lastViolation(v)
	}
}

func lastViolation(v *Violation) *gen.MpkSecurity_Service_LastViolation {
	l := &gen.MpkSecurity_Service_LastViolation{Time: timestamp(v.Time), Kind: kinds[v.Kind]}
	if v.Target != "" {
		l.TargetDomain = ygot.String(v.Target)
	}
	if v.Address != 0 {
		l.Address = ygot.String(HexString(v.Address))
	}
	return l
}

var kinds = map[wire.Kind]gen.E_MpkSecurityTypes_ViolationKindRef{
	wire.TransitionDenied:   gen.MpkSecurityTypes_ViolationKindRef_transition_denied,
	wire.OperationDenied:    gen.MpkSecurityTypes_ViolationKindRef_operation_denied,
	wire.RateExceeded:       gen.MpkSecurityTypes_ViolationKindRef_rate_exceeded,
	wire.DwellExceeded:      gen.MpkSecurityTypes_ViolationKindRef_dwell_exceeded,
	wire.DomainOutOfService: gen.MpkSecurityTypes_ViolationKindRef_domain_out_of_service,
	wire.ProtectionKeyFault: gen.MpkSecurityTypes_ViolationKindRef_protection_key_fault,
	wire.AttachRefused:      gen.MpkSecurityTypes_ViolationKindRef_attach_refused,
}

// service says how a configured service stands; a is nil when no process claims it.
func (b *stateBuilder) service(name, domain string, a *attachment) {
	s := b.serviceEntry(name)
	s.Attached = ygot.Bool(false)
	s.OperationalState = gen.MpkSecurityTypes_OperationalState_OUT_OF_SERVICE
	if a == nil {
		return
	}
	ready, revoked := a.standing(name)
	s.Attached = ygot.Bool(ready)
	s.ProcessId = ygot.Uint32(uint32(a.identity.PID))
	s.AttachTime = timestamp(a.since)
	s.IsolationStrength = Strength(a.strength)
	switch {
	case !ready || revoked:
	case s.IsolationStrength < b.minimum:
		s.OperationalState = gen.MpkSecurityTypes_OperationalState_DEGRADED
	default:
		s.OperationalState = gen.MpkSecurityTypes_OperationalState_IN_SERVICE
	}
	d := b.domain(domain)
	if d.IsolationStrength == 0 || s.IsolationStrength < d.IsolationStrength {
		d.IsolationStrength = s.IsolationStrength
	}
}

func (a *attachment) standing(service string) (ready, revoked bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.ready, a.revoked[service]
}

func (b *stateBuilder) finishDomain(name string, inService bool) {
	d := b.domain(name)
	switch {
	case !inService:
		d.OperationalState = gen.MpkSecurityTypes_OperationalState_OUT_OF_SERVICE
	case d.IsolationStrength != 0 && d.IsolationStrength < b.minimum:
		d.OperationalState = gen.MpkSecurityTypes_OperationalState_DEGRADED
	default:
		d.OperationalState = gen.MpkSecurityTypes_OperationalState_IN_SERVICE
	}
}

// Strength returns the model's name for a strength of package mpk.
func Strength(s mpk.Strength) gen.E_MpkSecurityTypes_IsolationStrength {
	return gen.MpkSecurityTypes_IsolationStrength_NONE + gen.E_MpkSecurityTypes_IsolationStrength(s)
}

// HexString writes an address as yang:hex-string (RFC 6991 section 3) has it.
func HexString(address uint64) string {
	octets := make([]byte, 8)
	for i := range octets {
		octets[i] = byte(address >> (8 * (7 - i)))
	}
	digits := hex.EncodeToString(octets)
	parts := make([]string, 8)
	for i := range parts {
		parts[i] = digits[2*i : 2*i+2]
	}
	return strings.Join(parts, ":")
}

func timestamp(t time.Time) *string {
	return ygot.String(t.UTC().Format("2006-01-02T15:04:05.000000Z"))
}
