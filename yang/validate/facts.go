package validate

import (
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/xpath"
)

// factPlan says what a schema node contributes to the index.
type factPlan struct {
	roles   []role
	uniques []*uniqueRule
	// referrals are the references of a leaf, sought those that can lead to it.
	referrals, sought []*referral
	below             bool // some descendant contributes
}

// role is a leaf's part in a leafref group.
type role struct {
	group  *refGroup
	target bool
}

// refGroup gathers the leafrefs that lead from below one anchor to one target.
// Values must agree below the same instance of the anchor.
type refGroup struct {
	id        uint32
	target    *schema.Node
	anchor    *schema.Node
	depth     int // of the anchor, in path steps
	referrers []*schema.Node
	// single says that one instance of the anchor has at most one target and one
	// instance of each referrer, so that looking is cheaper than an index.
	single bool
	// toTarget leads from the anchor to the target.
	toTarget []*schema.Node
}

type uniqueRule struct {
	id   uint32
	list *schema.Node
	tags []*schema.Node
}

type groupKey struct {
	target, anchor *schema.Node
	single         bool
}

func (v *Validator) plan(n *schema.Node) *factPlan {
	p := v.facts[n]
	if p == nil {
		p = &factPlan{}
		v.facts[n] = p
	}
	return p
}

// planFacts builds the leafref groups and unique rules of the schema.
func (v *Validator) planFacts() {
	groups := map[groupKey]*refGroup{}
	id := uint32(0)
	v.walk(v.set.Root, func(n *schema.Node) {
		for _, tags := range n.Unique {
			if !v.sees(tags[0]) || conditional(n, tags) {
				continue
			}
			id++
			v.plan(n).uniques = append(v.plan(n).uniques, &uniqueRule{id, n, tags})
		}
		if n.Type == nil {
			return
		}
		if anchor := leafrefAnchor(n); anchor != nil {
			v.join(groups, n, anchor, &id)
		}
	})
}

// leafrefAnchor returns the anchor of a leafref; nil when n is none that is
// checked by index.
func leafrefAnchor(n *schema.Node) *schema.Node {
	if t := n.Type; t.Base != schema.Leafref || !t.RequireInstance || !indexed(n) {
		return nil
	}
	return topOf(n)
}

// topOf returns the ancestor of a leafref, whose path is simple, from which the
// path leads only downwards.
func topOf(n *schema.Node) *schema.Node {
	dep := n.Type.Path.Deps()[0]
	at := n
	if dep.Absolute {
		for at.Kind != schema.Root {
			at = at.DataParent
		}
		return at
	}
	for _, s := range dep.Steps {
		if s.Axis != xpath.Parent {
			break
		}
		at = at.DataParent
	}
	return at
}

// indexed says that the index can keep a leafref: its path has no predicates,
// and no default values come and go at its ends.
func indexed(n *schema.Node) bool {
	t := n.Type
	return t.Target != nil && simplePath(t) && len(n.Defaults) == 0 && len(t.Target.Defaults) == 0
}

// simplePath says that a leafref's path has steps up, then down, and no predicates.
func simplePath(t *schema.Type) bool {
	deps := t.Path.Deps()
	if len(deps) != 1 || deps[0].Deref {
		return false
	}
	down := deps[0].Absolute
	for _, s := range deps[0].Steps {
		switch {
		case s.Axis == xpath.Parent && !down:
		case s.Axis == xpath.Child:
			down = true
		default:
			return false
		}
	}
	return true
}

func (v *Validator) join(groups map[groupKey]*refGroup, n, anchor *schema.Node, id *uint32) {
	target := n.Type.Target
	key := groupKey{target, anchor, onlyOne(anchor, target) && onlyOne(anchor, n)}
	g := groups[key]
	if g == nil {
		*id++
		g = &refGroup{id: *id, target: target, anchor: anchor, depth: depth(anchor), single: key.single, toTarget: chain(anchor, target)}
		groups[key] = g
		v.plan(target).roles = append(v.plan(target).roles, role{g, true})
	}
	g.referrers = append(g.referrers, n)
	v.plan(n).roles = append(v.plan(n).roles, role{g, false})
}

// onlyOne says that an instance of anchor has at most one instance of n below it.
func onlyOne(anchor, n *schema.Node) bool {
	for _, s := range chain(anchor, n) {
		if s.Kind == schema.List || s.Kind == schema.LeafList {
			return false
		}
	}
	return true
}

// markAbove notes on every ancestor that something below contributes.
func (v *Validator) markAbove() {
	var with []*schema.Node
	for n := range v.facts {
		with = append(with, n)
	}
	for _, n := range with {
		for p := n.DataParent; p != nil; p = p.DataParent {
			v.plan(p).below = true
		}
	}
}
