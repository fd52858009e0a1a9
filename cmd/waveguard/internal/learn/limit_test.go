package learn_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/learn"
	"github.com/optical-net/waveguard/gen/view"
	"github.com/optical-net/waveguard/gen/view/viewtest"
	"github.com/optical-net/waveguard/yang/tree"
)

// TestLimitsThatAreThere: a limit becomes wider only for calls that were tolerated, or
// if what was refused is granted. A gate measures calls that it refuses, too.
func TestLimitsThatAreThere(t *testing.T) {
	const rate, dwell = 100, 1000
	entry := viewtest.Entry("transition", "a", "b") + "/config/"
	policy := viewtest.Config(t, append(append(viewtest.Domain("a", 1), viewtest.Domain("b", 2)...), append(viewtest.Transition("a", "b", "PERMIT"),
		entry+"operation[.='read']", fmt.Sprintf("%smax-rate = %d", entry, rate), fmt.Sprintf("%smax-dwell-time = %d", entry, dwell))...)...)
	for name, test := range map[string]struct {
		seen        uint64 // calls a second, and ten times as many microseconds
		tolerated   bool
		refused     bool // is granted
		limit       uint64
		wantRefused bool // is noted
	}{
		"far from it":         {seen: 10, limit: 20},
		"near it":             {seen: 90, limit: rate},
		"beyond it":           {seen: 5000, limit: rate, wantRefused: true},
		"beyond it, granted":  {seen: 5000, refused: true, limit: 10000},
		"beyond it, forgiven": {seen: 5000, tolerated: true, limit: 10000},
	} {
		t.Run(name, func(t *testing.T) {
			pair := learn.Pair{
				Source: "a", Target: "b", Operations: []string{"read"}, Permitted: 100,
				PeakRate: test.seen, Longest: time.Duration(test.seen) * dwell / rate * time.Microsecond,
			}
			if test.tolerated {
				pair.Tolerated = 1
			}
			p, err := learn.Propose(policy, &learn.Observation{Pairs: []learn.Pair{pair}}, learn.Options{Limits: true, Headroom: 2, Refused: test.refused})
			if err != nil {
				t.Fatal(err)
			}
			if got := limitsOf(t, p.Policy); got != [2]uint64{test.limit, test.limit * dwell / rate} {
				t.Errorf("the limits are %d; noted is %q", got, p.Notes)
			}
			if said := strings.Join(p.Notes, "\n"); strings.Count(said, "stays") != map[bool]int{true: 2}[test.wantRefused] {
				t.Errorf("noted is %q", said)
			}
		})
	}
}

// TestRatesThatWereHardlyMeasured: what was measured for a moment is no limit for what
// went on all the time.
func TestRatesThatWereHardlyMeasured(t *testing.T) {
	policy := viewtest.Config(t, append(append(viewtest.Domain("a", 1), viewtest.Domain("b", 2)...), viewtest.Transition("a", "b", "PERMIT")...)...)
	begin := time.Unix(1, 0)
	pair := learn.Pair{
		Source: "a", Target: "b", Operations: []string{"read"}, Permitted: 400, PeakRate: 1, Longest: time.Millisecond,
		First: begin, Last: begin.Add(100 * time.Second),
	}
	p, err := learn.Propose(policy, &learn.Observation{Pairs: []learn.Pair{pair}}, learn.Options{Limits: true, Headroom: 2})
	if err != nil {
		t.Fatal(err)
	}
	if got := limitsOf(t, p.Policy); got != [2]uint64{0, 2000} || !strings.Contains(strings.Join(p.Notes, "\n"), "4 calls/s on average") {
		t.Errorf("the limits are %d; noted is %q", got, p.Notes)
	}
}

// limitsOf returns the rate and the time, in microseconds, of the entry from a to b.
func limitsOf(t *testing.T, policy *tree.Tree) [2]uint64 {
	t.Helper()
	d := viewtest.Delta(t, tree.New(policy.Schema()), policy)
	b := d.Transitions[view.TransitionKey{Source: "a", Target: "b"}]
	return [2]uint64{uint64(b.GetMaxRate()), uint64(b.GetMaxDwellTime())}
}
