package learn

import (
	"github.com/optical-net/waveguard/enforcement/page"
	"github.com/optical-net/waveguard/gen/view"
	"github.com/optical-net/waveguard/yang/tree"
)

// Judgement is what a policy does with the calls of one operation that were
// observed. Calls are counted by pair of domains: those of its other operations
// are among them.
type Judgement struct {
	Source    string  `json:"source"`
	Target    string  `json:"target"`
	Operation string  `json:"operation,omitempty"` // "" if not known
	Outcome   Outcome `json:"outcome"`
	Rule      string  `json:"rule,omitempty"`   // that is broken
	Path      string  `json:"path,omitempty"`   // of the configuration that decides
	Reason    string  `json:"reason,omitempty"` // in words
	Passed    uint64  `json:"calls-passed"`     // of the pair, when observed
	Denied    uint64  `json:"calls-denied"`     // likewise
	// Lost says that it would be refused and passed when it was observed. Where no
	// call of the pair was tolerated, the operations that the policy which is
	// running refuses did not pass.
	Lost bool `json:"lost"`
}

// Judge says what a policy would do with everything that was observed under the
// one that is running. Where enforcing is asked for, no domain is taken as
// permissive. The error is about models that do not fit.
func Judge(running, configured *tree.Tree, o *Observation, enforcing bool) ([]Judgement, error) {
	now, err := read(running)
	if err != nil {
		return nil, err
	}
	c, err := read(configured)
	if err != nil {
		return nil, err
	}
	all := []Judgement{}
	for i := range o.Pairs {
		p := &o.Pairs[i]
		v := c.verdict(p.Source, p.Target, p.Operations)
		v.Permissive = v.Permissive && !enforcing
		before := now.verdict(p.Source, p.Target, p.Operations)
		for k, name := range p.Operations {
			call := page.Call{Operation: k, Rate: p.PeakRate, Dwell: p.Longest}
			j := c.judge(p, name, v, call)
			j.Lost = j.Outcome == Refused && (p.Tolerated > 0 || p.Permitted > 0 && passed(before, call))
			all = append(all, j)
		}
		if len(p.Operations) == 0 {
			all = append(all, c.judgeUnnamed(p, v))
		}
	}
	return all, nil
}

func (c *configuration) judge(p *Pair, operation string, v page.Verdict, call page.Call) Judgement {
	broken := v.Broken(call)
	return Judgement{
		Source: p.Source, Target: p.Target, Operation: operation, Outcome: outcomeOf(v, broken),
		Rule: rules[broken].name, Path: pathOf(broken, p.Source, p.Target), Reason: c.why(broken, call, p.Source, p.Target),
		Passed: p.Passed(), Denied: p.Denied,
	}
}

// passed says whether some of many calls pass, the worst of which is given.
func passed(v page.Verdict, worst page.Call) bool {
	worst.Rate = 0 // those below the limit pass
	return v.Lets(v.Broken(worst))
}

// judgeUnnamed judges calls of which no operation is known by name.
func (c *configuration) judgeUnnamed(p *Pair, v page.Verdict) Judgement {
	j := c.judge(p, "", v, page.Call{Rate: p.PeakRate, Dwell: p.Longest})
	t := c.Transitions[view.TransitionKey{Source: p.Source, Target: p.Target}]
	if j.Rule == rules[page.OperationRule].name && len(t.GetOperation()) > 0 {
		j.Outcome, j.Reason = Unknown, "it depends on the operation, which was not observed by name"
	}
	j.Lost = j.Outcome == Refused && p.Passed() > 0
	return j
}
