package waveguard

import (
	"math"
	"math/bits"
	"time"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/page"
)

// rule is one that a call can break: where that is counted, and what it is called.
type rule struct {
	counter page.Counter
	reason  Reason
}

// The rules, the first that is broken being the one that counts. The first is never
// waived.
var rules = [...]rule{
	{page.OutOfServiceCalls, ReasonOutOfService},
	{page.Denied, ReasonTransition},
	{page.OperationDenied, ReasonOperation},
	{page.RateLimited, ReasonRate},
}

const (
	ruleService = iota
	ruleTransition
	ruleOperation
	ruleRate
	noRule = len(rules) // all are kept
)

// broken returns the rules that a call of an operation breaks, as bits: all but that of
// the rate. It applies each of them, whichever is broken: the work is the same.
func broken(p *page.Verdict, bit int) (found uint) {
	return one(!p.Source.Leavable())<<ruleService | one(!p.Target.Enterable())<<ruleService |
		one(p.Entry.Flags&page.Permit == 0)<<ruleTransition |
		one(p.Entry.Operations>>bit&1 == 0)<<ruleOperation
}

func one(b bool) (bit uint) {
	if b {
		bit = 1
	}
	return bit
}

// overRate reports, as a bit, whether a call comes too soon, by the same steps whether
// there is a limit or not. It is charged if it breaks no other rule.
func (t *Thread) overRate(g *Gate, rate uint32, found uint) uint {
	limited := one(rate != 0)
	allowed := rate | uint32(1-limited)*math.MaxUint32
	return limited & one(!t.host.meter(t.current, g.target).admit(t.host.now(), allowed, one(found == 0)))
}

// breaks counts and reports a call that breaks a rule. It returns the refusal, or nil
// if the source is permissive and the call goes on.
func (t *Thread) breaks(r int, g *Gate, v *verdict) error {
	tolerated := v.permissive && r != ruleService
	if tolerated {
		v.cell.Add(page.Tolerated) // first: a reader must not take the call for a refused one
	}
	v.cell.Add(rules[r].counter)
	report := gateReport(rules[r].reason, t.service, t.current, g)
	if tolerated {
		report.Outcome = wire.Tolerated
		t.report(report)
		return nil
	}
	t.report(report)
	return &Denied{Source: t.current.name, Target: g.target.name, Operation: g.String(), Reason: rules[r].reason}
}

// validate is the slow path: it asks the policy page and remembers.
func (t *Thread) validate(v *verdict, g *Gate) error {
	if r := t.ask(v, g); r != noRule {
		*v = verdict{gate: g, cell: v.cell, permissive: v.permissive, delay: v.delay, counted: true}
		if err := t.breaks(r, g, v); err != nil {
			t.delay(v.delay)
			return err
		}
	}
	v.special = v.rate != 0 || v.dwell != 0 || v.permissive || v.delay != 0
	return nil
}

// ask fills a verdict and returns the first rule that a call breaks. Where the target
// wants checks of constant time, the rate is among those rules.
func (t *Thread) ask(v *verdict, g *Gate) (broke int) {
	t.attachment = t.host.refresh(t.attachment)
	t.host.follow(t.attachment)
	source, target := t.current.index, g.target.index
	policy, epoch := t.attachment.policy.Lookup(source, target)
	*v = verdict{
		gate: g, source: t.current, cell: t.attachment.stats.Cell(source, target),
		attachment: t.attachment, live: t.attachment.policy.LiveEpoch(), epoch: epoch,
		rate: policy.Entry.MaxRate, dwell: time.Duration(policy.Entry.MaxDwell) * time.Microsecond,
		permissive: policy.Permissive, delay: policy.Wall.GateDelay,
	}
	even := policy.Wall.Manner&page.ConstantTime != 0
	found := broken(&policy, g.bit)
	v.cell.See(page.Seen{Operations: 1 << g.bit})
	if even {
		found |= t.overRate(g, v.rate, found) << ruleRate
		v.rate = 0 // has been applied
	}
	if even || policy.Entry.Flags&page.FastPath == 0 {
		v.epoch = 0
	}
	return bits.TrailingZeros(found | 1<<noRule)
}

// restrain delays a call, holds it to its rate and observes it: all that most calls
// need not.
func (t *Thread) restrain(v *verdict, g *Gate) error {
	t.delay(v.delay)
	counted := v.counted
	if v.rate != 0 || v.permissive {
		now, m := t.host.now(), t.host.meter(t.current, g.target)
		v.cell.See(page.Seen{Busiest: m.count(now)})
		if v.rate != 0 && !m.admit(now, v.rate, 1) {
			if err := t.breaks(ruleRate, g, v); err != nil {
				return err
			}
			counted = true
		}
	}
	if !counted {
		v.cell.Add(page.Permitted)
	}
	return nil
}
