package generate

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"github.com/optical-net/waveguard/yang/schema"
)

// Generator makes documents for one schema.
type Generator struct {
	set   *schema.Set
	state bool
	r     *rand.Rand // of the document in work
	left  int        // elements that may still be made for no need
	data  *Element   // what the references of an operation lead into

	all        []*schema.Identity
	identities map[*schema.Type][]*schema.Identity
}

// Options say what documents hold.
type Options struct {
	// State adds nodes that are config false.
	State bool
}

// New returns a generator for the schema. It serves one goroutine.
func New(set *schema.Set, opt Options) *Generator {
	g := &Generator{set: set, state: opt.State, identities: map[*schema.Type][]*schema.Identity{}}
	for _, m := range set.Modules {
		if !m.Implemented {
			continue // whether its identities are values is disputed
		}
		for _, id := range m.Identities {
			g.all = append(g.all, id)
		}
	}
	slices.SortFunc(g.all, func(a, b *schema.Identity) int { return cmp.Compare(a.String(), b.String()) })
	return g
}

// softLimit is the size of a document, in elements, beyond which nothing is made
// that need not be there.
const softLimit = 60

// Document returns a random document: an element without name, whose children
// are top-level nodes. It heeds all but when, must, unique and the existence of
// what leafrefs with predicates refer to.
func (g *Generator) Document(r *rand.Rand) *Element {
	g.r, g.left = r, softLimit
	root := &Element{Schema: g.set.Root}
	g.fill(root)
	if tops := g.tops(); len(root.Kids) == 0 && len(tops) > 0 {
		g.add(root, pick(r, tops))
	}
	g.link(root)
	unite(root)
	prune(root)
	return root
}

// unite removes entries that have become the same as one before them: references
// that are keys were given another value.
func unite(e *Element) {
	var kept []*Element
	for _, k := range e.Kids {
		if k.Many && slices.ContainsFunc(kept, k.same) {
			continue
		}
		unite(k)
		kept = append(kept, k)
	}
	e.Kids = kept
}

// prune removes containers that have a condition and mean nothing: this engine
// does not keep them and cannot tell whether they may be there.
func prune(e *Element) {
	e.Kids = slices.DeleteFunc(e.Kids, func(k *Element) bool {
		prune(k)
		return k.meaningless() && len(k.Schema.Whens) > 0
	})
}

// meaningless says whether e is a container that only others like it are in.
func (e *Element) meaningless() bool {
	if e.Schema == nil || e.Schema.Kind != schema.Container || e.Schema.Presence || e.Value != nil {
		return false
	}
	return !slices.ContainsFunc(e.Kids, func(k *Element) bool { return !k.meaningless() })
}

// tops returns the top-level nodes that documents can have.
func (g *Generator) tops() []*schema.Node {
	return slices.DeleteFunc(slices.Clone(g.set.Root.DataChildren), func(s *schema.Node) bool { return !g.admits(s) })
}

func (g *Generator) admits(s *schema.Node) bool { return s.IsData() && (s.Config || g.state) }

// fill makes children of e: its keys, what is mandatory, and some of the rest.
func (g *Generator) fill(e *Element) {
	for _, k := range e.Schema.Keys {
		g.add(e, k)
	}
	g.some(e, e.Schema.Children, 5)
}

// some makes about that many of the nodes, and all that are mandatory.
func (g *Generator) some(e *Element, from []*schema.Node, about int) {
	for _, s := range from {
		if s.IsKey() || !s.Config && !g.state {
			continue
		}
		if g.needs(s) || g.left > 0 && g.r.IntN(len(from)+2) < about {
			g.produce(e, s)
		}
	}
}

// needs says, with few exceptions, whether an instance is missing when it lacks s.
func (g *Generator) needs(s *schema.Node) bool {
	switch {
	case g.r.IntN(40) == 0 || len(s.Whens) > 0 && g.r.IntN(2) == 0:
		return false
	case s.Kind == schema.Container && s.Presence:
		return false
	case s.Kind == schema.Container:
		return s.MandatoryBelow && s.Parent.Kind != schema.Root
	}
	return s.Mandatory || s.MinElements > 0
}

// produce adds instances of s, which may be a choice or case, to e.
func (g *Generator) produce(e *Element, s *schema.Node) {
	switch s.Kind {
	case schema.Choice:
		if len(s.Children) > 0 {
			g.produce(e, pick(g.r, s.Children))
		}
	case schema.Case:
		before := len(e.Kids)
		g.some(e, s.Children, len(s.Children))
		if len(s.Children) > 0 && len(e.Kids) == before { // a case is chosen by a node of it
			g.produce(e, pick(g.r, s.Children))
		}
	case schema.List, schema.LeafList:
		n := 1 + g.r.IntN(3)
		if s.MaxElements > 0 {
			n = min(n, int(s.MaxElements))
		}
		for range max(n, int(min(s.MinElements, softLimit))) {
			g.add(e, s)
		}
	default:
		g.add(e, s)
	}
}

// add adds one instance of s to e and returns it; nil when no value was found,
// or only one that is there.
func (g *Generator) add(e *Element, s *schema.Node) *Element {
	if !s.IsData() {
		return nil
	}
	g.left--
	k := newElement(s)
	switch s.Kind {
	case schema.Leaf, schema.LeafList:
		if k.Value = g.value(s); k.Value == nil {
			return nil
		}
	case schema.AnyXML:
		k.Value = plain(&schema.Type{Base: schema.String}, "any")
	case schema.AnyData:
		k.Kids = g.anything()
	default:
		g.fill(k)
	}
	if k.Many && slices.ContainsFunc(e.Kids, k.same) {
		return nil
	}
	e.Kids = append(e.Kids, k)
	return k
}

// anything returns what anydata can hold: nodes of the schema, empty.
func (g *Generator) anything() []*Element {
	for _, s := range g.set.Root.DataChildren {
		if s.Kind == schema.Container && g.r.IntN(2) == 0 {
			return []*Element{{Module: s.Module.Name, Name: s.Name}}
		}
	}
	return nil
}

// same says whether two siblings are one entry of a list or leaf-list that
// admits it only once.
func (e *Element) same(o *Element) bool {
	switch {
	case e.Schema != o.Schema || e.Schema == nil:
		return false
	case e.Schema.Kind == schema.LeafList:
		return e.Schema.Config && e.Value.Canonical == o.Value.Canonical
	}
	a, hasA := e.tuple()
	b, hasB := o.tuple()
	return len(a) > 0 && hasA && hasB && slices.Equal(a, b)
}
