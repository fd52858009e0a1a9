package generate

import (
	"slices"

	"github.com/optical-net/waveguard/yang/schema"
)

var countMutations = []Mutation{
	{Name: "entry twice", apply: onChild(entryTwice)},
	{Name: "leaf-list value twice", apply: onChild(valueTwice)},
	{Name: "too many elements", apply: onParent(tooMany)},
	{Name: "too few elements", apply: onChild(tooFew)},
	{Name: "tuple not unique", apply: onChild(notUnique)},
}

func entryTwice(_ *Generator, parent, e *Element) Outcome {
	if e.Schema.Kind != schema.List || len(e.Schema.Keys) == 0 {
		return Unfit
	}
	parent.Kids = append(parent.Kids, e.Clone())
	return Broken
}

func valueTwice(_ *Generator, parent, e *Element) Outcome {
	if e.Schema.Kind != schema.LeafList {
		return Unfit
	}
	parent.Kids = append(parent.Kids, e.Clone())
	if e.Schema.Config { // RFC 7950 section 7.7
		return Broken
	}
	return Changed
}

func tooMany(g *Generator, e *Element) Outcome {
	const few = 64
	for _, s := range e.Schema.DataChildren {
		if s.MaxElements == 0 || s.MaxElements > few || !g.admits(s) {
			continue
		}
		for range 2 * few {
			if uint64(len(e.of(s))) > s.MaxElements {
				return Broken
			}
			g.add(e, s)
		}
	}
	return Unfit
}

func tooFew(_ *Generator, parent, e *Element) Outcome {
	if e.Schema.MinElements == 0 {
		return Unfit
	}
	all := parent.of(e.Schema)
	if uint64(len(all)) < e.Schema.MinElements {
		return Unfit
	}
	for _, k := range all[e.Schema.MinElements-1:] {
		parent.Remove(k)
	}
	return Changed
}

// notUnique gives e the values of a unique statement that a sibling has.
func notUnique(_ *Generator, parent, e *Element) Outcome {
	for _, tags := range e.Schema.Unique {
		for _, other := range parent.of(e.Schema) {
			if other == e || !hasAll(other, tags) || !hasAll(e, tags) {
				continue
			}
			for _, tag := range tags {
				e.below(tag).Value = other.below(tag).Value
			}
			return Broken
		}
	}
	return Unfit
}

func hasAll(e *Element, tags []*schema.Node) bool {
	return !slices.ContainsFunc(tags, func(s *schema.Node) bool { return e.below(s) == nil })
}

// below returns the only instance of a descendant leaf, or nil.
func (e *Element) below(s *schema.Node) *Element {
	if s == nil || s == e.Schema {
		return e
	}
	up := e.below(s.DataParent)
	if up == nil {
		return nil
	}
	return up.child(s)
}
