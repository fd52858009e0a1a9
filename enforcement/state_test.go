package enforcement_test

import (
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	waveguard "github.com/optical-net/waveguard/sdk/go"

	"github.com/optical-net/waveguard/enforcement"
	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/page"
	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view/viewtest"
)

func TestStateCounts(t *testing.T) {
	r := start(t)
	w := r.attach()
	transition := viewtest.Entry("transition", "a", "b")
	wantPermitted(t, w.call("read", 3))
	if c := r.transition("a", "b"); *c.Permitted != 3 || *c.Denied != 0 || c.LastDenied != nil {
		t.Errorf("transition counters are %+v", c)
	}
	r.commit(action("DENY"))
	wantDenied(t, w.call("read", 5), waveguard.ReasonTransition)
	r.commit(action("PERMIT"), transition+"/config/operation[.='write']")
	wantDenied(t, w.call("read", 7), waveguard.ReasonOperation)
	r.commit(transition + "/config/max-rate = 1")
	for ok := true; ok; { // the first may pass
		ok = w.call("write", 1) == nil
	}
	limited := *r.transition("a", "b").RateLimited
	permitted := *r.transition("a", "b").Permitted
	if limited != 1 {
		t.Errorf("%d calls were limited", limited)
	}
	r.commit("- " + transition)
	wantDenied(t, w.call("read", 11), waveguard.ReasonTransition)

	denied := 5 + 7 + limited + 11
	a, b := r.domain("a").Counters, r.domain("b").Counters
	if *b.EntriesPermitted != permitted || *b.EntriesDenied != denied || *b.UnmatchedDenied != 0 {
		t.Errorf("domain b counts %d permitted, %d denied, %d unmatched; want %d, %d, 0", *b.EntriesPermitted, *b.EntriesDenied, *b.UnmatchedDenied, permitted, denied)
	}
	if *a.UnmatchedDenied != 11 || *a.EntriesPermitted != 0 || *a.EntriesDenied != 0 {
		t.Errorf("domain a counts %d unmatched, want 11", *a.UnmatchedDenied)
	}
	front, vault := r.service("front").Counters, r.service("vault").Counters
	if *front.CallsPermitted != permitted || *front.CallsDenied != denied || *front.RateLimited != limited {
		t.Errorf("service front counts %d permitted, %d denied, %d limited", *front.CallsPermitted, *front.CallsDenied, *front.RateLimited)
	}
	if *vault.CallsPermitted != 0 || *vault.CallsDenied != 0 {
		t.Errorf("service vault counts %+v", vault)
	}
}

// TestTransitionCountsItsRefusals: the counters of a transition, while it is
// configured.
func TestTransitionCountsItsRefusals(t *testing.T) {
	r := start(t)
	c := r.joinReady(hello("front", "vault"))
	cell := c.stats.Cell(0, 1)
	for counter, n := range map[page.Counter]uint64{
		page.Permitted: 1, page.Denied: 10, page.RateLimited: 100, page.DwellExceeded: 1000,
		page.OperationDenied: 10_000, page.OutOfServiceCalls: 100_000, page.Faults: 1_000_000,
	} {
		cell.AddN(counter, n)
	}
	tr := r.transition("a", "b")
	if *tr.Permitted != 1 || *tr.Denied != 110_110 || *tr.RateLimited != 100 || *tr.DwellExceeded != 1000 || tr.LastDenied == nil {
		t.Errorf("transition counts %d, %d, %d, %d", *tr.Permitted, *tr.Denied, *tr.RateLimited, *tr.DwellExceeded)
	}
	b := r.domain("b").Counters
	if *b.EntriesPermitted != 1 || *b.EntriesDenied != 110_110 || *b.ProtectionKeyFaults != 1_000_000 {
		t.Errorf("domain counts %d, %d, %d", *b.EntriesPermitted, *b.EntriesDenied, *b.ProtectionKeyFaults)
	}
	s := r.service("front").Counters
	if *s.CallsPermitted != 1 || *s.CallsDenied != 110_110 || *s.RateLimited != 100 || *s.DwellExceeded != 1000 || *s.ProtectionKeyFaults != 1_000_000 {
		t.Errorf("service counts %+v", s)
	}
	if at, err := time.Parse(time.RFC3339Nano, *tr.LastDenied); err != nil || time.Since(at) > time.Minute || time.Since(at) < 0 {
		t.Errorf("last denied is %s (%v)", *tr.LastDenied, err)
	}
}

// TestCountersBeginWithTheirEntry: what is removed from the configuration and
// put back counts from zero, whatever the process counted meanwhile.
func TestCountersBeginWithTheirEntry(t *testing.T) {
	r := start(t)
	w := r.attach()
	wantPermitted(t, w.call("read", 5))
	full := r.config
	if got := *r.service("front").Counters.CallsPermitted; got != 5 {
		t.Fatalf("%d calls are counted", got)
	}
	r.commit("- " + viewtest.Entry("transition", "a", "b"))
	_ = w.call("read", 3)
	if c := r.transition("a", "b"); c != nil {
		t.Errorf("a transition that is not configured counts %+v", c)
	}
	r.commit("- domains", "- services")
	_ = w.call("read", 3)
	if s := r.engine.State(); len(s.Domain) != 0 || len(s.Service) != 0 || len(s.Transition) != 0 {
		t.Errorf("nothing is configured, the state has %d domains, %d services, %d transitions", len(s.Domain), len(s.Service), len(s.Transition))
	}
	r.commitTree(full)
	wantPermitted(t, w.call("read", 2))
	if c := r.transition("a", "b"); *c.Permitted != 2 || *c.Denied != 0 {
		t.Errorf("transition counts %d and %d, want 2 and 0", *c.Permitted, *c.Denied)
	}
	if c := r.domain("b").Counters; *c.EntriesPermitted != 2 || *c.EntriesDenied != 0 {
		t.Errorf("domain counts %d and %d, want 2 and 0", *c.EntriesPermitted, *c.EntriesDenied)
	}
	if c := r.service("front").Counters; *c.CallsPermitted != 2 || *c.CallsDenied != 0 || *c.Attaches != 0 {
		t.Errorf("service counts %d and %d, %d attaches; want 2, 0, 0", *c.CallsPermitted, *c.CallsDenied, *c.Attaches)
	}
}

func TestViolationsAreDelivered(t *testing.T) {
	r := start(t)
	w := r.attach()
	r.commit(action("DENY"))
	wantDenied(t, w.call("write", 1), waveguard.ReasonTransition)
	v := r.violation()
	want := enforcement.Violation{
		Time: v.Time, Kind: wire.TransitionDenied, Severity: wire.Moderate, Service: "front", Source: "a", Target: "b",
		Operation: "write", PID: os.Getpid(), ThreadID: v.ThreadID, Occurrences: 1, Strength: w.Status().Strength,
	}
	if v != want || v.ThreadID == 0 || time.Since(v.Time) > time.Minute {
		t.Errorf("reported was %+v, want %+v", v, want)
	}
	s := r.service("front")
	if l := s.LastViolation; *s.Counters.Violations != 1 || l.Kind != gen.MpkSecurityTypes_ViolationKindRef_transition_denied ||
		l.GetTargetDomain() != "b" || l.Address != nil || l.Time == nil {
		t.Errorf("last violation is %+v", l)
	}
	if s := r.service("vault"); s.LastViolation != nil || *s.Counters.Violations != 0 {
		t.Errorf("the target's is %+v", s.LastViolation)
	}
}

// TestFaultIsDelivered touches memory of another domain.
func TestFaultIsDelivered(t *testing.T) {
	r := start(t)
	w := r.attach()
	secret, err := w.Service("vault").NewRegion(64)
	if err != nil {
		t.Fatal(err)
	}
	err = w.Service("front").Run(t.Context(), func(*waveguard.Thread) error {
		secret.Bytes()[3] = 1
		return nil
	})
	var fault *waveguard.Fault
	if !errors.As(err, &fault) {
		t.Fatalf("the touch returned %v", err)
	}
	if v := r.violation(); v.Kind != wire.ProtectionKeyFault || v.Severity != wire.Severe || v.Address != uint64(fault.Address) || v.Target != "b" || v.Operation != "" {
		t.Errorf("reported was %+v", v)
	}
	if got := *r.domain("b").Counters.ProtectionKeyFaults; got != 1 {
		t.Errorf("%d faults", got)
	}
	if l := r.service("front").LastViolation; l.GetAddress() != enforcement.HexString(uint64(fault.Address)) {
		t.Errorf("last violation is %+v", l)
	}
}

func TestStrengthAgainstTheMinimum(t *testing.T) {
	for name, test := range map[string]struct {
		strength mpk.Strength
		minimum  string
		want     gen.E_MpkSecurityTypes_OperationalState
	}{
		"none asked":        {mpk.None, "NONE", inService},
		"as asked":          {mpk.Mprotect, "MPROTECT", inService},
		"more than asked":   {mpk.HardwareRegion, "MPROTECT", inService},
		"less than asked":   {mpk.Mprotect, "HARDWARE_REGION", degraded},
		"much less":         {mpk.None, "HARDWARE_COMPARTMENT", degraded},
		"all that there is": {mpk.HardwareCompartment, "HARDWARE_COMPARTMENT", inService},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, (*enforcement.Engine).Believe)
			r.commit("system/config/minimum-isolation-strength = " + test.minimum)
			h := walled(test.strength, "front")
			c := r.joinReady(h)
			s, d := r.service("front"), r.domain("a")
			if s.OperationalState != test.want || d.OperationalState != test.want {
				t.Errorf("service is %v, domain %v, want %v", s.OperationalState, d.OperationalState, test.want)
			}
			if want := enforcement.Strength(test.strength); s.IsolationStrength != want || d.IsolationStrength != want {
				t.Errorf("strength of the service is %v, of the domain %v, want %v", s.IsolationStrength, d.IsolationStrength, want)
			}
			c.leave()
			r.eventually("the end to be seen", func() bool { return !r.service("front").GetAttached() })
			if d := r.domain("a"); d.IsolationStrength != 0 || d.OperationalState != inService {
				t.Errorf("a domain that nobody hosts has strength %v and is %v", d.IsolationStrength, d.OperationalState)
			}
		})
	}
}

// TestWeakestWall: a domain is as strong as the weakest process that hosts it.
func TestWeakestWall(t *testing.T) {
	r := start(t, (*enforcement.Engine).Believe)
	r.commit(viewtest.Service("third", "a", os.Getuid())...)
	strong, weak := walled(mpk.HardwareRegion, "front"), walled(mpk.Mprotect, "third")
	r.joinReady(strong)
	r.joinReady(weak)
	if got := r.domain("a").IsolationStrength; got != gen.MpkSecurityTypes_IsolationStrength_MPROTECT {
		t.Errorf("strength is %v", got)
	}
}

func TestStateOfDomains(t *testing.T) {
	r := start(t)
	r.commit(viewtest.Entry("domain", "b") + "/config/administrative-state = OUT_OF_SERVICE")
	if a, b := r.domain("a").OperationalState, r.domain("b").OperationalState; a != inService || b != outOfService {
		t.Errorf("a is %v, b is %v", a, b)
	}
}

func TestPolicyEpochCountsCommits(t *testing.T) {
	r := start(t)
	epoch := func() uint64 { return *r.engine.State().System.PolicyEpoch }
	first := epoch()
	r.commit(action("DENY"))
	r.commitTree(r.config)
	if got := epoch(); got != first+1 {
		t.Errorf("epoch is %d, want %d", got, first+1)
	}
}

// TestReadyIsAttached: a process that was welcomed, but does not obey its pages
// yet, provides nothing.
func TestReadyIsAttached(t *testing.T) {
	r := start(t)
	c := r.join(hello("front"))
	if s := r.service("front"); s.GetAttached() || s.ProcessId != nil || s.OperationalState != outOfService {
		t.Errorf("before it is ready the state is %+v", s)
	}
	if err := c.Send(&wire.Ready{}); err != nil {
		t.Fatal(err)
	}
	r.eventually("the process to be ready", func() bool { return r.service("front").GetAttached() })
}

func TestWelcomeNamesTheDomains(t *testing.T) {
	r := start(t)
	r.commit(slices.Concat(viewtest.Service("third", "b", os.Getuid()), []string{viewtest.Entry("domain", "b") + "/config/privilege-level = LOW"})...)
	c := r.joinReady(hello("third", "front", "vault"))
	want := []wire.Hosted{{Service: "third", Domain: "b", DomainID: 2, Level: 3}, {Service: "front", Domain: "a", DomainID: 1, Level: 1}, {Service: "vault", Domain: "b", DomainID: 2, Level: 3}}
	if !slices.Equal(c.welcome.Hosted, want) || c.policy.Hosted() != 2 || c.stats.Hosted() != 2 {
		t.Errorf("welcome is %+v, pages are for %d and %d", c.welcome, c.policy.Hosted(), c.stats.Hosted())
	}
}

// TestProviderIsShown: the state says which process provides a service, as the
// kernel has it, and nothing any more when none does.
func TestProviderIsShown(t *testing.T) {
	r := start(t)
	path, digest := self(t)
	c := r.joinReady(hello("front"))
	s := r.service("front")
	if s.GetProviderExecutable() != path || s.GetProviderUid() != uint32(os.Getuid()) || s.ProviderExecutableSha256 != nil {
		t.Errorf("provided by %q, uid %d, digest %q", s.GetProviderExecutable(), s.GetProviderUid(), s.GetProviderExecutableSha256())
	}
	if at, err := time.Parse(time.RFC3339Nano, s.GetProviderStartTime()); err != nil || time.Since(at) < 0 || time.Since(at) > time.Hour {
		t.Errorf("started %q (%v)", s.GetProviderStartTime(), err)
	}
	r.commit(viewtest.Entry("service", "front") + "/config/executable-sha256 = " + digest)
	r.eventually("the digest to be shown", func() bool { return r.service("front").GetProviderExecutableSha256() == digest })
	c.leave()
	r.eventually("the end to be seen", func() bool { return !r.service("front").GetAttached() })
	if s := r.service("front"); s.ProviderExecutable != nil || s.ProviderUid != nil || s.ProviderStartTime != nil || s.ProviderExecutableSha256 != nil || s.ProviderCgroup != nil {
		t.Errorf("with nobody there the state is %+v", s)
	}
}

// TestProviderNamesAreLegible: what a process calls itself can be told in every
// protocol.
func TestProviderNamesAreLegible(t *testing.T) {
	r := start(t)
	for name, want := range map[string]string{
		"/bin/s": "/bin/s", "/tmp/\x1b[31m\n": "/tmp/\ufffd[31m\ufffd", "/tmp/\xff": "/tmp/\ufffd", "/tmp/\ufffe\ufdd0é": "/tmp/\ufffd\ufffdé", "/tmp/\U0001ffff": "/tmp/\ufffd",
	} {
		id := identity(t)
		id.Executable, id.Cgroup = name, name
		session := r.enter(id, hello("front"))
		if s := r.service("front"); s.GetProviderExecutable() != want || s.GetProviderCgroup() != want {
			t.Errorf("%q is told as %q and %q, want %q", name, s.GetProviderExecutable(), s.GetProviderCgroup(), want)
		}
		session.Leave()
	}
}

func TestHexString(t *testing.T) {
	for address, want := range map[uint64]string{
		0: "00:00:00:00:00:00:00:00", 0x7f0012345678abcd: "7f:00:12:34:56:78:ab:cd", ^uint64(0): "ff:ff:ff:ff:ff:ff:ff:ff",
	} {
		if got := enforcement.HexString(address); got != want {
			t.Errorf("HexString(%#x) is %s, want %s", address, got, want)
		}
	}
}
