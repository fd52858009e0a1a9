package enforcement_test

import (
	"testing"

	waveguard "github.com/optical-net/waveguard/sdk/go"

	"github.com/optical-net/waveguard/enforcement/keys"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/gen/view/viewtest"
)

// TestCommitsSetTheWalls: what a commit says of how a domain's gates and walls work,
// an attached process does.
func TestCommitsSetTheWalls(t *testing.T) {
	r := start(t)
	w := r.attach()
	a, b := viewtest.Entry("domain", "a")+"/config/", viewtest.Entry("domain", "b")+"/config/"
	r.commit(action("DENY"))
	wantDenied(t, w.call("read", 1), waveguard.ReasonTransition)
	r.commit(a + "enforcement-mode = PERMISSIVE")
	wantPermitted(t, w.call("read", 1))
	r.commit(a + "enforcement-mode = ENFORCING")
	wantDenied(t, w.call("read", 1), waveguard.ReasonTransition)
	r.commit(action("PERMIT"), b+"constant-time-checks = true", b+"gate-delay = 100")
	wantPermitted(t, w.call("read", 1))
	for _, pinned := range []string{"true", "false"} {
		r.commit(b + "pinned = " + pinned)
		wantPermitted(t, w.call("read", 1))
		wantPinned(t, pinned == "true")
	}
}

// wantPinned requires that a domain of this process is pinned, if it has protection keys.
func wantPinned(t *testing.T, want bool) {
	t.Helper()
	b, err := mpk.Open(mpk.KindPKU)
	if err != nil {
		return
	}
	if got := b.(interface{ KeyStats() keys.Stats }).KeyStats().Pinned; (got > 0) != want {
		t.Errorf("%d domains are pinned, want any: %v", got, want)
	}
}
