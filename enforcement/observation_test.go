package enforcement_test

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/optical-net/waveguard/enforcement"
	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/page"
	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view/viewtest"
)

func (r *rig) observed(source, target string) *gen.MpkSecurity_Observation_Transition {
	return r.engine.State().Observation.Transition[gen.MpkSecurity_Observation_Transition_Key{Source: source, Target: target}]
}

// wantCalls requires what is observed of calls from a to b.
func (r *rig) wantCalls(permitted, denied, tolerated uint64) {
	r.t.Helper()
	o := r.observed("a", "b")
	if o == nil {
		r.t.Fatal("no call was observed")
	}
	if *o.Permitted != permitted || *o.Denied != denied || *o.Tolerated != tolerated {
		r.t.Errorf("observed are %d permitted, %d denied, %d tolerated; want %d, %d, %d", *o.Permitted, *o.Denied, *o.Tolerated, permitted, denied, tolerated)
	}
}

// vault is a Hello of front and vault, of which vault has these operations.
func vault(operations ...string) *wire.Hello {
	h := hello("front", "vault")
	h.Services[1].Operations = operations
	return h
}

// TestToleratedIsNotDenied holds that calls that were let through count as neither
// permitted nor denied, whatever they were tolerated for, in all counters.
func TestToleratedIsNotDenied(t *testing.T) {
	r := start(t)
	c := r.joinReady(hello("front", "vault"))
	cell := c.stats.Cell(0, 1)
	for counter, n := range map[page.Counter]uint64{
		page.Permitted: 1, page.Denied: 10, page.OperationDenied: 200, page.RateLimited: 3000, page.OutOfServiceCalls: 40_000,
		page.Tolerated: 3200,
	} {
		cell.AddN(counter, n)
	}
	r.wantCalls(1, 40_010, 3200)
	tr, b, a, s := r.transition("a", "b"), r.domain("b").Counters, r.domain("a").Counters, r.service("front").Counters
	if *tr.Permitted != 1 || *tr.Denied != 40_010 || *tr.Tolerated != 3200 || *tr.RateLimited != 3000 {
		t.Errorf("the transition counts %d, %d, %d, %d", *tr.Permitted, *tr.Denied, *tr.Tolerated, *tr.RateLimited)
	}
	if *b.EntriesPermitted != 1 || *b.EntriesDenied != 40_010 || *b.EntriesTolerated != 3200 || *b.CallsTolerated != 0 {
		t.Errorf("the target counts %d, %d, %d, %d", *b.EntriesPermitted, *b.EntriesDenied, *b.EntriesTolerated, *b.CallsTolerated)
	}
	if *a.CallsTolerated != 3200 || *a.EntriesTolerated != 0 || *a.UnmatchedDenied != 0 {
		t.Errorf("the source counts %d, %d, %d", *a.CallsTolerated, *a.EntriesTolerated, *a.UnmatchedDenied)
	}
	if *s.CallsPermitted != 1 || *s.CallsDenied != 40_010 || *s.CallsTolerated != 3200 {
		t.Errorf("the service counts %d, %d, %d", *s.CallsPermitted, *s.CallsDenied, *s.CallsTolerated)
	}
}

// TestToleratedIsCountedFirst holds that what a gate has counted half is not shown
// as denied, and is not forgiven to what is denied later.
func TestToleratedIsCountedFirst(t *testing.T) {
	r := start(t)
	r.commit("- " + viewtest.Entry("transition", "a", "b"))
	c := r.joinReady(hello("front", "vault"))
	cell := c.stats.Cell(0, 1)
	cell.AddN(page.Tolerated, 5)
	r.wantCalls(0, 0, 5)
	cell.AddN(page.Denied, 5)
	r.wantCalls(0, 0, 5)
	cell.AddN(page.Denied, 2)
	r.wantCalls(0, 2, 5)
	if a := r.domain("a").Counters; *a.UnmatchedDenied != 2 || *a.CallsTolerated != 5 {
		t.Errorf("the source counts %d unmatched, %d tolerated", *a.UnmatchedDenied, *a.CallsTolerated)
	}
}

// TestToleratedIsNeverShownAsDenied reads the counters while a permissive domain
// makes calls that policy forbids.
func TestToleratedIsNeverShownAsDenied(t *testing.T) {
	r := start(t)
	r.commit(action("DENY"), viewtest.Entry("domain", "a")+"/config/enforcement-mode = PERMISSIVE")
	w := r.attach()
	const calls = 20_000
	done := make(chan error, 1)
	go func() { done <- w.call("read", calls) }()
	for running := true; running; {
		select {
		case err := <-done:
			wantPermitted(t, err)
			running = false
		default:
		}
		if c := r.transition("a", "b"); c != nil && (*c.Denied != 0 || c.LastDenied != nil) {
			t.Fatalf("%d calls are shown as denied", *c.Denied)
		}
	}
	r.wantCalls(0, 0, calls)
	if o := r.observed("a", "b"); !slices.Equal(o.Operation, []string{"read"}) || o.GetPeakRate() == 0 || o.GetLongestDwellTime() == 0 {
		t.Errorf("observed are %v, %d calls/s, %d us", o.Operation, o.GetPeakRate(), o.GetLongestDwellTime())
	}
}

// TestToleratedIsReported holds that the report of a violation says what came of it.
func TestToleratedIsReported(t *testing.T) {
	r := start(t)
	c := r.joinReady(hello("front", "vault"))
	for _, outcome := range []wire.Outcome{wire.Tolerated, wire.Stopped} {
		if err := c.Send(&wire.Violation{Kind: wire.TransitionDenied, Severity: wire.Moderate, Target: 1, Operation: wire.NoOperation, Occurrences: 1, Outcome: outcome}); err != nil {
			t.Fatal(err)
		}
		if v := r.violation(); v.Outcome != outcome {
			t.Errorf("the outcome is %d, want %d", v.Outcome, outcome)
		}
	}
}

// TestObservedCalls holds what is known of the calls between two domains that no
// transition is for, over two processes, one of which has left.
func TestObservedCalls(t *testing.T) {
	r := start(t)
	r.commit("- " + viewtest.Entry("transition", "a", "b"))
	if o := r.observed("a", "b"); o != nil {
		t.Fatalf("observed without a call: %+v", o)
	}
	c := r.joinReady(vault("read", "write", "-unlisted"))
	c.stats.Cell(0, 1).AddN(page.Denied, 3)
	c.stats.Cell(0, 1).See(page.Seen{Operations: 0b10, Longest: 1500 * time.Nanosecond, Busiest: 40})
	r.wantCalls(0, 3, 0)
	if o := r.observed("a", "b"); !slices.Equal(o.Operation, []string{"write"}) || *o.MoreOperations || *o.LongestDwellTime != 2 || *o.PeakRate != 40 {
		t.Errorf("observed are %v, longest %d, busiest %d", o.Operation, *o.LongestDwellTime, *o.PeakRate)
	}
	c.leave()
	r.eventually("the process to be gone", func() bool { return !r.service("front").GetAttached() })

	c = r.joinReady(vault("erase", "write", "-unlisted"))
	c.stats.Cell(0, 1).AddN(page.Permitted, 1)
	c.stats.Cell(0, 1).See(page.Seen{Operations: ^uint32(0) &^ 0b10, Longest: time.Nanosecond, Busiest: 7})
	r.wantCalls(1, 3, 0)
	o := r.observed("a", "b")
	if !slices.Equal(o.Operation, []string{"erase", "write"}) || !*o.MoreOperations || *o.LongestDwellTime != 2 || *o.PeakRate != 40 {
		t.Errorf("observed are %v, longest %d, busiest %d", o.Operation, *o.LongestDwellTime, *o.PeakRate)
	}
	first, err := time.Parse(time.RFC3339Nano, *o.FirstSeen)
	last, err2 := time.Parse(time.RFC3339Nano, *o.LastSeen)
	if err != nil || err2 != nil || !first.Before(last) {
		t.Errorf("first seen %s, last seen %s", *o.FirstSeen, *o.LastSeen)
	}
	if r.observed("b", "a") != nil || r.observed("a", "a") != nil {
		t.Error("pairs are observed that made no call")
	}
}

// TestSeenLater holds that what a gate tells after the call was counted is taken
// in too, as the time that a call stayed is.
func TestSeenLater(t *testing.T) {
	r := start(t)
	c := r.joinReady(vault("read"))
	c.stats.Cell(0, 1).Add(page.Permitted)
	r.wantCalls(1, 0, 0)
	c.stats.Cell(0, 1).See(page.Seen{Operations: 1, Longest: time.Second})
	if o := r.observed("a", "b"); !slices.Equal(o.Operation, []string{"read"}) || o.GetLongestDwellTime() != 1_000_000 {
		t.Errorf("observed are %v, longest %d", o.Operation, o.GetLongestDwellTime())
	}
	r.wantCalls(1, 0, 0)
}

// TestUnchangedObservations holds that entries that say the same are the same.
func TestUnchangedObservations(t *testing.T) {
	r := start(t)
	c := r.joinReady(vault("read"))
	c.stats.Cell(0, 1).Add(page.Permitted)
	one := r.observed("a", "b")
	if two := r.observed("a", "b"); one != two {
		t.Error("an entry that did not change was made anew")
	}
	c.stats.Cell(0, 1).Add(page.Permitted)
	if two := r.observed("a", "b"); one == two || *one.Permitted != 1 || *two.Permitted != 2 {
		t.Error("an entry that was handed out was changed")
	}
}

// TestResetObservations holds that what was observed is forgotten, that gates have
// to tell anew what they had told, and that counters are not touched.
func TestResetObservations(t *testing.T) {
	for name, sources := range map[string][]string{"all": nil, "the source": {"x", "a"}} {
		t.Run(name, func(t *testing.T) {
			r := start(t)
			since := *r.engine.State().Observation.Since
			c := r.joinReady(vault("read", "write"))
			cell := c.stats.Cell(0, 1)
			cell.Add(page.Permitted)
			cell.See(page.Seen{Operations: 0b11, Longest: time.Second, Busiest: 9})
			r.wantCalls(1, 0, 0)
			epoch := c.policy.Epoch()
			r.engine.ResetObservations(sources)
			if r.observed("a", "b") != nil || cell.Seen() != (page.Seen{}) || c.policy.Epoch() == epoch {
				t.Errorf("left are %+v and %+v at epoch %d, which was %d", r.observed("a", "b"), cell.Seen(), c.policy.Epoch(), epoch)
			}
			cell.AddN(page.Permitted, 2)
			cell.See(page.Seen{Operations: 0b10})
			r.wantCalls(2, 0, 0)
			if o := r.observed("a", "b"); !slices.Equal(o.Operation, []string{"write"}) || o.LongestDwellTime != nil || o.PeakRate != nil {
				t.Errorf("observed are %v", o)
			}
			if n := *r.transition("a", "b").Permitted; n != 3 {
				t.Errorf("the transition counts %d calls, want 3", n)
			}
			if now := *r.engine.State().Observation.Since; (now == since) == (sources == nil) {
				t.Errorf("observed since %s, which was %s", now, since)
			}
		})
	}
	t.Run("another", func(t *testing.T) {
		r := start(t)
		c := r.joinReady(vault("read"))
		c.stats.Cell(0, 1).Add(page.Permitted)
		c.stats.Cell(0, 1).See(page.Seen{Operations: 1})
		r.engine.ResetObservations([]string{"b"})
		r.wantCalls(1, 0, 0)
		if c.stats.Cell(0, 1).Seen().Operations != 1 {
			t.Error("what another source did was forgotten")
		}
	})
}

// TestObservationsAreOfConfiguredDomains holds that entries go with their domains.
func TestObservationsAreOfConfiguredDomains(t *testing.T) {
	r := start(t)
	c := r.joinReady(vault("read"))
	c.stats.Cell(0, 1).Add(page.Permitted)
	c.stats.Cell(0, 1).See(page.Seen{Operations: 1})
	r.wantCalls(1, 0, 0)
	full := r.config
	r.commit("- transitions", "- services", "- "+viewtest.Entry("domain", "b"))
	c.stats.Cell(0, 1).Add(page.Denied)
	if o := r.observed("a", "b"); o != nil {
		t.Errorf("observed of a domain that is not configured: %+v", o)
	}
	r.commitTree(full)
	c.stats.Cell(0, 1).Add(page.Denied)
	r.wantCalls(0, 1, 0)
	if o := r.observed("a", "b"); !slices.Equal(o.Operation, []string{"read"}) {
		t.Errorf("observed are %v", o.Operation)
	}
}

// TestLiarsObservations holds that a process can add pairs of its own domains only,
// and no more operations than a transition can name, however many it calls itself.
func TestLiarsObservations(t *testing.T) {
	r := start(t)
	for round := range 3 {
		var names []string
		for i := range page.MaxOperations {
			names = append(names, fmt.Sprintf("r%d-%d", round, i))
		}
		c := r.joinReady(vault(names...))
		for i := range 2 {
			for j := range 2 {
				c.stats.Cell(i, j).AddN(page.Permitted, 1)
				c.stats.Cell(i, j).See(page.Seen{Operations: ^uint32(0), Longest: 1<<63 - 1, Busiest: ^uint64(0)})
			}
		}
		if n := len(r.engine.State().Observation.Transition); n != 2 {
			t.Errorf("%d pairs are observed, want 2", n)
		}
		if o := r.observed("a", "b"); len(o.Operation) != page.MaxOperations || *o.MoreOperations != (round > 0) {
			t.Errorf("round %d: %d operations are observed, more %t", round, len(o.Operation), *o.MoreOperations)
		}
		c.leave()
		r.eventually("the liar to be gone", func() bool { return !r.service("front").GetAttached() })
	}
}

// TestObservationsAreBounded holds that pairs beyond the bound are counted as
// omitted, and those that have room go on.
func TestObservationsAreBounded(t *testing.T) {
	r := start(t)
	c := r.joinReady(vault("read"))
	c.stats.Cell(0, 1).Add(page.Permitted)
	r.wantCalls(1, 0, 0)
	r.engine.FillObservations("front", enforcement.MaxObserved)
	c.stats.Cell(0, 1).Add(page.Permitted)
	c.stats.Cell(1, 0).AddN(page.Permitted, 4)
	r.wantCalls(2, 0, 0)
	if o := r.engine.State().Observation; o.GetOmitted() != 4 || r.observed("b", "a") != nil {
		t.Errorf("%d calls were omitted", o.GetOmitted())
	}
}

// TestObservationsAreShared holds that a process that fills the room for pairs keeps those of
// others out no longer than until they come, and that what it loses for them is counted.
func TestObservationsAreShared(t *testing.T) {
	r := start(t)
	r.commit(viewtest.Service("hostile", "a", os.Getuid())...)
	r.engine.FillObservations("hostile", enforcement.MaxObserved)
	c := r.joinReady(vault("read"))
	c.stats.Cell(0, 1).Add(page.Permitted)
	c.stats.Cell(1, 0).AddN(page.Permitted, 4)
	r.wantCalls(1, 0, 0)
	o := r.engine.State().Observation
	if back := r.observed("b", "a"); back.GetPermitted() != 4 || o.GetOmitted() != 2*2 || len(o.Transition) != enforcement.MaxObserved {
		t.Errorf("observed are %+v and %d pairs in all, omitted %d calls", back, len(o.Transition), o.GetOmitted())
	}
	r.engine.ResetObservations([]string{"x"})
	if n := len(r.engine.State().Observation.Transition); n != 2 {
		t.Errorf("%d pairs are left, want 2", n)
	}
	r.engine.FillObservations("hostile", enforcement.MaxObserved)
	if n := len(r.engine.State().Observation.Transition); n != enforcement.MaxObserved {
		t.Errorf("%d pairs are observed", n)
	}
}
