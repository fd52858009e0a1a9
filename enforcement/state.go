package enforcement

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/openconfig/ygot/ygot"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/policy"
	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view"
)

// State reads the counters of every process and returns the operational state
// of the system, of the configured domains, services and channels, of the transitions
// that were used, and of the calls that were observed.
func (e *Engine) State() *gen.MpkSecurity {
	attached := e.attached()
	for _, a := range attached {
		a.sample()
	}
	b := &stateBuilder{state: &gen.MpkSecurity{
		Domain: map[string]*gen.MpkSecurity_Domain{}, Service: map[string]*gen.MpkSecurity_Service{},
		Transition: map[view.TransitionKey]*gen.MpkSecurity_Transition{},
	}}
	e.mu.Lock()
	b.readLocked(e)
	e.mu.Unlock()
	for _, a := range attached {
		b.host(a)
	}
	b.judgeDomains()
	b.state.Channel = e.channels.state()
	return b.state
}

func (e *Engine) attached() []*attachment {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Collect(maps.Values(e.attachments))
}

// outline is what counting and State need to know of the configuration.
type outline struct {
	services map[string]struct{}
	domains  map[string]bool // whether administratively in service
}

func (o outline) apply(d *view.Delta) {
	for name, s := range d.Services {
		if s == nil {
			delete(o.services, name)
			continue
		}
		o.services[name] = struct{}{}
	}
	for name, v := range d.Domains {
		if v == nil {
			delete(o.domains, name)
			continue
		}
		o.domains[name] = v.GetAdministrativeState() == gen.MpkSecurityTypes_AdministrativeState_IN_SERVICE
	}
}

type stateBuilder struct {
	state   *gen.MpkSecurity
	minimum gen.E_MpkSecurityTypes_IsolationStrength
}

// readLocked takes in what is configured and what was counted, as if no process
// was attached.
//
// Preconditions: e.mu is held.
func (b *stateBuilder) readLocked(e *Engine) {
	b.minimum = e.minimum
	b.state.System = &gen.MpkSecurity_System{PolicyEpoch: ygot.Uint64(e.epoch)}
	for name, inService := range e.outline.domains {
		b.state.Domain[name] = domainState(e.domainLocked(name), inService)
	}
	for name := range e.outline.services {
		b.state.Service[name] = serviceState(e.serviceLocked(name))
	}
	for key, c := range e.ledger.transitions {
		b.state.Transition[key] = &gen.MpkSecurity_Transition{Counters: transitionState(c)}
	}
	b.state.Observation = e.ledger.observed.state()
}

func domainState(c *domainCounters, inService bool) *gen.MpkSecurity_Domain {
	d := &gen.MpkSecurity_Domain{
		OperationalState: gen.MpkSecurityTypes_OperationalState_IN_SERVICE,
		Counters: &gen.MpkSecurity_Domain_Counters{
			EntriesPermitted: ygot.Uint64(c.permitted), EntriesDenied: ygot.Uint64(c.denied),
			EntriesTolerated: ygot.Uint64(c.tolerated), CallsTolerated: ygot.Uint64(c.forgiven),
			UnmatchedDenied: ygot.Uint64(c.unmatched), ProtectionKeyFaults: ygot.Uint64(c.faults),
		},
	}
	if !inService {
		d.OperationalState = gen.MpkSecurityTypes_OperationalState_OUT_OF_SERVICE
	}
	return d
}

func transitionState(c *transitionCounters) *gen.MpkSecurity_Transition_Counters {
	t := &gen.MpkSecurity_Transition_Counters{
		Permitted: ygot.Uint64(c.permitted), Denied: ygot.Uint64(c.denied), Tolerated: ygot.Uint64(c.tolerated),
		RateLimited: ygot.Uint64(c.rateLimited), DwellExceeded: ygot.Uint64(c.dwellExceeded),
	}
	if !c.lastDenied.IsZero() {
		t.LastDenied = timestamp(c.lastDenied)
	}
	return t
}

func serviceState(c *serviceCounters) *gen.MpkSecurity_Service {
	s := &gen.MpkSecurity_Service{
		Attached:         ygot.Bool(false),
		OperationalState: gen.MpkSecurityTypes_OperationalState_OUT_OF_SERVICE,
		Counters: &gen.MpkSecurity_Service_Counters{
			Attaches: ygot.Uint64(c.attaches), CallsPermitted: ygot.Uint64(c.permitted), CallsDenied: ygot.Uint64(c.denied),
			CallsTolerated: ygot.Uint64(c.tolerated), RateLimited: ygot.Uint64(c.rateLimited), DwellExceeded: ygot.Uint64(c.dwellExceeded),
			ProtectionKeyFaults: ygot.Uint64(c.faults), Violations: ygot.Uint64(c.violations), LostReports: ygot.Uint64(c.lostReports),
		},
	}
	if c.lastViolation != nil {
		s.LastViolation = lastViolation(c.lastViolation)
	}
	return s
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
	wire.UnprovenCode:       gen.MpkSecurityTypes_ViolationKindRef_unproven_code,
	wire.ChannelDenied:      gen.MpkSecurityTypes_ViolationKindRef_channel_denied,
	wire.MessageCorrupted:   gen.MpkSecurityTypes_ViolationKindRef_message_corrupted,
}

// host takes in what an attached process gives its services and domains.
func (b *stateBuilder) host(a *attachment) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.ready || a.handed || a.stats == nil {
		return
	}
	for _, s := range a.services {
		if state := b.state.Service[s.name]; state != nil {
			b.provide(state, a, a.revoked[s.name] == nil)
			state.CodeScan = a.code.state(a.scans[s.name])
		}
	}
	for _, h := range a.hosted {
		if d := b.state.Domain[h.Domain]; d != nil {
			d.IsolationStrength = weaker(d.IsolationStrength, Strength(a.strength))
		}
	}
}

// provide says how a service stands that a process provides; one whose claim no
// longer holds is isolated.
func (b *stateBuilder) provide(s *gen.MpkSecurity_Service, a *attachment, holds bool) {
	s.Attached = ygot.Bool(true)
	s.ProcessId = ygot.Uint32(uint32(a.identity.PID))
	s.AttachTime = timestamp(a.since)
	s.IsolationStrength = Strength(a.strength)
	introduce(s, a.identity)
	switch {
	case !holds:
	case s.IsolationStrength < b.minimum:
		s.OperationalState = gen.MpkSecurityTypes_OperationalState_DEGRADED
	default:
		s.OperationalState = gen.MpkSecurityTypes_OperationalState_IN_SERVICE
	}
}

// introduce says which process provides a service.
func introduce(s *gen.MpkSecurity_Service, id policy.Identity) {
	s.ProviderUid = ygot.Uint32(id.UID)
	s.ProviderExecutable = known(id.Executable)
	s.ProviderCgroup = known(id.Cgroup)
	if sum, err := id.Digest.Known(); err == nil {
		s.ProviderExecutableSha256 = known(sum)
	}
	if !id.Started.IsZero() {
		s.ProviderStartTime = timestamp(id.Started)
	}
}

// known returns nil for what is not known. What a process made up, such as the
// name of its file, loses what a string of YANG cannot have (RFC 7950 section 14,
// yang-char).
func known(s string) *string {
	if s == "" {
		return nil
	}
	return ygot.String(strings.Map(legible, s))
}

func legible(r rune) rune {
	if unicode.IsControl(r) || r&0xfffe == 0xfffe || r >= 0xfdd0 && r <= 0xfdef {
		return unicode.ReplacementChar
	}
	return r // which is that already for an invalid octet
}

// weaker returns the weaker of two strengths; zero is none yet.
func weaker(a, b gen.E_MpkSecurityTypes_IsolationStrength) gen.E_MpkSecurityTypes_IsolationStrength {
	if a == 0 {
		return b
	}
	return min(a, b)
}

// judgeDomains degrades the domains whose walls are weaker than configured.
func (b *stateBuilder) judgeDomains() {
	for _, d := range b.state.Domain {
		if d.OperationalState == gen.MpkSecurityTypes_OperationalState_IN_SERVICE &&
			d.IsolationStrength != 0 && d.IsolationStrength < b.minimum {
			d.OperationalState = gen.MpkSecurityTypes_OperationalState_DEGRADED
		}
	}
}

// Strength returns the model's name for a strength of package mpk.
func Strength(s mpk.Strength) gen.E_MpkSecurityTypes_IsolationStrength {
	return gen.MpkSecurityTypes_IsolationStrength_NONE + gen.E_MpkSecurityTypes_IsolationStrength(s)
}

// HexString writes an address as yang:hex-string (RFC 6991 section 3) has it.
func HexString(address uint64) string {
	octets := binary.BigEndian.AppendUint64(nil, address)
	return strings.ReplaceAll(fmt.Sprintf("% x", octets), " ", ":")
}

func timestamp(t time.Time) *string {
	return ygot.String(t.UTC().Format("2006-01-02T15:04:05.000000Z"))
}
