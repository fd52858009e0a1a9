package generate

import (
	"math/rand/v2"
	"slices"

	"github.com/optical-net/waveguard/yang/schema"
)

// Outcome is what a mutation made of a document.
type Outcome int

// The outcomes. Changed leaves open whether the document is valid.
const (
	Unfit   Outcome = iota // there is no place for it; the document is unchanged
	Changed                // the schema, or the rest of the document, decides
	Broken                 // no schema admits it
)

// Mutation is one way to make a document wrong in one place.
type Mutation struct {
	Name string
	// Only names the encoding, "xml" or "json", in which it shows; "" for both.
	Only  string
	apply func(g *Generator, line []*Element) Outcome
}

// Mutations returns all mutations.
func Mutations() []Mutation {
	return slices.Concat(valueMutations, typeMutations, structureMutations, countMutations, jsonMutations)
}

// Mutate applies m somewhere in the document; it is best tried on a clone. Only
// elements that a schema node is known of are touched, or the root.
func (g *Generator) Mutate(r *rand.Rand, root *Element, m Mutation) Outcome {
	g.r, g.left = r, 0
	top := root.subject()
	lines := [][]*Element{{top}}
	top.walk(func(line []*Element) {
		if last(line).Schema != nil {
			lines = append(lines, slices.Clone(line))
		}
	})
	r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	for _, line := range lines {
		switch out := m.apply(g, line); out {
		case Changed:
			prune(root)
			fallthrough
		case Broken:
			return out
		}
	}
	return Unfit
}

// onLeaf makes a mutation of leafs and leaf-list entries that have a value.
func onLeaf(f func(g *Generator, e *Element) Outcome) func(*Generator, []*Element) Outcome {
	return func(g *Generator, line []*Element) Outcome {
		if e := last(line); e.Value != nil && e.Schema.Type != nil {
			return f(g, e)
		}
		return Unfit
	}
}

// onBase is onLeaf for values of some built-in types.
func onBase(f func(g *Generator, e *Element) Outcome, bases ...schema.Base) func(*Generator, []*Element) Outcome {
	return onLeaf(func(g *Generator, e *Element) Outcome {
		if slices.Contains(bases, e.Value.Type.Base) {
			return f(g, e)
		}
		return Unfit
	})
}

// onParent makes a mutation of elements that have, or could have, children.
func onParent(f func(g *Generator, e *Element) Outcome) func(*Generator, []*Element) Outcome {
	return func(g *Generator, line []*Element) Outcome {
		switch e := last(line); e.Schema.Kind {
		case schema.Root, schema.Container, schema.List, schema.Input, schema.Output, schema.Notification:
			return f(g, e)
		}
		return Unfit
	}
}

// onChild makes a mutation of an element among its siblings.
func onChild(f func(g *Generator, parent, e *Element) Outcome) func(*Generator, []*Element) Outcome {
	return func(g *Generator, line []*Element) Outcome {
		if len(line) < 2 {
			return Unfit
		}
		return f(g, line[len(line)-2], last(line))
	}
}

// breaks returns what a value outside the type makes of the document: another
// member of a union may admit it.
func (e *Element) breaks() Outcome {
	t := e.Schema.Type
	for t.Base == schema.Leafref && t.Target != nil {
		t = t.Target.Type
	}
	if t.Base == schema.Union {
		return Changed
	}
	return Broken
}
