package telemetry_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/optical-net/waveguard/gen/view/viewtest"
	"github.com/optical-net/waveguard/telemetry"
	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/tree"
)

const (
	ofSystem     = "system/state/policy-epoch"
	ofDomain     = "domains/domain[name='a']/state/mpk-security-telemetry:counters/entries-permitted"
	ofService    = "services/service[name='s']/state/mpk-security-telemetry:counters/violations"
	ofTransition = "transitions/transition[source='a'][target='b']/state/mpk-security-telemetry:counters/permitted"
)

func collect(t testing.TB, c *telemetry.Collector) {
	t.Helper()
	if err := c.Collect(); err != nil {
		t.Fatal(err)
	}
}

func TestCollectServesState(t *testing.T) {
	s, from := openStore(t, node()...), &source{state: counted(1)}
	c := collector(s, from)
	for _, n := range []string{"1", "2"} {
		collect(t, c)
		for _, path := range []string{ofSystem, ofDomain, ofService, ofTransition} {
			s.want(path, n)
		}
		s.want("services/service[name='s']/state/attached", "true")
		s.want("services/service[name='s']/state/mpk-security-telemetry:last-violation/kind", "mpk-security-types:rate-exceeded")
		s.want("services/service[name='s']/state/code-scan/verdict", "OPEN")
		s.want("services/service[name='s']/state/code-scan/open", n)
		s.want("domains/domain[name='a']/state/operational-state", "IN_SERVICE")
		from.state = counted(2)
	}
	from.state.Service["s"].Attached, from.state.Service["s"].CodeScan = nil, nil
	collect(t, c)
	s.want("services/service[name='s']/state/code-scan/verdict", "")
	s.want("services/service[name='s']/state/attached", "")
}

// TestCollectMakesNoEntries: what enforcement knows of entries that are not
// configured is not shown.
func TestCollectMakesNoEntries(t *testing.T) {
	s := openStore(t, node()...)
	collect(t, collector(s, &source{state: counted(1)}))
	text := string(json.AppendNode(nil, s.Operational().Root(), json.EncodeOptions{}))
	if strings.Contains(text, "ghost") {
		t.Errorf("an entry that is not configured is shown: %s", text)
	}
	if transition := s.Operational().Find(viewtest.Path(t, viewtest.Entry("transition", "b", "a"))); transition != nil {
		t.Error("a transition that is not configured is shown")
	}
	if len(tree.Diff(s.Running(), viewtest.Config(t, node()...))) != 0 {
		t.Error("running has changed")
	}
}

// TestCollectAfterRecreation: an entry that was removed and put back has its
// state again, although nothing was counted since.
func TestCollectAfterRecreation(t *testing.T) {
	s, from := openStore(t, node()...), &source{state: counted(5)}
	c := collector(s, from)
	collect(t, c)
	transition := viewtest.Entry("transition", "a", "b")
	s.remove(transition)
	s.create(viewtest.Transition("a", "b", "DENY")...) // no collection in between
	s.want(ofTransition, "")
	collect(t, c)
	s.want(ofTransition, "5")
	s.remove(transition)
	collect(t, c)
	if s.Operational().Find(viewtest.Path(t, transition)) != nil {
		t.Error("collecting brought a removed entry back")
	}
	s.create(viewtest.Transition("a", "b", "PERMIT")...)
	collect(t, c)
	s.want(ofTransition, "5")
	s.want(ofDomain, "5")
}

// TestCollectTouchesWhatDiffers: nothing new, nothing written.
func TestCollectTouchesWhatDiffers(t *testing.T) {
	s, from := openStore(t, node()...), &source{state: counted(5)}
	c := collector(s, from)
	collect(t, c)
	before := s.Operational()
	from.state = counted(5)
	collect(t, c)
	if s.Operational() != before {
		t.Errorf("changed was %v", tree.Diff(before, s.Operational()))
	}
	from.state.Domain["a"].Counters.EntriesPermitted = new(uint64)
	collect(t, c)
	from.state = counted(5)
	*from.state.Domain["a"].Counters.EntriesPermitted = 6
	before = s.Operational()
	collect(t, c)
	if changes := tree.Diff(before, s.Operational()); len(changes) != 1 || changes[0].Path.Schema().Name != "entries-permitted" {
		t.Errorf("changed were %v", changes)
	}
}

// failing is a store that sometimes refuses state.
type failing struct {
	*store
	err error
}

func (f *failing) UpdateState(change func(*tree.Editor) error) error {
	return f.store.UpdateState(func(e *tree.Editor) error {
		if err := change(e); err != nil {
			return err
		}
		return f.err
	})
}

func TestCollectAfterAFailure(t *testing.T) {
	s, from := openStore(t, node()...), &source{state: counted(1)}
	f := &failing{store: s}
	c := collector(s, from)
	c.Store = f
	collect(t, c)
	from.state, f.err = counted(2), errors.New("no room")
	if err := c.Collect(); !errors.Is(err, f.err) {
		t.Errorf("Collect returned %v", err)
	}
	s.want(ofDomain, "1")
	f.err = nil
	collect(t, c)
	s.want(ofDomain, "2")
}

// slow is a store without entries that takes its time.
type slow struct {
	tree    *tree.Tree
	updates int
}

const updateTime = time.Millisecond

func (s *slow) Running() *tree.Tree { return s.tree }

func (s *slow) UpdateState(func(*tree.Editor) error) error {
	s.updates++
	time.Sleep(updateTime)
	return nil
}

// run runs a collector for a second of the bubble's time, and returns how often
// it collected.
func run(t *testing.T, from *source) int {
	s := &slow{tree: tree.New(viewtest.Set(t))}
	c := &telemetry.Collector{Source: from, Store: s, Schema: viewtest.Set(t), Logger: slog.New(slog.DiscardHandler)}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	c.Run(ctx)
	return s.updates
}

func TestRunCollectsByTheClock(t *testing.T) {
	viewtest.Set(t) // compiled outside of the bubble
	synctest.Test(t, func(t *testing.T) {
		if got := run(t, &source{state: counted(1), rung: make(chan struct{})}); got != 4 {
			t.Errorf("collected %d times in a second, want 4", got)
		}
	})
}

func TestRunCollectsWhenRung(t *testing.T) {
	viewtest.Set(t)
	synctest.Test(t, func(t *testing.T) {
		from := &source{state: counted(1), rung: make(chan struct{}, 1)}
		go func() {
			time.Sleep(100 * time.Millisecond)
			from.rung <- struct{}{}
		}()
		if got := run(t, from); got != 5 {
			t.Errorf("collected %d times in a second with one ring, want 5", got)
		}
	})
}

// TestRunRests: who rings without end does not have the collector to himself.
func TestRunRests(t *testing.T) {
	viewtest.Set(t)
	synctest.Test(t, func(t *testing.T) {
		always := make(chan struct{})
		close(always)
		got := run(t, &source{state: counted(1), rung: always})
		if most := int(time.Second/updateTime)/5 + 1; got > most || got < most/2 {
			t.Errorf("collected %d times in a second, want about %d", got, most)
		}
	})
}
