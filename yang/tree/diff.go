package tree

import (
	"slices"

	"github.com/optical-net/waveguard/yang/internal/btree"
	"github.com/optical-net/waveguard/yang/schema"
)

// Change is one difference between two versions.
//
// A created or deleted subtree is one Change, at its top; lists and leaf-lists
// change by entry. Old is nil for what was created, New for what was deleted.
// Entries of a list without keys have no path of their own: theirs is the list's.
type Change struct {
	Path     Path
	Old, New Node
	// Moved says that a user-ordered entry now follows another entry; it may
	// have changed as well, which is then reported by further changes.
	Moved bool
	// After holds, for a created or moved user-ordered entry, the keys (or the
	// leaf-list value) of the entry it follows; nil when it is the first.
	After []schema.Value
}

// Diff returns the changes that lead from old to new, which follow the same
// schema, in document order. Shared structure is skipped: the cost is that of
// the change, not that of the trees. Annotations are not compared: they say
// something of the data and are none; what a change creates comes with its own.
func Diff(old, new *Tree) []Change {
	d := &differ{}
	d.containers(old.root, new.root)
	return d.changes
}

// DiffNodes is Diff for two versions of one container or list entry, which
// stands at path.
func DiffNodes(path Path, old, new *Container) []Change {
	d := &differ{path: slices.Clone(path)}
	d.containers(old, new)
	return d.changes
}

type differ struct {
	path    Path
	changes []Change
}

func (d *differ) add(c Change) {
	c.Path = slices.Clone(d.path)
	d.changes = append(d.changes, c)
}

func (d *differ) within(s schema.PathStep, f func()) {
	d.path = append(d.path, s)
	f()
	d.path = d.path[:len(d.path)-1]
}

func (d *differ) containers(a, b *Container) {
	if a == b {
		return
	}
	x, y := a.kids, b.kids
	for len(x) > 0 || len(y) > 0 {
		switch {
		case len(y) == 0 || len(x) > 0 && x[0].Schema().Index < y[0].Schema().Index:
			d.nodes(x[0], nil)
			x = x[1:]
		case len(x) == 0 || y[0].Schema().Index < x[0].Schema().Index:
			d.nodes(nil, y[0])
			y = y[1:]
		default:
			d.nodes(x[0], y[0])
			x, y = x[1:], y[1:]
		}
	}
}

// nodes compares two children of one definition; one of them may be nil.
func (d *differ) nodes(a, b Node) {
	if a == b {
		return
	}
	s := schemaOf(a, b)
	switch s.Kind {
	case schema.List, schema.LeafList:
		x, y := entriesOf(a), entriesOf(b)
		if userOrdered(s) {
			d.userOrdered(s, x, y)
			return
		}
		btree.Diff(x.nodes, y.nodes, func(_ string, p, q Node, inX, inY bool) bool {
			if inX && inY && s.Kind == schema.LeafList && !equalTerms(p, q) { // only where entries go by place
				d.within(entryStep(s, p, nil), func() { d.add(Change{Old: p}) })
				p = nil
			}
			d.within(entryStep(s, p, q), func() { d.entry(p, q) })
			return true
		})
	default:
		d.within(schema.PathStep{Node: s}, func() { d.entry(a, b) })
	}
}

// entry compares two instances of one node; one of them may be nil.
func (d *differ) entry(a, b Node) {
	x, _ := a.(*Container)
	y, _ := b.(*Container)
	switch {
	case x != nil && y != nil:
		d.containers(x, y)
	case !equalTerms(a, b):
		d.add(Change{Old: a, New: b})
	}
}

func equalTerms(a, b Node) bool {
	switch x := a.(type) {
	case *Leaf:
		y, ok := b.(*Leaf)
		return ok && x.Value() == y.Value()
	case *Any:
		y, ok := b.(*Any)
		return ok && x.content == y.content
	}
	return false
}

// userOrdered compares user-ordered entries. Some of those that both versions
// have stay, which kept their order among each other, so that putting the others,
// in the order they are reported, behind the entries they follow makes the new
// order of the old.
func (d *differ) userOrdered(s *schema.Node, x, y entries) {
	btree.Diff(x.labels, y.labels, func(_, label, _ string, inA, inB bool) bool {
		if inA && !inB {
			n, _ := x.nodes.Get(label)
			d.within(entryStep(s, n, nil), func() { d.add(Change{Old: n}) })
		}
		return true
	})
	var differing []standing
	btree.Diff(x.nodes, y.nodes, func(label string, _, q Node, _, inB bool) bool {
		if inB {
			was, _ := x.labels.Get(entryKey(q))
			differing = append(differing, standing{label, was})
		}
		return true
	})
	stays := sameLabel
	if len(differing) == y.nodes.Len() { // nothing shared: labels mean nothing
		stays = increasing(differing)
	}
	for _, at := range differing {
		d.userEntry(s, x, y, at, stays(at))
	}
}

// userEntry reports the entry that stands at a place in the new version.
func (d *differ) userEntry(s *schema.Node, x, y entries, at standing, stays bool) {
	p, _ := x.nodes.Get(at.was)
	q, _ := y.nodes.Get(at.label)
	d.within(entryStep(s, p, q), func() {
		switch {
		case p == nil:
			d.add(Change{New: q, After: y.before(at.label)})
			return
		case !stays:
			d.add(Change{Old: p, New: q, Moved: true, After: y.before(at.label)})
		}
		d.entry(p, q)
	})
}

// before returns the keys of the entry before the label; nil when it is first.
func (e *entries) before(label string) []schema.Value {
	prev, ok := e.nodes.Prev(label)
	if !ok {
		return nil
	}
	n, _ := e.nodes.Get(prev)
	return identity(n)
}

func schemaOf(a, b Node) *schema.Node {
	if a != nil {
		return a.Schema()
	}
	return b.Schema()
}

func entriesOf(n Node) entries {
	switch l := n.(type) {
	case *List:
		return l.entries
	case *LeafList:
		return l.entries
	}
	return entries{}
}

// identity returns the key values of a list entry, or a leaf-list entry's value.
func identity(n Node) []schema.Value {
	switch x := n.(type) {
	case *Container:
		return x.Keys()
	case *Leaf:
		return []schema.Value{x.Value()}
	}
	return nil
}

func entryKey(n Node) string { return encodeKeys(identity(n)) }

// entryStep returns the path step of an entry; one of a and b may be nil.
func entryStep(s *schema.Node, a, b Node) schema.PathStep {
	if a == nil {
		a = b
	}
	step := schema.PathStep{Node: s}
	switch x := a.(type) {
	case *Container:
		step.Keys = x.Keys()
	case *Leaf:
		v := x.Value()
		step.Value = &v
	}
	return step
}
