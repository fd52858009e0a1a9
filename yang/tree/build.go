package tree

import (
	"cmp"
	"slices"

	"github.com/optical-net/waveguard/yang/internal/btree"
	"github.com/optical-net/waveguard/yang/schema"
)

// NewContainer returns a container, list entry or root with the given children,
// which the caller hands over: at most one of each definition, lists as a whole,
// a list entry's keys among them. They are put into schema order; those that say
// nothing, such as empty lists, are left out.
func NewContainer(s *schema.Node, kids []Node) *Container {
	kids = slices.DeleteFunc(kids, vacant)
	slices.SortFunc(kids, func(a, b Node) int { return cmp.Compare(a.Schema().Index, b.Schema().Index) })
	return &Container{schema: s, kids: kids}
}

// NewList returns a list of the given entries.
func NewList(s *schema.Node, all []*Container) *List {
	l, o := &List{schema: s}, new(btree.Owner)
	for _, c := range all {
		l.put(o, c, encodeKeys(c.Keys()))
	}
	return l
}

// Revision is what becomes of one entry of a list.
type Revision struct {
	Old *Container
	New *Container // has the same keys; nil when there is none
}

// Revise returns the list, which has keys, with other entries in the place of
// some of its own. What is not revised is shared: the cost is that of the
// revisions.
func (l *List) Revise(all []Revision) *List {
	o := new(btree.Owner)
	out := &List{schema: l.schema, owner: o, entries: l.entries}
	for _, r := range all {
		if key := encodeKeys(r.Old.Keys()); r.New != nil {
			out.put(o, r.New, key)
		} else {
			out.remove(o, l.schema, key)
		}
	}
	return out
}

// NewLeafList returns a leaf-list of the given values.
func NewLeafList(s *schema.Node, values []schema.Value) *LeafList {
	leafs := make([]*Leaf, len(values))
	for i, v := range values {
		leafs[i] = NewLeaf(s, v)
	}
	return LeafListOf(s, leafs)
}

// LeafListOf returns a leaf-list of the given entries.
func LeafListOf(s *schema.Node, leafs []*Leaf) *LeafList {
	l, o := &LeafList{schema: s}, new(btree.Owner)
	for _, leaf := range leafs {
		key := ""
		if !keyless(s) {
			key = entryKey(leaf)
		}
		l.put(o, leaf, key)
	}
	return l
}
