package telemetry_test

import (
	"testing"
	"time"

	"github.com/openconfig/ygot/ygot"

	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/telemetry"
)

const (
	observation  = "mpk-security-telemetry:observation"
	observedPair = observation + "/transitions/transition[source='a'][target='b']"
)

func pairOf(source, target string) gen.MpkSecurity_Observation_Transition_Key {
	return gen.MpkSecurity_Observation_Transition_Key{Source: source, Target: target}
}

func observed(source, target string, permitted uint64, operations ...string) *gen.MpkSecurity_Observation_Transition {
	return &gen.MpkSecurity_Observation_Transition{
		Source: ygot.String(source), Target: ygot.String(target), Permitted: ygot.Uint64(permitted), Operation: operations,
	}
}

func observing(pairs ...*gen.MpkSecurity_Observation_Transition) *gen.MpkSecurity {
	state := counted(1)
	state.Observation = &gen.MpkSecurity_Observation{
		Since:      ygot.String("2026-11-25T12:00:00Z"),
		Transition: map[gen.MpkSecurity_Observation_Transition_Key]*gen.MpkSecurity_Observation_Transition{},
	}
	for _, p := range pairs {
		state.Observation.Transition[pairOf(*p.Source, *p.Target)] = p
	}
	return state
}

// TestObservationIsServed holds that pairs are shown whether they are configured
// or not, follow what is observed, and go when it is forgotten.
func TestObservationIsServed(t *testing.T) {
	unconfigured := observed("b", "a", 3, "read")
	s, from := openStore(t, node()...), &source{state: observing(observed("a", "b", 1, "read", "write"), unconfigured)}
	c := collector(s, from)
	collect(t, c)
	s.want(observation+"/state/since", "2026-11-25T12:00:00Z")
	s.want(observedPair+"/state/permitted", "1")
	s.want(observedPair+"/state/source", "a")
	s.want(observedPair+"/state/operation[.='write']", "write")
	s.want(observation+"/transitions/transition[source='b'][target='a']/state/permitted", "3")

	from.state = observing(observed("a", "b", 2, "read", "erase"), unconfigured)
	collect(t, c)
	s.want(observedPair+"/state/permitted", "2")
	s.want(observedPair+"/state/operation[.='write']", "")
	s.want(observedPair+"/state/operation[.='erase']", "erase")

	s.create("domains/domain[name='a']/config/description = x") // state is written anew
	collect(t, c)
	s.want(observedPair+"/state/permitted", "2")

	from.state = observing(unconfigured)
	collect(t, c)
	s.want(observedPair+"/source", "")
	s.want(observation+"/transitions/transition[source='b'][target='a']/state/permitted", "3")
}

// TestObservationOutlivesTheConfiguration holds that what is observed is shown
// again when everything that was configured went and came.
func TestObservationOutlivesTheConfiguration(t *testing.T) {
	s, from := openStore(t, node()...), &source{state: observing(observed("a", "b", 1))}
	c := collector(s, from)
	collect(t, c)
	s.remove("")
	collect(t, c)
	s.create(node()...)
	collect(t, c)
	s.want(observedPair+"/state/permitted", "1")
}

// TestUnchangedPairsCostNothing holds that an entry that the source hands out
// again is not looked at.
func TestUnchangedPairsCostNothing(t *testing.T) {
	s := openStore(t, node()...)
	same := observed("a", "b", 1)
	c := collector(s, &source{state: observing(same)})
	collect(t, c)
	same.Permitted = ygot.Uint64(2) // which a source must not do
	collect(t, c)
	s.want(observedPair+"/state/permitted", "1")
}

const permissive = "domains/domain[name='a']/config/enforcement-mode = "

// TestPermissiveDomainIsAnAlarm holds that it is one for as long as it is
// permissive and in service.
func TestPermissiveDomainIsAnAlarm(t *testing.T) {
	const id = "domain:a:domain-permissive"
	w := newWatch(t)
	w.after(time.Second)
	w.commit(permissive + "PERMISSIVE")
	w.after(time.Second, "WARNING "+id)
	w.wantAlarm(id, "corrective-action", "waveguard learn")
	w.commit("domains/domain[name='a']/config/administrative-state = OUT_OF_SERVICE")
	w.after(time.Second, "CLEAR "+id)
	w.commit("domains/domain[name='a']/config/administrative-state = IN_SERVICE")
	w.after(time.Second, "WARNING "+id)
	w.commit("domains/domain[name='a']/config/lifecycle-state = MAINTENANCE")
	w.after(time.Second, "INDETERMINATE "+id)
	w.commit("- domains/domain[name='a']/config/lifecycle-state", permissive+"ENFORCING")
	w.after(time.Second, "CLEAR "+id)
}

// TestForgivenViolationsAreNoAlarm holds that what a permissive domain does is
// none, and that nobody is forgiven who only says that it is permissive.
func TestForgivenViolationsAreNoAlarm(t *testing.T) {
	forgiven := telemetry.Violation{Leafs: map[string]string{
		"kind": "mpk-security-types:transition-denied", "severity": "SEVERE", "service": "s", "source-domain": "a", "outcome": "TOLERATED",
	}}
	w := newWatch(t, permissive+"PERMISSIVE")
	w.after(time.Second, "WARNING domain:a:domain-permissive")
	w.Supervisor.Heard(forgiven)
	w.after(time.Minute)
	w.commit(permissive + "ENFORCING")
	w.Supervisor.Heard(forgiven)
	w.after(time.Second, "CLEAR domain:a:domain-permissive", "MAJOR service:s:security-violation")
}
