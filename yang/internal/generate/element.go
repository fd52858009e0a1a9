package generate

import (
	"slices"

	"github.com/optical-net/waveguard/yang/schema"
)

// Element is one node of a document before it is written in an encoding. No
// rule of a schema holds for it: it can be wrong in any way.
type Element struct {
	Schema *schema.Node // what it was made for; nil for what no schema defines
	Module string       // the name of its module, whether the set knows it or not
	Name   string
	Value  *Value // leaf, leaf-list; nil for others
	Many   bool   // JSON writes an array: an entry of a list or leaf-list
	Kids   []*Element

	// Label is the JSON member name where it is not the one that follows from
	// Module and Name.
	Label string
	// Attributes are what XML writes in the start tag besides namespaces.
	Attributes string
}

// Value is the content of a leaf as each encoding writes it.
type Value struct {
	Type      *schema.Type // that it was made for: never a leafref or union
	Canonical string
	XML       string   // before escaping
	Modules   []string // whose names the XML text uses as prefixes
	JSON      string   // with quotes where it has them
}

// newElement returns an element of that schema node without content.
func newElement(s *schema.Node) *Element {
	return &Element{
		Schema: s, Module: s.Module.Name, Name: s.Name,
		Many: s.Kind == schema.List || s.Kind == schema.LeafList,
	}
}

// Clone returns a copy that shares nothing that changes.
func (e *Element) Clone() *Element {
	c := *e
	c.Kids = make([]*Element, len(e.Kids))
	for i, k := range e.Kids {
		c.Kids[i] = k.Clone()
	}
	return &c
}

// Size returns the number of elements below e.
func (e *Element) Size() int {
	n := len(e.Kids)
	for _, k := range e.Kids {
		n += k.Size()
	}
	return n
}

// Remove takes the child k out of e.
func (e *Element) Remove(k *Element) {
	e.Kids = slices.DeleteFunc(e.Kids, func(x *Element) bool { return x == k })
}

// walk calls visit for every element below e, parents first, with the elements
// from the root down to it. The slice is reused.
func (e *Element) walk(visit func(line []*Element)) { descend([]*Element{e}, visit) }

func descend(line []*Element, visit func(line []*Element)) {
	for _, k := range slices.Clone(line[len(line)-1].Kids) {
		next := append(line, k)
		visit(next)
		descend(next, visit)
	}
}

// child returns the first child for the schema node, or nil.
func (e *Element) child(s *schema.Node) *Element {
	for _, k := range e.Kids {
		if k.Schema == s {
			return k
		}
	}
	return nil
}

// of returns all children for the schema node.
func (e *Element) of(s *schema.Node) (all []*Element) {
	for _, k := range e.Kids {
		if k.Schema == s {
			all = append(all, k)
		}
	}
	return all
}

// tuple returns the canonical values of the list keys below e, ok when all are there.
func (e *Element) tuple() (keys []string, ok bool) {
	for _, s := range e.Schema.Keys {
		k := e.child(s)
		if k == nil || k.Value == nil {
			return nil, false
		}
		keys = append(keys, k.Value.Canonical)
	}
	return keys, true
}
