package page

import "time"

// Rule is what a gate holds calls to. A call that breaks several is counted and
// reported for the first.
type Rule int

// The rules, in the order in which a gate asks.
const (
	NoRule         Rule = iota // the call breaks none
	SourceRule                 // the source must be in a state that calls may leave
	TargetRule                 // the target must be in a state that calls may enter
	TransitionRule             // there must be an entry that permits
	OperationRule              // the entry must name the operation
	RateRule                   // calls may not come faster than the entry says
	DwellRule                  // a call may not stay for longer than the entry says
)

// Call is a call that may be judged, or the worst of many that are alike.
type Call struct {
	Operation int           // place among those of the target, below MaxOperations
	Rate      uint64        // calls a second; 0 is not known
	Dwell     time.Duration // how long it stays; 0 is not known
}

// Broken returns the first rule that a call breaks. Gates measure the rate as
// the generic cell rate algorithm does, which lets a tenth of a second's worth
// come at once: a rate over MaxRate breaks the rule, one below it can if the
// calls come in bursts.
func (v Verdict) Broken(c Call) Rule {
	switch e := v.Entry; {
	case !v.Source.Leavable():
		return SourceRule
	case !v.Target.Enterable():
		return TargetRule
	case e.Flags&Permit == 0:
		return TransitionRule
	case e.Operations>>c.Operation&1 == 0:
		return OperationRule
	case e.MaxRate != 0 && c.Rate > uint64(e.MaxRate):
		return RateRule
	case e.MaxDwell != 0 && c.Dwell > time.Duration(e.MaxDwell)*time.Microsecond:
		return DwellRule
	}
	return NoRule
}

// Lets says whether a gate lets a call pass that breaks a rule: it may stay too
// long, which is known only then, and a permissive source is forgiven what policy
// says of its transitions.
func (v Verdict) Lets(broken Rule) bool {
	switch broken {
	case NoRule, DwellRule:
		return true
	case TransitionRule, OperationRule, RateRule:
		return v.Permissive
	}
	return false
}

// Counter returns what counts the calls that break a rule, or none.
func (r Rule) Counter() Counter {
	switch r {
	case SourceRule, TargetRule:
		return OutOfServiceCalls
	case TransitionRule:
		return Denied
	case OperationRule:
		return OperationDenied
	case RateRule:
		return RateLimited
	case DwellRule:
		return DwellExceeded
	}
	return Permitted
}

// Verdict returns what a reader of a page with the table finds of calls of one
// domain into another; the zero Verdict, which refuses, for others than are in it.
func (t Table) Verdict(source, target int) Verdict {
	if source < 0 || source >= len(t) || target < 0 || target >= len(t) {
		return Verdict{}
	}
	v := Verdict{
		Source: t[source].State, Target: t[target].State,
		Permissive: t[source].Wall.Manner&Permissive != 0, Wall: t[target].Wall,
	}
	for _, e := range t[source].Entries {
		if e.Target == target {
			v.Entry = e
		}
	}
	return v
}
