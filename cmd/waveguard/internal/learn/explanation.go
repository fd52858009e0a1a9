package learn

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/optical-net/waveguard/enforcement/page"
	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/yang/tree"
)

// Explanation is what policy says of a call, step by step.
type Explanation struct {
	Source    string  `json:"source"`
	Target    string  `json:"target"`
	Operation string  `json:"operation,omitempty"` // "" if any that is permitted
	Outcome   Outcome `json:"outcome"`
	Steps     []Step  `json:"steps"`
}

// Step is one question that gates ask.
type Step struct {
	Rule   string `json:"rule"`
	Path   string `json:"path,omitempty"`  // of the configuration that answers
	Value  string `json:"value,omitempty"` // of that, "" where there is none
	Answer Answer `json:"answer"`
	Reason string `json:"reason"`
	Change string `json:"change,omitempty"` // what would let the call pass
}

// Answer is how a step goes.
type Answer string

// The answers.
const (
	Yes      Answer = "YES"
	No       Answer = "NO"
	Forgiven Answer = "FORGIVEN"  // no, but the source is permissive
	Depends  Answer = "DEPENDS"   // on how often or how long, which a gate finds when it happens
	NotAsked Answer = "NOT_ASKED" // a step before has decided
)

// Explain says what a policy does with a call of one domain into another, of the
// operation that is named, or of any. The error is about models that do not fit.
func Explain(configured *tree.Tree, source, target, operation string) (*Explanation, error) {
	e := &Explanation{Source: source, Target: target, Operation: operation, Outcome: Passes}
	c, err := read(configured)
	if err != nil {
		return nil, err
	}
	if source == target {
		e.Steps = []Step{{Rule: "wall", Answer: Yes, Reason: "a call within a domain crosses no wall and needs no entry"}}
		return e, nil
	}
	x := &explainer{Explanation: e, configuration: c, transition: c.reader.Transition(source, target)}
	x.found = c.verdict(source, target, x.named())
	x.broken = x.found.Broken(page.Call{})
	e.Outcome = outcomeOf(x.found, x.broken)
	for r := page.SourceRule; r <= page.DwellRule; r++ {
		e.Steps = append(e.Steps, x.step(r))
	}
	return e, nil
}

type explainer struct {
	*Explanation
	*configuration
	transition *gen.MpkSecurity_Transition // nil: there is none
	found      page.Verdict
	broken     page.Rule
}

// named returns the operation that is judged: the one asked for, or else one that
// is permitted if any is.
func (x *explainer) named() []string {
	switch {
	case x.Operation != "":
		return []string{x.Operation}
	case len(x.transition.GetOperation()) > 0:
		return x.transition.Operation[:1]
	}
	return []string{"any"}
}

func (x *explainer) step(r page.Rule) Step {
	s := Step{Rule: rules[r].name, Path: pathOf(r, x.Source, x.Target), Value: x.value(r), Answer: Yes}
	switch {
	case r < x.broken || x.broken == page.NoRule:
		s.Reason = x.fine(r)
		if (r == page.RateRule || r == page.DwellRule) && s.Value != "" {
			s.Answer = Depends
		}
	case r > x.broken:
		s.Answer, s.Reason = NotAsked, "a step before has decided"
	default:
		s.Answer, s.Reason, s.Change = No, x.why(r, page.Call{}, x.Source, x.Target), x.change(r)
		if x.Outcome == Tolerated {
			s.Answer = Forgiven
			s.Reason += "; it passes, because " + domainPath(x.Source, "enforcement-mode") + " is PERMISSIVE"
		}
	}
	return s
}

// value is what is configured about a rule.
func (x *explainer) value(r page.Rule) string {
	t := x.transition
	switch r {
	case page.SourceRule:
		return x.state(x.Source)
	case page.TargetRule:
		return x.state(x.Target)
	}
	if t == nil {
		return ""
	}
	switch r {
	case page.TransitionRule:
		if permits(t) {
			return "PERMIT"
		}
		return "DENY"
	case page.OperationRule:
		return strings.Join(t.Operation, " ")
	case page.RateRule:
		return limitText(t.GetMaxRate())
	}
	return limitText(t.GetMaxDwellTime())
}

func (x *explainer) state(domain string) string {
	switch d := x.Domains[domain]; {
	case d == nil:
		return ""
	case d.GetAdministrativeState() == gen.MpkSecurityTypes_AdministrativeState_OUT_OF_SERVICE:
		return "OUT_OF_SERVICE"
	}
	return "IN_SERVICE"
}

func limitText(n uint32) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// fine says why nothing stands against a call.
func (x *explainer) fine(r page.Rule) string {
	switch r {
	case page.SourceRule:
		if x.state(x.Source) == "OUT_OF_SERVICE" {
			return "domain " + x.Source + " is out of service, and may finish what it is doing"
		}
		return "domain " + x.Source + " is in service"
	case page.TargetRule:
		return "domain " + x.Target + " is in service"
	case page.TransitionRule:
		return "an entry permits it"
	case page.OperationRule:
		if len(x.transition.Operation) == 0 {
			return "the entry lists no operations, which permits all"
		}
		if x.Operation == "" {
			return "for the operations listed, and no others"
		}
		return "the entry lists it"
	case page.RateRule:
		if n := x.transition.GetMaxRate(); n > 0 {
			return fmt.Sprintf("up to %d calls/s of a process, of which %d may come at once", n, max(1, n/10))
		}
		return "no limit"
	}
	if n := x.transition.GetMaxDwellTime(); n > 0 {
		return fmt.Sprintf("a call that stays for more than %v is a violation", time.Duration(n)*time.Microsecond)
	}
	return "no limit"
}

// change says what would let the call pass.
func (x *explainer) change(r page.Rule) string {
	switch r {
	case page.SourceRule, page.TargetRule:
		name := x.Source
		if r == page.TargetRule {
			name = x.Target
		}
		if x.Domains[name] == nil {
			return fmt.Sprintf("create /mpk-security/domains/domain[name='%s']", name)
		}
		return "set it to IN_SERVICE"
	case page.TransitionRule:
		if x.transition == nil {
			return "create the entry with action PERMIT and the operations that are needed" + asked(x.Operation)
		}
		return "set it to PERMIT: \"waveguard permit " + x.Source + " " + x.Target + "\""
	}
	return "add " + x.Operation + " to the list"
}

func asked(operation string) string {
	if operation == "" {
		return ""
	}
	return ", here " + operation
}

// Find returns what was observed of two domains, nil if nothing was.
func (o *Observation) Find(source, target string) *Pair {
	i := slices.IndexFunc(o.Pairs, func(p Pair) bool { return p.Source == source && p.Target == target })
	if i < 0 {
		return nil
	}
	return &o.Pairs[i]
}
