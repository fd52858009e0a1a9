package learn

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/optical-net/waveguard/yang/tree"
)

// Present is what an operational tree says of two domains: who could make a call
// now, and what was counted.
type Present struct {
	Counters *Counters `json:"counters,omitempty"` // of the transition, if it is configured
	Observed *Pair     `json:"observed,omitempty"`
	Notes    []string  `json:"notes"`
}

// Counters are those of a transition.
type Counters struct {
	Permitted     uint64    `json:"permitted"`
	Denied        uint64    `json:"denied"`
	Tolerated     uint64    `json:"tolerated"`
	RateLimited   uint64    `json:"rate-limited"`
	DwellExceeded uint64    `json:"dwell-exceeded"`
	LastDenied    time.Time `json:"last-denied,omitzero"`
}

// PresentOf reads an operational tree. What the user may not read is not in it.
func PresentOf(operational *tree.Tree, source, target string) *Present {
	p := &Present{Notes: []string{}}
	if o, err := Observed(operational); err == nil {
		p.Observed = o.Find(source, target)
	}
	top, _ := operational.Root().Child(operational.Schema().Root.Child("mpk-security", "mpk-security")).(*tree.Container)
	for entry := range entries(top, "transitions", "transition") {
		keys := entry.Keys()
		if c := within(within(entry, "state"), "counters"); c != nil && keys[0].String() == source && keys[1].String() == target {
			p.Counters = countersOf(c)
		}
	}
	services := servicesOf(top)
	p.processes(services, source, target)
	for entry := range entries(top, "channels", "channel") {
		p.channel(entry, services, source, target)
	}
	return p
}

func countersOf(c *tree.Container) *Counters {
	return &Counters{
		Permitted: number(c, "permitted"), Denied: number(c, "denied"), Tolerated: number(c, "tolerated"),
		RateLimited: number(c, "rate-limited"), DwellExceeded: number(c, "dwell-exceeded"), LastDenied: moment(c, "last-denied"),
	}
}

// service is what matters here of one.
type service struct {
	name, domain string
	process      uint64 // 0: nobody provides it
	isolated     bool
	last         string // what it tried last
	at           string // on this domain
	when         time.Time
}

func servicesOf(top *tree.Container) (all []service) {
	for entry := range entries(top, "services", "service") {
		state, configured := within(entry, "state"), within(entry, "config")
		if state == nil || configured == nil {
			continue
		}
		domain, _ := configured.Leaf("domain")
		s := service{name: entry.Keys()[0].String(), domain: domain.String(), process: number(state, "process-id")}
		attached, _ := state.Leaf("attached")
		operational, _ := state.Leaf("operational-state")
		s.isolated = attached.String() == "true" && operational.String() == "OUT_OF_SERVICE"
		if last := within(state, "last-violation"); last != nil {
			kind, _ := last.Leaf("kind")
			at, _ := last.Leaf("target-domain")
			_, s.last, _ = strings.Cut(kind.String(), ":")
			s.at, s.when = at.String(), moment(last, "time")
		}
		all = append(all, s)
	}
	return all
}

// processes notes whether a process hosts both domains, as only code in it can make
// the call, and what policy does not tell of it.
func (p *Present) processes(all []service, source, target string) {
	hosts := map[string][]uint64{}
	for _, s := range all {
		if s.process != 0 && !slices.Contains(hosts[s.domain], s.process) {
			hosts[s.domain] = append(hosts[s.domain], s.process)
		}
		if s.isolated && (s.domain == source || s.domain == target) {
			p.note("domain %s is isolated in process %d, which may no longer claim service %s: its calls are refused", s.domain, s.process, s.name)
		}
		if s.domain == source && s.at == target && s.last != "" {
			p.note("the last violation of service %s was %s into this target, at %s", s.name, s.last, s.when.Local().Format("2006-01-02 15:04:05"))
		}
	}
	if !slices.ContainsFunc(hosts[source], func(process uint64) bool { return slices.Contains(hosts[target], process) }) {
		p.note("no process hosts both domains now, so nobody can make the call")
	}
}

// channel notes a way by which messages get from one domain into the other without a gate.
func (p *Present) channel(entry *tree.Container, all []service, source, target string) {
	in := func(name, domain string) bool {
		return slices.ContainsFunc(all, func(s service) bool { return s.name == name && s.domain == domain })
	}
	state := within(entry, "state")
	if state == nil {
		return
	}
	producer, _ := state.Leaf("producer")
	if !in(producer.String(), source) {
		return
	}
	standing, _ := state.Leaf("operational-state")
	for end := range entries(entry, "consumer-ends", "consumer-end") {
		if consumer := end.Keys()[0].String(); in(consumer, target) {
			p.note("channel %s, %s, takes messages of service %s to service %s, whatever transitions say: see \"waveguard channels\"",
				entry.Keys()[0], standing, producer, consumer)
		}
	}
}

func (p *Present) note(format string, args ...any) {
	p.Notes = append(p.Notes, fmt.Sprintf(format, args...))
}
