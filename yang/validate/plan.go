package validate

import (
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/xpath"
)

func (v *Validator) planConstraints(root *schema.Node) {
	v.planDemands(root)
	v.walk(root, func(n *schema.Node) {
		for _, m := range n.Musts {
			v.rules.add(&constraint{at: n, must: m}, n, m.Expr)
		}
		for _, w := range n.Whens {
			v.whens.add(&constraint{at: n, when: w}, w.Context, w.Expr)
		}
		v.planReference(n)
		v.planDemands(n)
	})
}

// planDemands plans what a condition elsewhere can make n demand of its
// children: nodes that must be there, and tuples of values in use.
func (v *Validator) planDemands(n *schema.Node) {
	if p := v.checks[n]; p != nil {
		c := &constraint{at: n}
		for _, kids := range [][]*schema.Node{p.mandatory, p.counted, p.choices, p.implied} {
			for _, k := range kids {
				v.rules.addConditions(c, n, k)
			}
		}
	}
	for _, k := range n.DataChildren {
		for _, tags := range k.Unique {
			if v.sees(tags[0]) && conditional(k, tags) {
				v.planUnique(&uniqueRule{list: k, tags: tags})
			}
		}
	}
}

// planUnique plans a unique statement that has to do with defaults that are not
// always in use: no index could follow them.
func (v *Validator) planUnique(u *uniqueRule) {
	c := &constraint{at: u.list.DataParent, unique: u}
	v.rules.add(c, c.at)
	for _, tag := range u.tags {
		reached := nodeSet{u.list: true}
		for _, n := range chain(u.list, tag) {
			reached[n] = true
		}
		v.rules.register(c, c.at, reached)
	}
}

// add registers c, whose expressions are evaluated at context.
func (p *constraintPlan) add(c *constraint, context *schema.Node, exprs ...*xpath.Expr) {
	for n := c.at; n != nil; n = n.DataParent {
		enter(p.own, n, newAffection(c, n))
	}
	enter(p.on, c.at, newAffection(c, c.at))
	for n := c.at; n.Kind != schema.Root; n = n.DataParent {
		p.addConditions(c, c.at, n)
	}
	for _, expr := range exprs {
		for _, d := range expr.Deps() {
			p.addDep(c, c.at, context, d)
		}
	}
}

// addDep registers that c depends on the path d from context, which is the same
// instance or below the same instance of within.
func (p *constraintPlan) addDep(c *constraint, within, context *schema.Node, d xpath.Dep) {
	reached, anchor, ok := resolveDep(p.set, context, d)
	if !ok {
		p.anything = append(p.anything, newAffection(c, p.set.Root))
		return
	}
	p.register(c, commonAnchor(anchor, within), reached)
}

// register has changes of the nodes reached affect c below their common anchor.
func (p *constraintPlan) register(c *constraint, anchor *schema.Node, reached nodeSet) {
	a := newAffection(c, anchor)
	for n := range reached {
		if has(p.on[n], a) {
			continue
		}
		enter(p.on, n, a)
		for up := n; up != nil; up = up.DataParent {
			if depth(up) > a.depth {
				enter(p.above, up, a)
			}
		}
		p.addConditions(c, anchor, n)
	}
}

// addConditions registers what decides whether n, if it is a default value or
// an implied container, is in use: its conditions, and the other cases of its
// choice.
func (p *constraintPlan) addConditions(c *constraint, within, n *schema.Node) {
	for _, w := range n.Whens {
		for _, d := range w.Expr.Deps() {
			p.addDep(c, within, w.Context, d)
		}
	}
	if others := alternatives(n); len(others) > 0 {
		p.register(c, commonAnchor(n.DataParent, within), others)
	}
}

// alternatives returns the data nodes of the choice that n stands in.
func alternatives(n *schema.Node) nodeSet {
	outer := choiceOf(n)
	if outer == nil {
		return nil
	}
	others := nodeSet{}
	for _, k := range n.DataParent.DataChildren {
		if choiceOf(k) == outer {
			others[k] = true
		}
	}
	return others
}

// choiceOf returns the outermost choice that n stands in, or nil.
func choiceOf(n *schema.Node) (outer *schema.Node) {
	for x := n; x != nil && x != n.DataParent; x = x.Parent {
		if x.Kind == schema.Choice {
			outer = x
		}
	}
	return outer
}

// commonAnchor returns the nearest node that is anchor or above and has n at or below it.
func commonAnchor(anchor, n *schema.Node) *schema.Node {
	for ; anchor.Kind != schema.Root; anchor = anchor.DataParent {
		for x := n; x != nil; x = x.DataParent {
			if x == anchor {
				return anchor
			}
		}
	}
	return anchor
}
