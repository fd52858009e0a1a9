package gnmi

import (
	"slices"
	"time"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// difference sends what leads from the version that the client has to data. It
// costs what changed below the watch's paths, not what is there. A default that
// comes into use or goes out of it only because a when condition did is told
// with the next heartbeat or sample.
func (st *stream) difference(w *watch, now time.Time, data *tree.Tree) {
	if w.sent == nil {
		st.everything(w, now, data)
		return
	}
	st.compare(w, now, data, st.seen.of(st.schema.Root, w.want))
	w.sent = data
}

// gone sends only what is not there any more.
func (st *stream) gone(w *watch, now time.Time, data *tree.Tree) {
	if w.sent != nil && w.deletes {
		st.compare(w, now, data, func(*schema.Node) bool { return false })
	}
}

func (st *stream) compare(w *watch, now time.Time, data *tree.Tree, want scope) {
	if w.sent == data {
		return
	}
	st.begin(now, w.prefix)
	for _, sel := range w.selectors {
		c := &comparison{stream: st, old: w.sent, new: data, want: want, deletes: w.deletes}
		c.run(sel)
	}
}

// comparison sends what differs between two versions at and below one selector.
type comparison struct {
	*stream
	old, new *tree.Tree
	want     scope
	deletes  bool

	path []byte    // for reuse
	sent tree.Path // the last that was sent by whole, though its entries change one by one
}

func (c *comparison) run(sel selector) {
	head, tail := sel.split()
	a, b := container(c.old, head), container(c.new, head)
	switch {
	case a == b:
	case a == nil:
		c.there(head, tail)
	case b == nil:
		c.lost(head, tail)
	default:
		for _, ch := range tree.DiffNodes(head, a, b) {
			c.change(ch, sel)
		}
	}
}

// container returns the container, list entry or root at path, or nil.
func container(t *tree.Tree, path tree.Path) *tree.Container {
	if len(path) == 0 {
		return t.Root()
	}
	n, _ := t.Find(path).(*tree.Container)
	return n
}

// change sends one change as far as it is selected.
func (c *comparison) change(ch tree.Change, sel selector) {
	n := min(len(ch.Path), len(sel))
	for i := range n {
		if !sel[i].selects(ch.Path[i]) {
			return
		}
	}
	path, tail := ch.Path, sel[n:]
	if one := single(path); one != nil {
		c.whole(one)
		return
	}
	leaf, isLeaf := ch.New.(*tree.Leaf)
	switch {
	case isLeaf:
		c.leaf(path, leaf)
	case ch.New == nil:
		c.lost(path, tail)
	case !ch.Moved: // gNMI cannot tell the order of entries
		c.there(path, tail)
	}
}

// leaf sends a leaf that is new or has a new value: most changes by far.
func (c *comparison) leaf(path tree.Path, n *tree.Leaf) {
	if c.want.has(n.Schema()) {
		c.path = c.names.steps(c.path[:0], path)
		c.update(c.path, n)
	}
}

// selects says whether the step leads to the node of a path's step.
func (s selStep) selects(p schema.PathStep) bool {
	return s.node == p.Node && (len(p.Keys) == 0 || s.admits(p.Keys))
}

// single returns the path of the leaf-list, or list without keys, that the path
// leads into: gNMI has one value for all of it. Nil when it leads into none.
func single(path tree.Path) tree.Path {
	for i, step := range path {
		if k := step.Node.Kind; k == schema.LeafList || k == schema.List && len(step.Node.Keys) == 0 {
			return append(slices.Clone(path[:i]), schema.PathStep{Node: step.Node})
		}
	}
	return nil
}

// whole sends what has one value for all its entries, once for all changes in it.
func (c *comparison) whole(path tree.Path) {
	if c.sent.String() == path.String() {
		return
	}
	c.sent = path
	if present(c.new, path) != nil {
		c.there(path, nil)
	} else {
		c.lost(path, nil)
	}
}

// there sends what tail selects from the node at path, which is new or has a
// new value.
func (c *comparison) there(path tree.Path, tail selector) {
	if at := present(c.new, path); at != nil {
		tail.match(at, c.thereNode)
	}
}

// thereNode sends the values of n that are new. If n was there without being
// stored, so were its defaults, and the client has them.
func (c *comparison) thereNode(n *tree.Cursor) {
	path := n.Path()
	wasImplied := c.old.Find(path) == nil && present(c.old, path) != nil
	switch {
	case !wasImplied:
		c.names.leaves(n, c.want, c.update)
	case c.new.Find(path) != nil:
		c.names.explicit(n, c.want, c.update)
	}
}

// lost tells that what tail selects from the node at path is gone, and sends the
// defaults that have come into use for it.
func (c *comparison) lost(path tree.Path, tail selector) {
	if at := present(c.old, path); at != nil {
		tail.match(at, func(n *tree.Cursor) { c.lostNode(n.Path()) })
	}
}

func (c *comparison) lostNode(path tree.Path) {
	old, now := c.old.Find(path), present(c.new, path)
	switch k, isContainer := old.(*tree.Container); {
	case now == nil, isContainer && !k.Schema().SubtreeDefaults:
		if c.deletes {
			c.delete(c.names.steps(nil, path))
		}
	case isContainer: // it still exists by itself, and defaults in it
		for n := range k.Children() {
			c.lostChild(path, n)
		}
	case old != nil: // its default is in use
		c.names.leaves(now, c.want, c.update)
	}
}

// lostChild is lostNode for a child, each entry of it if it is a list.
func (c *comparison) lostChild(parent tree.Path, n tree.Node) {
	step := schema.PathStep{Node: n.Schema()}
	if l, ok := n.(*tree.List); ok && len(l.Schema().Keys) > 0 {
		for entry := range l.All() {
			step.Keys = entry.Keys()
			c.lostNode(append(slices.Clip(parent), step))
		}
		return
	}
	c.lostNode(append(slices.Clip(parent), step))
}
