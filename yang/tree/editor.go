package tree

import (
	"slices"

	"github.com/optical-net/waveguard/yang/internal/btree"
	"github.com/optical-net/waveguard/yang/schema"
)

// Editor makes a new version of a tree. It is used by one goroutine; the
// original is never touched, so dropping an Editor undoes all it did.
//
// Whatever an Editor hands out is frozen: it takes a new owner, so that going
// on copies what was seen before it changes it.
type Editor struct {
	set   *schema.Set
	root  *Container
	owner *btree.Owner // marks what may be changed in place
	path  Path         // of the node being edited, for errors
}

// Edit returns an editor that starts from t.
func (t *Tree) Edit() *Editor { return &Editor{set: t.set, root: t.root, owner: new(btree.Owner)} }

// Tree returns the version made so far. The editor may go on from there.
func (e *Editor) Tree() *Tree {
	e.freeze()
	return &Tree{set: e.set, root: e.root}
}

// Find returns the node that path identifies in the version made so far, or nil.
func (e *Editor) Find(path Path) Node {
	e.freeze()
	return find(e.root, path)
}

func (e *Editor) freeze() { e.owner = new(btree.Owner) }

// Apply performs the edit of a root with the given default operation. On error
// the editor's content is unspecified and must be dropped. The error is an *Error.
//
// A node keeps its annotations when a merge names it without any and its value
// stays the same; else it has those that the edit has. Containers without presence
// lose theirs with their content.
func (e *Editor) Apply(ed *Edit, def Operation) error {
	op := ed.Operation
	if op == Inherit {
		op = def
	}
	e.path = e.path[:0]
	e.root = e.own(e.root)
	switch op {
	case Replace:
		e.root.kids = nil
	case Delete, Remove:
		e.root.kids = nil
		return nil
	}
	return e.applyChildren(e.root, ed, op)
}

// own returns c itself if this editor made it, else a copy that it may change.
func (e *Editor) own(c *Container) *Container {
	if c.owner == e.owner {
		return c
	}
	return &Container{schema: c.schema, owner: e.owner, kids: slices.Clone(c.kids), notes: c.notes}
}

func (e *Editor) ownList(l *List) *List {
	if l.owner == e.owner {
		return l
	}
	return &List{schema: l.schema, owner: e.owner, entries: l.entries}
}

func (e *Editor) ownLeafList(l *LeafList) *LeafList {
	if l.owner == e.owner {
		return l
	}
	return &LeafList{schema: l.schema, owner: e.owner, entries: l.entries}
}

// newContainer returns an empty container, or a list entry with its keys.
func (e *Editor) newContainer(s *schema.Node, keys []schema.Value) *Container {
	c := &Container{schema: s, owner: e.owner}
	if len(keys) > 0 {
		c.kids = make([]Node, len(keys), len(keys)+2)
		for i, k := range keys {
			c.kids[i] = NewLeaf(s.Keys[i], k)
		}
	}
	return c
}

// setChild stores n in the owned container c, and removes what other cases of
// the same choices hold (RFC 7950 section 7.9).
func (e *Editor) setChild(c *Container, n Node) {
	s := n.Schema()
	i, found := c.find(s.Index)
	if found {
		c.kids[i] = n
		return
	}
	c.kids = slices.Insert(c.kids, i, n)
	if s.Parent != nil && s.Parent.Kind == schema.Case {
		c.kids = slices.DeleteFunc(c.kids, func(k Node) bool { return excludes(s, k.Schema()) })
	}
}

// excludes says whether a and b stand in different cases of one choice.
func excludes(a, b *schema.Node) bool {
	for x := a.Parent; x != nil && (x.Kind == schema.Case || x.Kind == schema.Choice); x = x.Parent {
		if x.Kind != schema.Case {
			continue
		}
		for y := b.Parent; y != nil && (y.Kind == schema.Case || y.Kind == schema.Choice); y = y.Parent {
			if y.Kind == schema.Case && y != x && y.Parent == x.Parent {
				return true
			}
		}
	}
	return false
}

func (e *Editor) dropChild(c *Container, s *schema.Node) {
	if i, ok := c.find(s.Index); ok {
		c.kids = slices.Delete(c.kids, i, i+1)
	}
}

// list returns c's list s, owned, and empty where there is none.
func (e *Editor) list(c *Container, s *schema.Node) *List {
	l, ok := c.Child(s).(*List)
	if !ok {
		return &List{schema: s, owner: e.owner}
	}
	return e.ownList(l)
}

// leafList returns c's leaf-list s, owned, and empty where there is none.
func (e *Editor) leafList(c *Container, s *schema.Node) *LeafList {
	l, ok := c.Child(s).(*LeafList)
	if !ok {
		return &LeafList{schema: s, owner: e.owner}
	}
	return e.ownLeafList(l)
}

// store puts n back into the owned container c, or removes what is left of it
// when it says nothing.
func (e *Editor) store(c *Container, n Node) {
	if vacant(n) {
		e.dropChild(c, n.Schema())
		return
	}
	e.setChild(c, n)
}

// vacant says whether n means the same as its absence, which is how trees have
// it: a container without presence or content, a list without entries.
func vacant(n Node) bool {
	switch x := n.(type) {
	case *Container:
		return len(x.kids) == 0 && x.schema.Kind == schema.Container && !x.schema.Presence && x.owner != hollow
	case *List:
		return x.Len() == 0
	case *LeafList:
		return x.Len() == 0
	}
	return false
}
