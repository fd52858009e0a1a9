package learn

import (
	"fmt"
	"strings"
	"time"

	"github.com/optical-net/waveguard/enforcement/page"
)

// Outcome is what gates do with a call.
type Outcome string

// The outcomes.
const (
	Passes    Outcome = "PASSES"
	Tolerated Outcome = "TOLERATED" // passes against policy: the source is permissive
	TooLong   Outcome = "TOO_LONG"  // passes, and is a violation for how long it stays
	Refused   Outcome = "REFUSED"
	Unknown   Outcome = "UNKNOWN" // depends on an operation whose name is not known
)

// outcomeOf is the outcome of a call that breaks a rule, or none.
func outcomeOf(v page.Verdict, broken page.Rule) Outcome {
	switch {
	case broken == page.NoRule:
		return Passes
	case broken == page.DwellRule:
		return TooLong
	case v.Lets(broken):
		return Tolerated
	}
	return Refused
}

// rules are the names of the rules, and where they are configured.
var rules = map[page.Rule]struct{ name, leaf string }{
	page.SourceRule:     {"source-state", "administrative-state"},
	page.TargetRule:     {"target-state", "administrative-state"},
	page.TransitionRule: {"transition", "action"},
	page.OperationRule:  {"operation", "operation"},
	page.RateRule:       {"rate", "max-rate"},
	page.DwellRule:      {"dwell-time", "max-dwell-time"},
}

// pathOf is the configuration that decides by a rule.
func pathOf(r page.Rule, source, target string) string {
	switch r {
	case page.NoRule:
		return ""
	case page.SourceRule:
		return domainPath(source, rules[r].leaf)
	case page.TargetRule:
		return domainPath(target, rules[r].leaf)
	}
	return fmt.Sprintf("/mpk-security/transitions/transition[source='%s'][target='%s']/config/%s", source, target, rules[r].leaf)
}

func domainPath(name, leaf string) string {
	return fmt.Sprintf("/mpk-security/domains/domain[name='%s']/config/%s", name, leaf)
}

// why says why a call breaks a rule, in few words.
func (c *configuration) why(r page.Rule, call page.Call, source, target string) string {
	t := c.reader.Transition(source, target)
	switch r {
	case page.SourceRule, page.TargetRule:
		name := source
		if r == page.TargetRule {
			name = target
		}
		if c.Domains[name] == nil {
			return "domain " + name + " is not configured"
		}
		return "domain " + name + " is out of service"
	case page.TransitionRule:
		if t == nil {
			return "no entry permits it"
		}
		return "an entry denies it"
	case page.OperationRule:
		return "permitted are " + strings.Join(t.Operation, ", ")
	case page.RateRule:
		return fmt.Sprintf("%d calls/s, permitted are %d", call.Rate, t.GetMaxRate())
	case page.DwellRule:
		return fmt.Sprintf("%v inside, permitted are %v", call.Dwell, time.Duration(t.GetMaxDwellTime())*time.Microsecond)
	}
	return ""
}
