package enforcement_test

import (
	"context"
	"errors"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	waveguard "github.com/optical-net/waveguard/sdk/go"

	"github.com/optical-net/waveguard/enforcement"
	"github.com/optical-net/waveguard/enforcement/attach"
	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/page"
	"github.com/optical-net/waveguard/enforcement/policy"
	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view"
	"github.com/optical-net/waveguard/gen/view/viewtest"
	"github.com/optical-net/waveguard/yang/tree"
)

const (
	inService    = gen.MpkSecurityTypes_OperationalState_IN_SERVICE
	outOfService = gen.MpkSecurityTypes_OperationalState_OUT_OF_SERVICE
	degraded     = gen.MpkSecurityTypes_OperationalState_DEGRADED
)

func action(value string) string {
	return viewtest.Entry("transition", "a", "b") + "/config/action = " + value
}

func TestCommitReachesTheGates(t *testing.T) {
	r := start(t)
	w := r.attach()
	wantPermitted(t, w.call("read", 1))
	before := w.Status()
	r.commit(action("DENY"))
	wantDenied(t, w.call("read", 1), waveguard.ReasonTransition)
	r.commit(action("PERMIT"), viewtest.Entry("transition", "a", "b")+"/config/operation[.='write']")
	wantDenied(t, w.call("read", 1), waveguard.ReasonOperation)
	wantPermitted(t, w.call("write", 1))
	r.commit(viewtest.Entry("domain", "b") + "/config/administrative-state = OUT_OF_SERVICE")
	wantDenied(t, w.call("write", 1), waveguard.ReasonOutOfService)
	r.commit("- " + viewtest.Entry("transition", "a", "b"))
	r.commit(viewtest.Entry("domain", "b") + "/config/administrative-state = IN_SERVICE")
	wantDenied(t, w.call("write", 1), waveguard.ReasonTransition)
	after := w.Status()
	if after.Attachment != before.Attachment || !after.Attached || after.Epoch != before.Epoch+5 {
		t.Errorf("status was %+v, is %+v", before, after)
	}
}

// TestServiceOutOfService: what the operator takes out of service is isolated
// where it is, and comes back with a commit.
func TestServiceOutOfService(t *testing.T) {
	r := start(t)
	w := r.attach()
	wantPermitted(t, w.call("write", 1))
	r.commit(viewtest.Entry("service", "vault") + "/config/administrative-state = OUT_OF_SERVICE")
	if err := w.call("write", 1); err == nil {
		t.Error("a service that is out of service is called")
	}
	if s := r.service("vault"); s.OperationalState != outOfService || !s.GetAttached() {
		t.Errorf("out of service, its state is %+v", s)
	}
	r.commit(viewtest.Entry("service", "vault") + "/config/administrative-state = IN_SERVICE")
	wantPermitted(t, w.call("write", 1))
	if s := r.service("vault"); s.OperationalState != inService {
		t.Errorf("back in service, its state is %+v", s)
	}
}

// TestCommitSendsNothing: the pages carry policy, the connection does not.
func TestCommitSendsNothing(t *testing.T) {
	r := start(t)
	c := r.joinReady(hello("front", "vault"))
	if v, _ := c.policy.Lookup(0, 1); v.Entry.Flags&page.Permit == 0 {
		t.Errorf("first verdict is %+v", v)
	}
	r.commit(action("DENY"))
	if v, epoch := c.policy.Lookup(0, 1); v.Entry.Flags&page.Permit != 0 || epoch != 2 {
		t.Errorf("verdict after the commit is %+v, of epoch %d", v, epoch)
	}
	if err := c.SetDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if m, _, err := c.Receive(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the daemon sent %+v (%v)", m, err)
	}
}

// TestCommitLeavesOthersAlone: a change between domains that a process does not
// host is none of its business.
func TestCommitLeavesOthersAlone(t *testing.T) {
	r := start(t)
	c := r.joinReady(hello("front"))
	epoch := c.policy.Epoch()
	r.commit(slices.Concat(viewtest.Domain("c", 3), viewtest.Transition("b", "c", "PERMIT"), viewtest.Transition("a", "c", "PERMIT"))...)
	r.commit(action("DENY"))
	if got := c.policy.Epoch(); got != epoch {
		t.Errorf("%d publications", got-epoch)
	}
	r.commit(viewtest.Entry("domain", "a") + "/config/administrative-state = OUT_OF_SERVICE")
	if got := c.policy.Epoch(); got != epoch+1 {
		t.Errorf("epoch is %d, want %d", got, epoch+1)
	}
}

func TestAbortChangesNothing(t *testing.T) {
	r := start(t)
	w := r.attach()
	wantPermitted(t, w.call("read", 3))
	r.eventually("the scan of the code", func() bool { return r.service("front").CodeScan.GetTime() != "" })
	before, epoch := r.engine.State(), w.Status().Epoch
	for name, lines := range map[string][]string{
		"deny":       {action("DENY")},
		"revoke":     {viewtest.Entry("service", "vault") + "/config/uid = 4242"},
		"removal":    {"- domains", "- services", "- transitions"},
		"new domain": viewtest.Domain("c", 3),
		"strength":   {"system/config/minimum-isolation-strength = HARDWARE_COMPARTMENT"},
	} {
		_, abort := r.prepare(viewtest.Edit(t, r.config, lines...))
		abort()
		if after := r.engine.State(); !reflect.DeepEqual(before, after) {
			t.Errorf("%s: the state changed", name)
		}
		if now := w.Status().Epoch; now != epoch {
			t.Errorf("%s: the page has epoch %d, had %d", name, now, epoch)
		}
	}
	wantPermitted(t, w.call("read", 1))
}

func TestPrepareHeedsItsContext(t *testing.T) {
	r := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := r.engine.Prepare(ctx, &view.Delta{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Prepare returned %v", err)
	}
	r.commit(action("DENY")) // nothing is held
}

// TestRevokedClaimIsolates: a process that may not claim its service any more is
// isolated, and back when it may.
func TestRevokedClaimIsolates(t *testing.T) {
	r := start(t)
	w := r.attach()
	vault := viewtest.Entry("service", "vault")
	for name, lines := range map[string][]string{
		"another user":       {vault + "/config/uid = 4242"},
		"another executable": {vault + "/config/executable = /bin/another"},
		"another digest":     {vault + "/config/executable-sha256 = 0000000000000000000000000000000000000000000000000000000000000000"},
		"another domain":     append(viewtest.Domain("c", 3), vault+"/config/domain = c"),
		"removed":            {"- " + vault},
	} {
		t.Run(name, func(t *testing.T) {
			good := r.config
			r.commit(lines...)
			wantDenied(t, w.call("read", 1), waveguard.ReasonOutOfService)
			if s := r.service("vault"); name != "removed" && (s.OperationalState != outOfService || !s.GetAttached()) {
				t.Errorf("state of the service is %v, attached %v", s.OperationalState, s.GetAttached())
			}
			if s := r.service("front"); s.OperationalState != inService {
				t.Errorf("the other service is %v", s.OperationalState)
			}
			r.commitTree(good)
			wantPermitted(t, w.call("read", 1))
			if s := r.service("vault"); s.OperationalState != inService {
				t.Errorf("after the restoration it is %v", s.OperationalState)
			}
		})
	}
}

func TestLeaveAndAttachAgain(t *testing.T) {
	r := start(t)
	for i := range uint64(5) {
		w := r.attach() // at once: the daemon may not have seen the former end
		wantPermitted(t, w.call("read", 1))
		if s := r.service("front"); *s.Counters.Attaches != i+1 || s.GetProcessId() != uint32(os.Getpid()) || s.OperationalState != inService {
			t.Errorf("attached %d times, state is %+v, counters %+v", i+1, s, s.Counters)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	r.eventually("the daemon to see the end", func() bool { return !r.service("front").GetAttached() })
	s := r.service("front")
	if s.OperationalState != outOfService || s.ProcessId != nil || s.AttachTime != nil || s.IsolationStrength != 0 {
		t.Errorf("state of a service that nobody provides is %+v", s)
	}
	if got := *r.transition("a", "b").Permitted; got != 5 {
		t.Errorf("%d calls were counted, want 5", got)
	}
}

// TestDaemonRestart: gates go on without the daemon; the next one finds the
// process again and counts from there.
func TestDaemonRestart(t *testing.T) {
	r := start(t)
	w := r.attach()
	wantPermitted(t, w.call("read", 7))
	r.halt()
	r.eventually("the loss to show", func() bool { return !w.Status().Attached })
	wantPermitted(t, w.call("read", 2))
	first := w.Status().Attachment
	r.boot(viewtest.Edit(t, node(t), action("DENY")))
	r.eventually("the process to come back", func() bool { return r.service("front").GetAttached() })
	if now := w.Status(); now.Attachment == first {
		t.Errorf("attachment %d has not changed", first)
	}
	wantDenied(t, w.call("read", 3), waveguard.ReasonTransition)
	if c := r.transition("a", "b"); c == nil || *c.Permitted != 0 || *c.Denied != 3 {
		t.Errorf("the new daemon counts %+v, want 3 denied", c)
	}
}

// TestLostConnection: a process that comes back to the same daemon goes on
// being counted where it was, and nothing twice.
func TestLostConnection(t *testing.T) {
	r := start(t)
	w := r.attach()
	wantPermitted(t, w.call("read", 7))
	r.halt()
	r.eventually("the loss to show", func() bool { return !w.Status().Attached })
	wantPermitted(t, w.call("read", 2))
	if got := *r.transition("a", "b").Permitted; got != 7 {
		t.Errorf("before it comes back %d calls are counted, want 7", got)
	}
	r.serve()
	r.eventually("the process to come back", func() bool { return r.service("front").GetAttached() })
	wantPermitted(t, w.call("read", 1))
	if got := *r.transition("a", "b").Permitted; got != 10 {
		t.Errorf("%d calls are counted, want 10", got)
	}
	if s := r.service("front"); *s.Counters.Attaches != 2 {
		t.Errorf("counters are %+v", s.Counters)
	}
}

// TestTakeOver: a process whose connection broke without the daemon noticing
// connects again, and the new connection takes over from the old.
func TestTakeOver(t *testing.T) {
	r := start(t)
	old := r.joinReady(hello("front", "vault"))
	old.stats.Cell(0, 1).AddN(page.Permitted, 5)
	h := hello("front", "vault")
	h.Continues = old.welcome.Attachment
	next := r.join(h)
	next.stats.Cell(0, 1).AddN(page.Permitted, 6) // the 5 carried over, and one more
	if err := next.Send(&wire.Ready{}); err != nil {
		t.Fatal(err)
	}
	old.wantClosed()
	r.eventually("the successor", func() bool { return r.service("front").GetAttached() })
	if got := *r.transition("a", "b").Permitted; got != 6 {
		t.Errorf("%d calls are counted, want 6", got)
	}
	old.stats.Cell(0, 1).AddN(page.Permitted, 100)
	if got := *r.transition("a", "b").Permitted; got != 6 {
		t.Errorf("a page that was handed over still counts: %d", got)
	}
}

// TestForeignContinuation: nobody takes over from another process.
func TestForeignContinuation(t *testing.T) {
	r := start(t, (*enforcement.Engine).Hurry)
	if got := r.otherProcess("front"); got != "*wire.Welcome" {
		t.Fatal(got)
	}
	h := hello("front")
	h.Continues = r.engine.Holder("front") // not even guessed
	conn, m, _, err := say(r.path, h)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if refused, ok := m.(*wire.Refused); !ok || refused.Code != wire.RefusedClaimed {
		t.Errorf("the daemon answered %+v", m)
	}
}

// TestNumberAgain: a process that has the number of one that ended is not that
// one. It neither takes over from it, nor goes on where that stopped counting;
// the same process does both.
func TestNumberAgain(t *testing.T) {
	for name, test := range map[string]struct {
		started uint64
		same    bool
	}{"another": {101, false}, "the same": {100, true}} {
		t.Run(name, func(t *testing.T) {
			r := start(t, (*enforcement.Engine).Hurry)
			first, next := identity(t), identity(t)
			first.Start, next.Start = 100, test.started
			old := r.enter(first, hello("front", "vault"))
			r.count(old, 5)
			h := hello("front", "vault")
			h.Continues = r.engine.Holder("front")
			if !test.same {
				if _, refused := r.engine.Join(next, h); refused == nil || refused.Code != wire.RefusedClaimed {
					t.Errorf("while the first is there it got %v", refused)
				}
			}
			old.Leave()
			session := r.enter(next, h)
			defer session.Leave()
			r.count(session, 5) // carried over, it says
			want := map[bool]uint64{true: 5, false: 10}[test.same]
			if got := *r.transition("a", "b").Permitted; got != want {
				t.Errorf("%d calls are counted, want %d", got, want)
			}
		})
	}
}

// enter attaches a process of that identity, without a connection.
func (r *rig) enter(id policy.Identity, h *wire.Hello) attach.Session {
	r.t.Helper()
	session, refused := r.engine.Join(id, h)
	if refused != nil {
		r.t.Fatal(refused)
	}
	if refused := session.Ready(); refused != nil {
		r.t.Fatal(refused)
	}
	return session
}

// count has the gates of a session's process let n calls of a into b through.
func (r *rig) count(s attach.Session, n uint64) {
	r.t.Helper()
	_, files := s.Welcome()
	stats, err := page.OpenStats(files.Stats)
	if err != nil {
		r.t.Fatal(err)
	}
	stats.Cell(0, 1).AddN(page.Permitted, n)
	_ = stats.Close()
}

// TestCommitsAndAttachments mixes both, for the race detector.
func TestCommitsAndAttachments(t *testing.T) {
	r := start(t)
	permit, deny := r.config, viewtest.Edit(t, r.config, action("DENY"), viewtest.Entry("service", "front")+"/config/description = x")
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 15 {
			c, err := r.tryAttach()
			if err != nil {
				t.Errorf("attach: %v", err)
				return
			}
			_ = c.call("read", 20)
			_ = c.Close()
		}
	}()
	for going := true; going; {
		select {
		case <-done:
			going = false
		default:
		}
		for _, to := range []*tree.Tree{deny, permit} {
			r.commitTree(to)
			_ = r.engine.State()
		}
	}
}
