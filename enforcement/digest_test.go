package enforcement_test

import (
	"strings"
	"testing"
	"time"

	"github.com/optical-net/waveguard/enforcement"
	"github.com/optical-net/waveguard/enforcement/policy"
	"github.com/optical-net/waveguard/gen/view/viewtest"
)

// TestDigestThatTakesLong: a commit that newly asks for a digest does not wait until it is
// computed, nor does anybody else. Until then the service is isolated, and
// afterwards if it is another one.
func TestDigestThatTakesLong(t *testing.T) {
	t.Parallel()
	own, other := strings.Repeat("a", 64), strings.Repeat("b", 64)
	for asked, want := range map[string]bool{own: true, other: false} {
		r := start(t, (*enforcement.Engine).Believe)
		r.engine.AwaitDigestsFor(time.Millisecond)
		free, reads := make(chan struct{}), 0
		id := identity(t)
		id.Digest = policy.NewDigest(func() (string, error) { <-free; reads++; return own, nil })
		session := r.enter(id, hello("front"))
		defer session.Leave()
		if s := r.service("front"); s.OperationalState != inService {
			t.Fatalf("before, the state is %+v", s)
		}
		r.commit(viewtest.Entry("service", "front") + "/config/executable-sha256 = " + asked)
		if s := r.service("front"); s.OperationalState != outOfService || s.ProviderExecutableSha256 != nil {
			t.Errorf("with the digest unknown the state is %+v", s)
		}
		// While it is computed others commit, this service among what they change, and join.
		r.commit("- "+viewtest.Entry("service", "front")+"/config/executable-sha256", "- "+viewtest.Entry("transition", "a", "b"))
		if s := r.service("front"); s.OperationalState != inService {
			t.Errorf("with no digest asked for the state is %+v", s)
		}
		r.commit(viewtest.Entry("service", "front") + "/config/executable-sha256 = " + asked)
		r.joinReady(hello("vault"))
		if s := r.service("front"); s.OperationalState != outOfService {
			t.Errorf("with the digest unknown the state is %+v", s)
		}
		close(free)
		r.eventually("the digest to be known", func() bool { return r.service("front").GetProviderExecutableSha256() == own })
		if want {
			r.eventually("front to be in service", func() bool { return r.service("front").OperationalState == inService })
		} else {
			r.commit(viewtest.Transition("a", "b", "PERMIT")...) // the policy is compiled once more
		}
		if got := r.service("front").OperationalState == inService; got != want || reads != 1 {
			t.Errorf("asked for %.2s, front is in service: %v; the digest was computed %d times", asked, got, reads)
		}
	}
}

// TestDigestThatIsQuick: a service is not isolated for the moment that its digest takes.
func TestDigestThatIsQuick(t *testing.T) {
	t.Parallel()
	r := start(t)
	r.engine.AwaitDigestsFor(patience)
	_, digest := self(t)
	r.joinReady(hello("front"))
	_, abort := r.prepare(viewtest.Edit(t, r.config, viewtest.Entry("service", "front")+"/config/executable-sha256 = "+digest))
	abort()
	if got := r.service("front").GetProviderExecutableSha256(); got != digest {
		t.Errorf("when a commit is prepared the digest is %q", got)
	}
	r.commit(viewtest.Entry("service", "front") + "/config/executable-sha256 = " + digest)
	if s := r.service("front"); s.OperationalState != inService {
		t.Errorf("the state is %+v", s)
	}
}
