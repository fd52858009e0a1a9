package tree

import (
	"cmp"
	"slices"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/xpath"
)

// Same implements xpath.Node. One stored node may stand in several places.
func (c *Cursor) Same(other xpath.Node) bool {
	o, ok := other.(*Cursor)
	return ok && (c == o || c.Compare(o) == 0)
}

// Compare implements xpath.Node.
func (c *Cursor) Compare(other xpath.Node) int {
	o := other.(*Cursor)
	a, b := c, o
	da, db := c.depth(), o.depth()
	for i := da; i > db; i-- {
		a = a.parent
	}
	for i := db; i > da; i-- {
		b = b.parent
	}
	if r := compareLevel(a, b); r != 0 {
		return r
	}
	return cmp.Compare(da, db)
}

// compareLevel orders two cursors of equal depth.
func compareLevel(a, b *Cursor) int {
	if a == b || a.parent == nil {
		return 0
	}
	if r := compareLevel(a.parent, b.parent); r != 0 {
		return r
	}
	x, y := a.node.Schema(), b.node.Schema()
	switch {
	case a.node == b.node:
		return 0
	case x != y:
		return cmp.Compare(siblingIndex(x), siblingIndex(y))
	case x.Kind != schema.List && x.Kind != schema.LeafList:
		return 0
	}
	k, ok := a.parent.node.(*Container)
	if !ok {
		return 0
	}
	if x.Kind == schema.LeafList && k.Child(x) == nil {
		return cmp.Compare(defaultIndex(a.node), defaultIndex(b.node))
	}
	es := entriesOf(k.Child(x))
	return cmp.Compare(es.position(x, a.node), es.position(x, b.node))
}

// defaultIndex returns the place of a leaf-list's default value in use.
func defaultIndex(n Node) int {
	return slices.Index(n.Schema().Defaults, n.(*Leaf).Value())
}

// count returns the 1-based position of an entry; 0 when it is none.
func (e *entries) count(n Node) uint64 {
	i := uint64(0)
	for _, m := range e.nodes.All() {
		if i++; m == n {
			return i
		}
	}
	return 0
}

// position returns a string that sorts as the entry stands.
func (e *entries) position(s *schema.Node, n Node) string {
	if !keyless(s) {
		return e.spot(s, entryKey(n))
	}
	for at, m := range e.nodes.All() {
		if m == n {
			return at
		}
	}
	return ""
}
