package tree

import "github.com/optical-net/waveguard/yang/internal/btree"

// hollow owns, in place of an editor, the containers that Shallow emptied: they
// have content elsewhere, so they do not mean the same as their absence.
var hollow = new(btree.Owner)

// Shallow returns n with no more than so many levels: with 1 the node itself, a
// list entry with its keys, and nothing else below (max-depth of RFC 8526
// section 3.1.1). A list or leaf-list is no level, its entries are. It is n
// itself if that is no deeper. A container without presence stays, though empty;
// such a tree is for writing, not for editing.
func Shallow(n Node, levels int) Node {
	switch x := n.(type) {
	case *Container:
		return shallowContainer(x, levels)
	case *List:
		return shallowList(x, levels)
	}
	return n
}

func shallowList(l *List, levels int) *List {
	entries := make([]*Container, 0, l.Len())
	same := true
	for e := range l.All() {
		s := shallowContainer(e, levels)
		entries, same = append(entries, s), same && s == e
	}
	if same {
		return l
	}
	return NewList(l.Schema(), entries)
}

func shallowContainer(c *Container, levels int) *Container {
	kids := make([]Node, 0, c.Len())
	same := true
	for k := range c.Children() {
		switch {
		case k.Schema().IsKey():
			kids = append(kids, k)
		case levels > 1:
			s := Shallow(k, levels-1)
			kids, same = append(kids, s), same && s == k
		default:
			same = false
		}
	}
	if same {
		return c
	}
	cut := &Container{schema: c.schema, kids: kids, notes: c.notes}
	if len(kids) == 0 {
		cut.owner = hollow
	}
	return cut
}
