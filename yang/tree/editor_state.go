package tree

import "github.com/optical-net/waveguard/yang/schema"

// SetLeaf stores a leaf's value, making the containers and list entries above
// it as needed. It is the short way for values the program itself produces.
func (e *Editor) SetLeaf(path Path, v schema.Value) error {
	return e.put(path, Edit{Value: v})
}

// Merge stores a subtree at path, which names its parent: containers and
// entries are merged, leafs replaced. Nodes of the subtree are shared where
// nothing stands in the way.
func (e *Editor) Merge(parent Path, n Node) error {
	return e.at(parent, func(c *Container) { e.graft(c, n) })
}

// Find returns the node that path identifies in the version made so far, or nil.
func (e *Editor) Find(path Path) Node { return find(e.root, path) }

// DeletePath removes the node that path identifies, and says whether there was one.
func (e *Editor) DeletePath(path Path) (bool, error) {
	if e.Find(path) == nil {
		return false, nil
	}
	return true, e.put(path, Edit{Operation: Remove, Valueless: true})
}

// put applies last at the end of path, merging everything above it.
func (e *Editor) put(path Path, last Edit) error {
	step := path[len(path)-1]
	last.Schema, last.Keys = step.Node, step.Keys
	if step.Value != nil {
		last.Value, last.Valueless = *step.Value, false
	}
	ed := &last
	for i := len(path) - 2; i >= 0; i-- {
		ed = &Edit{Schema: path[i].Node, Keys: path[i].Keys, Children: []*Edit{ed}}
	}
	return e.Apply(&Edit{Schema: e.set.Root, Children: []*Edit{ed}}, Merge)
}

// at calls f with an owned copy of the container or entry at path, made if need be.
func (e *Editor) at(path Path, f func(*Container)) error {
	e.root = e.own(e.root)
	c := e.root
	for _, step := range path {
		next, err := e.ownStep(c, step)
		if err != nil {
			return err
		}
		c = next
	}
	f(c)
	return nil
}

func (e *Editor) ownStep(c *Container, step schema.PathStep) (*Container, error) {
	s := step.Node
	switch s.Kind {
	case schema.Container:
		next, ok := c.Child(s).(*Container)
		next = e.ownOrNew(next, ok, step)
		e.setChild(c, next)
		return next, nil
	case schema.List:
		l := e.list(c, s)
		key := encodeKeys(step.Keys)
		next, ok := l.lookup(s, key).(*Container)
		next = e.ownOrNew(next, ok, step)
		l.put(e.owner, next, key)
		e.setChild(c, l)
		return next, nil
	}
	return nil, e.errorf(TagBadElement, "%s has no children", s.Path())
}

func (e *Editor) ownOrNew(c *Container, ok bool, step schema.PathStep) *Container {
	if ok {
		return e.own(c)
	}
	return e.newContainer(step.Node, step.Keys)
}

// graft merges n into the owned container c.
func (e *Editor) graft(c *Container, n Node) {
	cur := c.Child(n.Schema())
	if cur == nil {
		e.setChild(c, n)
		return
	}
	switch x := n.(type) {
	case *Container:
		e.setChild(c, e.graftAll(cur.(*Container), x))
	case *List:
		l := e.ownList(cur.(*List))
		for entry := range x.All() {
			e.graftEntry(l, entry)
		}
		e.setChild(c, l)
	case *LeafList:
		l := e.ownLeafList(cur.(*LeafList))
		for leaf := range x.All() {
			key := ""
			if !keyless(x.schema) {
				key = entryKey(leaf)
			}
			l.put(e.owner, leaf, key)
		}
		e.setChild(c, l)
	default:
		e.setChild(c, n)
	}
}

func (e *Editor) graftAll(cur, from *Container) *Container {
	c := e.own(cur)
	for _, k := range from.kids {
		e.graft(c, k)
	}
	return c
}

func (e *Editor) graftEntry(l *List, entry *Container) {
	key := entryKey(entry)
	if cur, ok := l.lookup(l.schema, key).(*Container); ok && key != "" {
		entry = e.graftAll(cur, entry)
	}
	l.put(e.owner, entry, key)
}
