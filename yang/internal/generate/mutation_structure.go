package generate

import (
	"slices"

	"github.com/optical-net/waveguard/yang/schema"
)

var structureMutations = []Mutation{
	{Name: "unknown node", apply: onParent(unknownNode)},
	{Name: "node of another module", apply: onChild(otherModule)},
	{Name: "node of no module", apply: onChild(noModule)},
	{Name: "node of another place", apply: onParent(misplaced)},
	{Name: "node removed", apply: onChild(removed)},
	{Name: "node added", apply: onParent(added)},
	{Name: "key missing", apply: onChild(keyMissing)},
	{Name: "mandatory node missing", apply: onChild(mandatoryMissing)},
	{Name: "leaf twice", apply: onChild(twice(schema.Leaf))},
	{Name: "container twice", apply: onChild(twice(schema.Container))},
	{Name: "node of another case", apply: onChild(otherCase)},
	{Name: "node against its condition", apply: onParent(unconditional)},
	{Name: "target of a reference removed", apply: targetRemoved},
	{Name: "siblings in another order", apply: onParent(shuffled)},
	{Name: "key last", apply: onChild(keyLast)},
	{Name: "state", apply: onParent(stateAdded)},
	{Name: "text in a container", apply: onChild(textInContainer)},
	{Name: "element in a leaf", apply: onChild(elementInLeaf)},
	{Name: "empty container", apply: onParent(emptyContainer)},
	{Name: "unknown attribute", Only: "xml", apply: onChild(unknownAttribute)},
}

func unknownNode(_ *Generator, e *Element) Outcome {
	k := &Element{Module: e.Module, Name: "no-such-node", Value: plain(&schema.Type{Base: schema.String}, "x")}
	if k.Module == "" {
		k.Module = e.Kids[0].Module
	}
	e.Kids = append(e.Kids, k)
	return Broken
}

func otherModule(g *Generator, parent, e *Element) Outcome {
	m := pick(g.r, g.set.Modules)
	if m.Name == e.Module || m.Name == parent.Module {
		return Unfit
	}
	e.Module = m.Name
	return parent.admits(e)
}

// admits says whether e can stand below the parent by its name alone.
func (parent *Element) admits(e *Element) Outcome {
	if parent.Schema.Child(e.Module, e.Name) == nil {
		return Broken
	}
	return Changed
}

func noModule(_ *Generator, _, e *Element) Outcome {
	e.Module = "no-such-module"
	return Broken
}

func misplaced(_ *Generator, e *Element) Outcome {
	if len(e.Kids) == 0 {
		return Unfit
	}
	k := e.Kids[len(e.Kids)-1].Clone()
	for _, under := range e.Kids {
		if under.Schema != nil && len(under.Schema.DataChildren) > 0 {
			under.Kids = append(under.Kids, k)
			return under.admits(k)
		}
	}
	return Unfit
}

func removed(_ *Generator, parent, e *Element) Outcome {
	parent.Remove(e)
	return Changed
}

func added(g *Generator, e *Element) Outcome {
	if len(e.Schema.DataChildren) == 0 {
		return Unfit
	}
	s := pick(g.r, e.Schema.DataChildren)
	if !g.admits(s) || e.child(s) != nil && !newElement(s).Many {
		return Unfit
	}
	if g.add(e, s) == nil {
		return Unfit
	}
	return Changed
}

func keyMissing(_ *Generator, parent, e *Element) Outcome {
	if !e.Schema.IsKey() {
		return Unfit
	}
	parent.Remove(e)
	return Broken
}

func mandatoryMissing(_ *Generator, parent, e *Element) Outcome {
	if !e.Schema.Mandatory {
		return Unfit
	}
	parent.Remove(e)
	return Changed
}

func twice(kind schema.Kind) func(g *Generator, parent, e *Element) Outcome {
	return func(_ *Generator, parent, e *Element) Outcome {
		if e.Schema.Kind != kind {
			return Unfit
		}
		parent.Kids = append(parent.Kids, e.Clone())
		return Broken
	}
}

func otherCase(g *Generator, parent, e *Element) Outcome {
	c := e.Schema.Parent
	if c == nil || c.Kind != schema.Case || len(c.Parent.Children) < 2 {
		return Unfit
	}
	other := pick(g.r, c.Parent.Children)
	before := len(parent.Kids)
	if other == c || !g.admitsBelow(other) {
		return Unfit
	}
	g.produce(parent, other)
	return changedIf(slices.ContainsFunc(parent.Kids[before:], func(k *Element) bool { return !k.meaningless() }))
}

func changedIf(changed bool) Outcome {
	if changed {
		return Changed
	}
	return Unfit
}

// admitsBelow says whether documents can have nodes of the case.
func (g *Generator) admitsBelow(c *schema.Node) bool {
	return !slices.ContainsFunc(c.Children, func(s *schema.Node) bool { return !g.admits(s) })
}

func unconditional(g *Generator, e *Element) Outcome {
	var some []*schema.Node
	for _, s := range e.Schema.DataChildren {
		if len(s.Whens) > 0 && g.admits(s) && e.child(s) == nil {
			some = append(some, s)
		}
	}
	if len(some) == 0 {
		return Unfit
	}
	k := g.add(e, pick(g.r, some))
	if k == nil {
		return Unfit
	}
	prune(e)
	return changedIf(slices.Contains(e.Kids, k))
}

// targetRemoved removes what some leafref of the document refers to.
func targetRemoved(_ *Generator, line []*Element) Outcome {
	e := last(line)
	if e.Value == nil || e.Schema.Type == nil || e.Schema.Type.Base != schema.Leafref {
		return Unfit
	}
	out := Unfit
	line[0].walk(func(at []*Element) {
		if t := last(at); out == Unfit && t.Schema == e.Schema.Type.Target && t.Value != nil && t.Value.Canonical == e.Value.Canonical {
			if t.Schema.IsKey() && len(at) > 2 {
				at = at[:len(at)-1]
			}
			at[len(at)-2].Remove(last(at))
			out = Changed
		}
	})
	return out
}

func shuffled(g *Generator, e *Element) Outcome {
	if len(e.Kids) < 2 {
		return Unfit
	}
	e.Kids = slices.Clone(e.Kids)
	g.r.Shuffle(len(e.Kids), func(i, j int) { e.Kids[i], e.Kids[j] = e.Kids[j], e.Kids[i] })
	for _, s := range e.Schema.Keys { // which keep their order: RFC 7950 section 7.8.5
		if k := e.child(s); k != nil {
			e.Remove(k)
			e.Kids = append(e.Kids, k)
		}
	}
	return Changed
}

func keyLast(_ *Generator, parent, e *Element) Outcome {
	if !e.Schema.IsKey() || len(parent.Schema.Keys) > 1 {
		return Unfit
	}
	parent.Remove(e)
	parent.Kids = append(parent.Kids, e)
	return Changed
}

// stateAdded puts a node that is config false into a document that may not have it.
func stateAdded(g *Generator, e *Element) Outcome {
	if g.state {
		return Unfit
	}
	for _, s := range e.Schema.DataChildren {
		if s.IsData() && !s.Config {
			if g.add(e, s) != nil {
				return Broken
			}
		}
	}
	return Unfit
}

func textInContainer(_ *Generator, _, e *Element) Outcome {
	switch e.Schema.Kind {
	case schema.Container, schema.List:
		e.Kids = nil
		e.Value = plain(&schema.Type{Base: schema.String}, "x")
		return Broken
	}
	return Unfit
}

func elementInLeaf(_ *Generator, parent, e *Element) Outcome {
	if e.Value == nil || e.Schema.Type == nil {
		return Unfit
	}
	e.Kids = []*Element{{Module: e.Module, Name: e.Name, Value: plain(&schema.Type{Base: schema.String}, "x")}}
	return Broken
}

func emptyContainer(g *Generator, e *Element) Outcome {
	for _, s := range e.Schema.DataChildren {
		if s.Kind == schema.Container && g.admits(s) && len(s.Whens) == 0 && e.child(s) == nil && g.r.IntN(2) == 0 {
			e.Kids = append(e.Kids, newElement(s))
			return Changed
		}
	}
	return Unfit
}

func unknownAttribute(g *Generator, _, e *Element) Outcome {
	e.Attributes = pick(g.r, []string{` x="1"`, ` xmlns:q="urn:no-such-module" q:x="1"`})
	return Broken
}
