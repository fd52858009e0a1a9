package tree

import (
	"github.com/optical-net/waveguard/yang/internal/btree"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/xpath"
)

// Project returns the part of t that XPath selected (RFC 6241 section 8.9.1):
// the nodes with all below them, their ancestors, and the keys of the entries
// among these. The nodes are cursors of t in document order, as xpath.Expr.Nodes
// returns them; the text of a leaf stands for the leaf. Defaults in use are not
// part of a tree, hence not of the result.
//
// Whatever is selected whole is shared with t: the cost is that of the selection.
func Project(t *Tree, nodes []xpath.Node) *Tree {
	top := &selection{node: t.root}
	for _, n := range nodes {
		if n.Kind() == xpath.Text {
			n = n.Parent()
		}
		if c := n.(*Cursor); c.stored() {
			top.at(c).whole = true
		}
	}
	root, _ := top.part().(*Container)
	if root == nil {
		root = &Container{schema: t.root.schema}
	}
	return &Tree{set: t.set, root: root}
}

// stored says whether the node is part of a tree, and no default in use.
func (c *Cursor) stored() bool {
	if c.parent == nil {
		return true
	}
	k, ok := c.parent.node.(*Container)
	return ok && k.Child(c.node.Schema()) != nil && c.parent.stored()
}

// selection is a node that was selected as a whole or has selected nodes below
// it, in document order.
type selection struct {
	node  Node
	whole bool
	below []*selection
}

// at returns the selection of c's node, below the topmost one that is selected
// as a whole: that one instead.
func (s *selection) at(c *Cursor) *selection {
	if c.parent == nil {
		return s
	}
	up := s.at(c.parent)
	if up.whole {
		return up
	}
	if n := len(up.below); n > 0 && up.below[n-1].node == c.node {
		return up.below[n-1]
	}
	k := &selection{node: c.node}
	up.below = append(up.below, k)
	return k
}

// part returns what is selected of the node; nil for nothing.
func (s *selection) part() Node {
	c, ok := s.node.(*Container)
	switch {
	case s.whole || !ok:
		return s.node
	case len(s.below) == 0:
		return nil
	}
	kids := make([]Node, 0, len(s.below))
	if c.schema.Kind == schema.List {
		kids = append(kids, c.kids[:len(c.schema.Keys)]...)
	}
	for rest := s.below; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].node.Schema() == rest[0].node.Schema() {
			n++
		}
		if def := rest[0].node.Schema(); !def.IsKey() {
			kids = append(kids, partOf(c.Child(def), rest[:n]))
		}
		rest = rest[n:]
	}
	return &Container{schema: c.schema, kids: kids, notes: c.notes}
}

// partOf returns what is selected of a child; of lists and leaf-lists, by entry.
func partOf(child Node, selected []*selection) Node {
	o := new(btree.Owner)
	switch x := child.(type) {
	case *List:
		if len(selected) == x.Len() && allWhole(selected) {
			return x
		}
		l := &List{schema: x.schema}
		for _, s := range selected {
			entry := s.part()
			l.put(o, entry, entryKey(entry))
		}
		return l
	case *LeafList:
		if len(selected) == x.Len() {
			return x
		}
		l := &LeafList{schema: x.schema}
		for _, s := range selected {
			key := ""
			if !keyless(x.schema) {
				key = entryKey(s.node)
			}
			l.put(o, s.node, key)
		}
		return l
	}
	return selected[0].part()
}

func allWhole(selected []*selection) bool {
	for _, s := range selected {
		if !s.whole {
			return false
		}
	}
	return true
}
