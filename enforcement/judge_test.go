package enforcement_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	waveguard "github.com/optical-net/waveguard/sdk/go"

	"github.com/optical-net/waveguard/enforcement/page"
	"github.com/optical-net/waveguard/enforcement/policy"
	"github.com/optical-net/waveguard/gen/view/viewtest"
	"github.com/optical-net/waveguard/yang/tree"
)

// reasons are what gates say of the calls that they refuse.
var reasons = map[page.Counter]waveguard.Reason{
	page.OutOfServiceCalls: waveguard.ReasonOutOfService, page.Denied: waveguard.ReasonTransition,
	page.OperationDenied: waveguard.ReasonOperation, page.RateLimited: waveguard.ReasonRate,
}

// randomPolicy changes the states of a and b, and what lies between them.
func randomPolicy(random *rand.Rand) []string {
	one := func(of ...string) string { return of[random.IntN(len(of))] }
	at := viewtest.Entry("transition", "a", "b")
	lines := []string{
		viewtest.Entry("domain", "a") + "/config/administrative-state = " + one("IN_SERVICE", "IN_SERVICE", "OUT_OF_SERVICE"),
		viewtest.Entry("domain", "b") + "/config/administrative-state = " + one("IN_SERVICE", "IN_SERVICE", "OUT_OF_SERVICE"),
		viewtest.Entry("domain", "a") + "/config/enforcement-mode = " + one("ENFORCING", "PERMISSIVE"),
		viewtest.Entry("domain", "b") + "/config/enforcement-mode = " + one("ENFORCING", "PERMISSIVE"),
		viewtest.Entry("domain", "b") + "/config/constant-time-checks = " + one("false", "true"),
	}
	if random.IntN(4) == 0 {
		return lines
	}
	lines = append(lines, viewtest.Transition("a", "b", one("PERMIT", "PERMIT", "PERMIT", "DENY"))...)
	lines = append(lines, at+"/config/fast-path = "+one("true", "false"))
	for _, operation := range []string{"read", "write", "unknown"} {
		if random.IntN(3) == 0 {
			lines = append(lines, at+"/config/operation[.='"+operation+"']")
		}
	}
	return lines
}

// judged returns what a policy says of a call of an operation of vault from front.
func judged(t *testing.T, config *tree.Tree, operation int) (page.Verdict, page.Rule) {
	t.Helper()
	c := policy.NewConfig()
	c.Apply(viewtest.Delta(t, tree.New(viewtest.Set(t)), config))
	hosted := []policy.Hosted{{Domain: "a"}, {Domain: "b", Operations: []string{"read", "write"}}}
	v := policy.Compile(c.Reader(), hosted).Verdict(0, 1)
	return v, v.Broken(page.Call{Operation: operation})
}

// TestGatesDoAsJudged holds the gates of the Go SDK to [page.Verdict.Broken], which
// simulation goes by, under random policies.
func TestGatesDoAsJudged(t *testing.T) {
	r := start(t)
	w := r.attach()
	random := rand.New(rand.NewPCG(12, 5))
	seen := map[string]bool{}
	for range 300 {
		r.commitTree(viewtest.Edit(t, node(t), "- transitions"))
		r.commit(randomPolicy(random)...)
		for i, operation := range []string{"read", "write"} {
			v, broken := judged(t, r.config, i)
			err := w.call(operation, 1)
			denied := (*waveguard.Denied)(nil)
			switch refused := errors.As(err, &denied); {
			case err != nil && !refused:
				t.Fatal(err)
			case refused == v.Lets(broken), refused && denied.Reason != reasons[broken.Counter()]:
				t.Fatalf("%s: the gate says %v, judged was rule %d of %+v", operation, err, broken, v)
			}
			seen[fmt.Sprint(broken, v.Permissive)] = true
		}
	}
	if len(seen) < 8 {
		t.Errorf("only these rules were broken, by permissive sources or others: %v", seen)
	}
}
