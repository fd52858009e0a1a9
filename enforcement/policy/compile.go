package policy

import (
	"fmt"
	"strings"
	"time"

	"github.com/optical-net/waveguard/enforcement/page"
	"github.com/optical-net/waveguard/gen"
)

// Hosted is one domain of a host process; its place in a slice is its local
// index.
type Hosted struct {
	Domain     string
	Operations []string // registered by its services; the place is the bit in a mask
}

// Compile returns the policy page of a process that hosts these domains. A
// domain that the configuration does not have is isolated.
func Compile(r Reader, hosted []Hosted) page.Table {
	table := make(page.Table, len(hosted))
	for i, h := range hosted {
		table[i] = compileDomain(r.Domain(h.Domain))
		for j, target := range hosted {
			if t := r.Transition(h.Domain, target.Domain); t != nil && i != j {
				table[i].Entries = append(table[i].Entries, compileEntry(t, j, target.Operations))
			}
		}
	}
	return table
}

func compileDomain(d *gen.MpkSecurity_Domain) page.Domain {
	if d == nil {
		return page.Domain{State: page.Isolated}
	}
	p := page.Domain{ID: d.GetId(), Level: Level(d), Wall: compileWall(d)}
	switch d.GetAdministrativeState() {
	case gen.MpkSecurityTypes_AdministrativeState_OUT_OF_SERVICE:
		p.State = page.OutOfService
	default:
		p.State = page.InService
	}
	return p
}

func compileWall(d *gen.MpkSecurity_Domain) page.Wall {
	w := page.Wall{Priority: priority(d), GateDelay: d.GetGateDelay()}
	for _, m := range []struct {
		manner page.Manner
		set    bool
	}{
		{page.Permissive, d.GetEnforcementMode() == gen.MpkSecurityTypes_EnforcementMode_PERMISSIVE},
		{page.Pinned, d.GetPinned()},
		{page.ConstantTime, d.GetConstantTimeChecks()},
	} {
		if m.set {
			w.Manner |= m.manner
		}
	}
	return w
}

// priority returns the rank of a domain in the contest for hardware keys.
func priority(d *gen.MpkSecurity_Domain) uint8 {
	if d.KeyPriority != nil {
		return *d.KeyPriority
	}
	return 255 - 51*Level(d)
}

// Level returns the privilege level of a domain as the pages and the attach
// protocol have it: 0 is the controller's.
func Level(d *gen.MpkSecurity_Domain) uint8 {
	return uint8(d.GetPrivilegeLevel() - gen.MpkSecurityTypes_PrivilegeLevel_CONTROLLER)
}

func compileEntry(t *gen.MpkSecurity_Transition, target int, operations []string) page.Entry {
	e := page.Entry{
		Target:     target,
		Operations: mask(t.Operation, operations),
		MaxRate:    t.GetMaxRate(),
		MaxDwell:   t.GetMaxDwellTime(),
	}
	if t.GetAction() == gen.MpkSecurityTypes_TransitionAction_PERMIT {
		e.Flags |= page.Permit
	}
	if t.GetFastPath() {
		e.Flags |= page.FastPath
	}
	return e
}

// mask returns the bits of the permitted operations; all when none is named.
// Names that the target did not register permit nothing.
func mask(permitted, registered []string) uint32 {
	if len(permitted) == 0 {
		return ^uint32(0)
	}
	bits := uint32(0)
	for _, name := range permitted {
		for i, op := range registered {
			if op == name {
				bits |= 1 << i
			}
		}
	}
	return bits
}

// Plan is everything that a configuration decides for one host process. Two
// configurations that enforce the same have the same Plan.
type Plan struct {
	Services map[string]*Match // by name: who may claim it
	Minimum  gen.E_MpkSecurityTypes_IsolationStrength
	Hosted   []Hosted
	Table    page.Table
	Scans    map[string]CodeScan // by service
	Interval time.Duration       // between two looks at the code of a process
	Channels map[string]*Channel
}

// NewPlan compiles the plan for a process that hosts these domains.
func NewPlan(r Reader, hosted []Hosted) *Plan {
	p := &Plan{
		Services: map[string]*Match{}, Hosted: hosted,
		Minimum: r.System().GetMinimumIsolationStrength(), Table: Compile(r, hosted),
		Scans: map[string]CodeScan{}, Interval: CodeScanInterval(r),
		Channels: map[string]*Channel{},
	}
	for name := range r.Services() {
		p.Services[name] = MatchOf(r.Service(name))
		p.Scans[name] = CodeScanOf(r.Service(name))
	}
	for name := range r.Channels() {
		p.Channels[name] = ChannelOf(r.Channel(name))
	}
	return p
}

// String prints the plan, the same for the same plan.
func (p *Plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "minimum %v, looks every %v\n", p.Minimum, p.Interval)
	for _, name := range sortedKeys(p.Services) {
		fmt.Fprintf(&b, "service %s: %v code %v\n", name, *p.Services[name], p.Scans[name])
	}
	for _, name := range sortedKeys(p.Channels) {
		fmt.Fprintf(&b, "channel %s: %+v\n", name, *p.Channels[name])
	}
	for i, d := range p.Table {
		fmt.Fprintf(&b, "domain %d %s: id %d level %d state %d wall %+v\n", i, p.Hosted[i].Domain, d.ID, d.Level, d.State, d.Wall)
		for _, e := range d.Entries {
			fmt.Fprintf(&b, "  to %s: flags %#x operations %#x rate %d/s dwell %d us\n",
				p.Hosted[e.Target].Domain, e.Flags, e.Operations, e.MaxRate, e.MaxDwell)
		}
	}
	return b.String()
}
