package learn_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/learn"
	"github.com/optical-net/waveguard/gen/view/viewtest"
	"github.com/optical-net/waveguard/yang/tree"
)

var (
	domains    = []string{"a", "b", "c", "d"}
	operations = []string{"read", "write", "erase"}
)

// world is a random policy and what was observed under it.
type world struct {
	policy *tree.Tree
	seen   *learn.Observation
	denied map[string]bool // pairs that an entry denies
}

func key(source, target string) string { return source + " " + target }

func some(random *rand.Rand, of []string) (some []string) {
	for _, s := range of {
		if random.IntN(2) == 0 {
			some = append(some, s)
		}
	}
	return some
}

// invent makes a world in which domains are permissive, as modes says.
func invent(t *testing.T, random *rand.Rand, mode string) world {
	t.Helper()
	w := world{seen: &learn.Observation{}, denied: map[string]bool{}}
	var lines []string
	for i, name := range domains {
		lines = append(lines, viewtest.Domain(name, i+1)...)
		lines = append(lines, viewtest.Entry("domain", name)+"/config/enforcement-mode = "+mode)
	}
	for _, source := range domains {
		for _, target := range domains {
			if source == target {
				continue
			}
			if random.IntN(2) == 0 {
				action := []string{"PERMIT", "PERMIT", "PERMIT", "DENY"}[random.IntN(4)]
				w.denied[key(source, target)] = action == "DENY"
				lines = append(lines, viewtest.Transition(source, target, action)...)
				for _, name := range some(random, operations) {
					lines = append(lines, fmt.Sprintf("%s/config/operation[.='%s']", viewtest.Entry("transition", source, target), name))
				}
			}
			if random.IntN(2) == 0 {
				p := learn.Pair{
					Source: source, Target: target, Operations: some(random, operations),
					Permitted: random.Uint64N(3), Tolerated: random.Uint64N(3), Last: time.Unix(random.Int64N(100), 0),
					PeakRate: random.Uint64N(3) * 400_000, Longest: time.Duration(random.IntN(3)) * 25 * time.Second,
				}
				if mode == "ENFORCING" {
					p.Denied, p.Tolerated = p.Tolerated, 0
				}
				w.seen.Pairs = append(w.seen.Pairs, p)
			}
		}
	}
	w.policy = viewtest.Config(t, lines...)
	return w
}

func (w *world) learn(t *testing.T, o learn.Options) *learn.Proposal {
	t.Helper()
	o.Headroom = max(o.Headroom, 1)
	p, err := learn.Propose(w.policy, w.seen, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// everything is one call of each operation between all domains.
func everything() *learn.Observation {
	o := &learn.Observation{}
	for _, source := range domains {
		for _, target := range domains {
			if source != target {
				o.Pairs = append(o.Pairs, learn.Pair{Source: source, Target: target, Permitted: 1, Operations: operations})
			}
		}
	}
	return o
}

// passing returns the calls that a policy lets pass when nobody is permissive.
func passing(t *testing.T, policy *tree.Tree, o *learn.Observation) map[string]bool {
	t.Helper()
	all, err := learn.Judge(policy, policy, o, true)
	if err != nil {
		t.Fatal(err)
	}
	passes := map[string]bool{}
	for _, j := range all {
		passes[key(j.Source, j.Target)+" "+j.Operation] = j.Outcome == learn.Passes
	}
	return passes
}

// TestLearnedPolicyLosesNothing holds that what a permissive domain did still passes
// when it is permissive no longer, unless an entry denies it or it has no name, with
// limits proposed and without.
func TestLearnedPolicyLosesNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	judged := 0
	for round := range 300 {
		w := invent(t, random, "PERMISSIVE")
		p := w.learn(t, learn.Options{Limits: round%2 == 0, Headroom: 1.5, Prune: round%3 == 0, Enforce: true})
		all, err := learn.Judge(w.policy, p.Policy, w.seen, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range all {
			pair := w.seen.Find(j.Source, j.Target)
			if pair.Tolerated == 0 || j.Operation == "" || w.denied[key(j.Source, j.Target)] {
				continue
			}
			if judged++; j.Outcome != learn.Passes {
				t.Fatalf("of %+v the learned policy makes %+v", pair, j)
			}
		}
	}
	if judged < 500 {
		t.Errorf("only %d calls were judged", judged)
	}
}

// TestLearnedPolicyIsTheLeast holds that a learned policy permits nothing that
// neither was permitted before nor seen to pass, of what was used no operation that
// was not seen, and with Prune no transition of a caller that was not used.
func TestLearnedPolicyIsTheLeast(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	for round := range 300 {
		mode := []string{"PERMISSIVE", "ENFORCING"}[round%2]
		w := invent(t, random, mode)
		before := passing(t, w.policy, everything())
		after := passing(t, w.learn(t, learn.Options{Prune: true}).Policy, everything())
		called := map[string]bool{}
		for _, p := range w.seen.Pairs {
			called[p.Source] = called[p.Source] || p.Passed() > 0
		}
		for call, passes := range after {
			var source, target, operation string
			fmt.Sscan(call, &source, &target, &operation)
			pair := w.seen.Find(source, target)
			used := pair != nil && pair.Passed() > 0
			seen := used && slices.Contains(pair.Operations, operation)
			switch {
			case !passes:
			case !before[call] && (!seen || pair.Tolerated == 0):
				t.Fatalf("%s: %s is permitted anew, of %+v", mode, call, pair)
			case used && !seen && len(pair.Operations) > 0 && len(w.between(t, source, target, pair.Operations)) > 0:
				t.Fatalf("%s: %s is still permitted, of %+v", mode, call, pair)
			case !used && called[source]:
				t.Fatalf("%s: %s is still permitted, but was not used", mode, call)
			}
		}
	}
}

// between returns which of the operations the policy permits, or would if it was
// learned.
func (w *world) between(t *testing.T, source, target string, of []string) (permitted []string) {
	t.Helper()
	passes := passing(t, w.policy, everything())
	pair := w.seen.Find(source, target)
	for _, name := range of {
		if passes[key(source, target)+" "+name] || pair.Tolerated > 0 {
			permitted = append(permitted, name)
		}
	}
	return permitted
}

// TestLearnedOnceIsLearned holds that there is nothing left to learn afterwards.
func TestLearnedOnceIsLearned(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	changed := 0
	for round := range 200 {
		w := invent(t, random, []string{"PERMISSIVE", "ENFORCING"}[round%2])
		o := learn.Options{Limits: round%3 == 0, Prune: round%5 == 0, Enforce: round%7 == 0, Refused: round%11 == 0}
		p := w.learn(t, o)
		changed += len(tree.Diff(w.policy, p.Policy))
		again := world{policy: p.Policy, seen: w.seen}
		if d := tree.Diff(p.Policy, again.learn(t, o).Policy); len(d) > 0 {
			t.Fatalf("with %+v: %s is learned the second time", o, d[0].Path)
		}
	}
	if changed < 500 {
		t.Errorf("only %d nodes were changed", changed)
	}
}
