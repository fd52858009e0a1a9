package learn_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/learn"
	"github.com/optical-net/waveguard/gen/view/viewtest"
)

// TestExplanationsAgreeWithJudgements holds that a call is explained as it is judged,
// that exactly one step decides, and that what decides stands where it is said to.
func TestExplanationsAgreeWithJudgements(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 4))
	seen := map[learn.Outcome]int{}
	for round := range 60 {
		w := invent(t, random, []string{"PERMISSIVE", "ENFORCING"}[round%2])
		if round%3 == 0 {
			w.policy = viewtest.Edit(t, w.policy, viewtest.Entry("domain", "b")+"/config/administrative-state = OUT_OF_SERVICE")
		}
		all, err := learn.Judge(w.policy, w.policy, everything(), false)
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range all {
			e, err := learn.Explain(w.policy, j.Source, j.Target, j.Operation)
			if err != nil {
				t.Fatal(err)
			}
			if e.Outcome != j.Outcome {
				t.Fatalf("%+v is explained as %s", j, e.Outcome)
			}
			decides(t, e, j)
			seen[e.Outcome]++
		}
	}
	if seen[learn.Passes] == 0 || seen[learn.Refused] == 0 || seen[learn.Tolerated] == 0 {
		t.Errorf("explained were %v", seen)
	}
}

func decides(t *testing.T, e *learn.Explanation, j learn.Judgement) {
	t.Helper()
	decided := 0
	for _, step := range e.Steps {
		path := strings.Replace(step.Path, "/mpk-security/", "/mpk-security:mpk-security/", 1)
		if step.Rule == "operation" {
			path += "[.='read']" // it is a list
		}
		if _, err := viewtest.Set(t).ParsePath(path); err != nil {
			t.Fatalf("step %s: %v", step.Rule, err)
		}
		if step.Answer != learn.No && step.Answer != learn.Forgiven {
			continue
		}
		decided++
		if step.Rule != j.Rule || step.Path != j.Path || step.Change == "" {
			t.Fatalf("%+v is decided by %+v", j, step)
		}
	}
	if want := map[bool]int{true: 0, false: 1}[e.Outcome == learn.Passes]; decided != want {
		t.Fatalf("%d steps of %+v decide", decided, e)
	}
}

// TestExplainedWithoutOperation holds that a call is explained for what is permitted,
// if anything is.
func TestExplainedWithoutOperation(t *testing.T) {
	at := viewtest.Entry("transition", "a", "b")
	lines := append(append(viewtest.Domain("a", 1), viewtest.Domain("b", 2)...), viewtest.Transition("a", "b", "PERMIT")...)
	for operation, want := range map[string]learn.Outcome{"": learn.Passes, "read": learn.Passes, "write": learn.Refused} {
		e, err := learn.Explain(viewtest.Config(t, append(lines, at+"/config/operation[.='read']")...), "a", "b", operation)
		if err != nil || e.Outcome != want {
			t.Errorf("operation %q: %+v, %v", operation, e, err)
		}
	}
}
