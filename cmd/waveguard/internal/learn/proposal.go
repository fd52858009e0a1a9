package learn

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view"
	"github.com/optical-net/waveguard/yang/tree"
)

// Options say what to learn.
type Options struct {
	Domains  []string  // whose calls to learn from; none: every domain's
	Since    time.Time // leave out pairs that made no call since; zero: none
	Limits   bool      // propose limits of rate and dwell time
	Headroom float64   // factor by which those exceed what was observed, 1 or more
	Refused  bool      // grant what was refused, too
	Prune    bool      // remove transitions that were not used
	Enforce  bool      // end permissive modes
}

// Proposal is a policy that permits what was observed and no more.
type Proposal struct {
	Policy *tree.Tree
	Notes  []string // what somebody who reviews it should know
}

// The ranges of the limits of a transition in mpk-security.
const (
	maxRate  = 1_000_000
	maxDwell = 60_000_000
)

// Propose returns what an observation makes of the policy that is running. The
// error is about models that do not fit, or domains that do not exist.
func Propose(running *tree.Tree, o *Observation, opt Options) (*Proposal, error) {
	c, err := read(running)
	if err != nil {
		return nil, err
	}
	if err := c.check(opt.Domains); err != nil {
		return nil, err
	}
	l := &learner{
		policy: c, opt: opt, used: map[view.TransitionKey]bool{}, callers: map[string]bool{},
		edit: &editor{Editor: running.Edit(), set: running.Schema()},
	}
	for i := range o.Pairs {
		l.observe(&o.Pairs[i])
	}
	l.unused()
	l.modes()
	if o.Omitted > 0 {
		l.note("%d calls were not observed, because pairs of domains found no room", o.Omitted)
	}
	if l.edit.err != nil {
		return nil, l.edit.err
	}
	return &Proposal{l.edit.Tree(), l.notes}, nil
}

// learner is one run of Propose.
type learner struct {
	policy  *configuration
	opt     Options
	edit    *editor
	used    map[view.TransitionKey]bool
	callers map[string]bool // domains that made calls which count
	notes   []string
}

func (l *learner) note(format string, args ...any) {
	l.notes = append(l.notes, fmt.Sprintf(format, args...))
}

func (l *learner) concerns(source string) bool {
	return len(l.opt.Domains) == 0 || slices.Contains(l.opt.Domains, source)
}

// observe takes in one pair.
func (l *learner) observe(p *Pair) {
	k := view.TransitionKey{Source: p.Source, Target: p.Target}
	t := l.policy.Transitions[k]
	switch {
	case !l.concerns(p.Source), p.Passed()+p.Denied == 0, !l.opt.Since.IsZero() && p.Last.Before(l.opt.Since):
		return
	case l.policy.Domains[p.Source] == nil || l.policy.Domains[p.Target] == nil:
		return // removed since
	}
	if p.Passed() > 0 || l.opt.Refused && p.Denied > 0 {
		l.used[k], l.callers[p.Source] = true, true
	}
	if !l.grantable(p, t) {
		return
	}
	operations := l.operations(p, t)
	if len(operations) == 0 {
		return
	}
	if t == nil {
		l.edit.create(k)
	}
	l.edit.operations(k, t.GetOperation(), operations)
	l.limits(k, p, t)
}

// grantable says whether the calls of a pair are to be permitted. What was refused
// is not, unless that is asked for, nor what an entry denies.
func (l *learner) grantable(p *Pair, t *gen.MpkSecurity_Transition) bool {
	switch {
	case t != nil && !permits(t):
		if p.Tolerated > 0 {
			l.note("%s -> %s is denied by an entry of its own, which stays (calls tolerated: %d)", p.Source, p.Target, p.Tolerated)
		}
		return false
	case p.Tolerated > 0 || l.opt.Refused:
		return true
	case t == nil && p.Permitted > 0:
		l.note("%s -> %s has no entry any more (calls permitted before: %d)", p.Source, p.Target, p.Permitted)
		return false
	case p.Passed() == 0:
		l.note("%s -> %s stays refused, as no call passed (calls refused: %d; --include-refused grants them)", p.Source, p.Target, p.Denied)
		return false
	}
	return true
}

// operations returns those to list; none to leave the entry as it is. An entry
// without a list permits all there are, so that an empty one is never proposed.
func (l *learner) operations(p *Pair, t *gen.MpkSecurity_Transition) []string {
	if p.MoreOperations || len(p.Operations) == 0 {
		l.note("%s -> %s is left as it is: not all of its operations are known by name", p.Source, p.Target)
		return nil
	}
	if t == nil || len(t.Operation) == 0 {
		l.doubt(p, p.Operations)
		return p.Operations
	}
	var granted, extra []string
	for _, name := range p.Operations {
		if slices.Contains(t.Operation, name) {
			granted = append(granted, name)
		} else {
			extra = append(extra, name)
		}
	}
	switch {
	case len(extra) == 0:
	case p.Tolerated > 0 || l.opt.Refused:
		l.doubt(p, extra)
		granted = append(granted, extra...)
	default:
		l.note("%s -> %s stays refused for %s (--include-refused grants it)", p.Source, p.Target, strings.Join(extra, ", "))
	}
	if len(granted) == 0 {
		l.note("%s -> %s is left as it is: none of the operations it permits was seen", p.Source, p.Target)
	}
	return granted
}

// doubt says where tolerated and refused calls cannot be told apart.
func (l *learner) doubt(p *Pair, operations []string) {
	if p.Denied > 0 && !l.opt.Refused {
		l.note("%s -> %s: calls were refused, too (%d), and which of %s were theirs is not known; \"waveguard learn --reset\" observes anew",
			p.Source, p.Target, p.Denied, strings.Join(operations, ", "))
	}
}

// limits proposes limits, or says where the ones there are were exceeded.
func (l *learner) limits(k view.TransitionKey, p *Pair, t *gen.MpkSecurity_Transition) {
	if average := p.average(); l.opt.Limits && p.PeakRate > 0 && average > float64(p.PeakRate) {
		l.note("%s -> %s: no max-rate is proposed, as %.0f calls/s on average are more than the %d that were measured: of some calls, or in one process of several (\"waveguard learn --reset\" observes anew)",
			p.Source, p.Target, math.Ceil(average), p.PeakRate)
	} else {
		l.limit(k, p, measured{"max-rate", "calls/s", p.PeakRate, uint64(t.GetMaxRate()), maxRate})
	}
	l.limit(k, p, measured{"max-dwell-time", "us", uint64(p.Longest / time.Microsecond), uint64(t.GetMaxDwellTime()), maxDwell})
}

// measured is what was measured that a leaf limits.
type measured struct {
	leaf, unit string
	seen       uint64 // in calls that were refused, too
	limit      uint64 // 0: none
	most       uint64 // that a limit can be
}

// limit deals with one limit, which becomes wider only for calls that are granted.
func (l *learner) limit(k view.TransitionKey, p *Pair, m measured) {
	exceeded := m.limit > 0 && m.seen > m.limit
	room := math.Ceil(float64(m.seen) * l.opt.Headroom)
	if m.limit > 0 && !exceeded {
		room = min(room, float64(m.limit))
	}
	switch {
	case !l.opt.Limits && exceeded:
		l.note("%s -> %s: %d %s were seen, %s is %d (--include-limits proposes another)", p.Source, p.Target, m.seen, m.unit, m.leaf, m.limit)
	case !l.opt.Limits:
	case m.seen == 0:
		l.note("%s -> %s: no %s is proposed, as nothing was measured", p.Source, p.Target, m.leaf)
	case exceeded && p.Tolerated == 0 && !l.opt.Refused:
		l.note("%s -> %s: %s stays %d, though %d %s were seen (--include-refused grants them)", p.Source, p.Target, m.leaf, m.limit, m.seen, m.unit)
	case room > float64(m.most):
		l.note("%s -> %s: no %s is proposed, as %d %s were seen", p.Source, p.Target, m.leaf, m.seen, m.unit)
	default:
		l.edit.limit(k, m.leaf, uint64(room))
	}
}

// unused takes away, or names, what was not used. Of a domain that made no call
// nothing was learned.
func (l *learner) unused() {
	var idle []string
	silent := map[string]int{}
	for _, k := range l.policy.transitions() {
		switch {
		case !permits(l.policy.Transitions[k]), !l.concerns(k.Source), l.used[k]:
		case !l.callers[k.Source]:
			silent[k.Source]++
		case l.opt.Prune:
			l.edit.remove(l.edit.transition(k, ""))
		default:
			idle = append(idle, k.Source+" -> "+k.Target)
		}
	}
	if len(idle) > 0 {
		l.note("not used, and left (--prune removes): %s", few(idle))
	}
	for _, source := range slices.Sorted(maps.Keys(silent)) {
		l.note("%s made no call, so its %s left alone", source, text.Counted(silent[source], "transition")+isOrAre(silent[source]))
	}
}

// modes ends permissive modes, or names them.
func (l *learner) modes() {
	var left []string
	for _, name := range l.policy.domains() {
		switch {
		case !l.policy.permissive(name) || !l.concerns(name):
		case l.opt.Enforce:
			l.edit.setLeaf(l.edit.at("domains", "domain", []string{name}, "enforcement-mode"), "ENFORCING")
		default:
			left = append(left, name)
		}
	}
	if len(left) > 0 {
		l.note("still permissive (--enforce ends it): %s", few(left))
	}
}

func isOrAre(n int) string {
	if n == 1 {
		return " is"
	}
	return " are"
}

// few names things, but not too many.
func few(names []string) string {
	const most = 10
	if n := len(names) - most; n > 0 {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", n)
	}
	return strings.Join(names, ", ")
}
