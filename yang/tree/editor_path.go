package tree

import "github.com/optical-net/waveguard/yang/schema"

// SetLeaf stores the value of the leaf, or of the leaf-list entry, at path,
// making the containers and list entries above it as needed. It is the short way
// for values the program itself produces. The error is an *Error.
func (e *Editor) SetLeaf(path Path, v schema.Value) error {
	if len(path) == 0 {
		e.path = nil
		return e.errorf(TagBadElement, "the root is neither a leaf nor a leaf-list")
	}
	c, err := e.reach(path[:len(path)-1])
	if err != nil {
		return err
	}
	step := path[len(path)-1]
	if err := e.checkChild(c, step.Node); err != nil {
		return err
	}
	if step.Value != nil {
		v = *step.Value
	}
	e.path = append(e.path, step)
	switch ed := (&Edit{Schema: step.Node, Value: v}); step.Node.Kind {
	case schema.Leaf, schema.LeafList:
		return e.applyNode(c, ed, Merge)
	}
	return e.errorf(TagBadElement, "%q is neither a leaf nor a leaf-list", step.Node.Name)
}

// Merge stores a subtree at path, which names its parent: containers and
// entries are merged, leafs replaced, annotations too where it has any. The subtree may be a list or leaf-list, or
// one entry of it. Its nodes are shared where nothing stands in the way; they
// never change. The error is an *Error.
func (e *Editor) Merge(parent Path, n Node) error {
	if vacant(n) {
		return nil
	}
	c, err := e.reach(parent)
	if err != nil {
		return err
	}
	if err := e.checkChild(c, n.Schema()); err != nil {
		return err
	}
	e.graft(c, n)
	return nil
}

// checkChild refuses what is no child of c by its schema; a node of another set
// is none, whatever its name.
func (e *Editor) checkChild(c *Container, s *schema.Node) error {
	switch {
	case s == nil:
		e.path = nil // has a step that cannot be shown
		return e.errorf(TagBadElement, "a step of the path names no node")
	case s.DataParent != c.schema:
		return e.errorf(TagBadElement, "%q is not a child of %s in this schema", s.Name, c.schema.Path())
	}
	return nil
}

// reach returns an owned copy of the container or entry at path, made if need be.
func (e *Editor) reach(path Path) (*Container, error) {
	e.path = append(e.path[:0], path...)
	e.root = e.own(e.root)
	c := e.root
	for _, step := range path {
		next, err := e.reachStep(c, step)
		if err != nil {
			return nil, err
		}
		c = next
	}
	return c, nil
}

func (e *Editor) reachStep(c *Container, step schema.PathStep) (*Container, error) {
	s := step.Node
	if err := e.checkChild(c, s); err != nil {
		return nil, err
	}
	switch s.Kind {
	case schema.Container:
		next, ok := c.Child(s).(*Container)
		next = e.ownOrNew(next, ok, step)
		e.setChild(c, next)
		return next, nil
	case schema.List:
		l := e.list(c, s)
		at, n := l.locate(step)
		if n == nil && (len(step.Keys) != len(s.Keys) || step.Position > 0) {
			return nil, e.errorf(TagDataMissing, "the path names no entry of %q", s.Name)
		}
		cur, ok := n.(*Container)
		next := e.ownOrNew(cur, ok, step)
		if ok {
			l.nodes.Set(e.owner, at, next)
		} else {
			l.put(e.owner, next, encodeKeys(step.Keys))
		}
		e.setChild(c, l)
		return next, nil
	}
	return nil, e.errorf(TagBadElement, "%q has no children", s.Name)
}

func (e *Editor) ownOrNew(c *Container, ok bool, step schema.PathStep) *Container {
	if ok {
		return e.own(c)
	}
	return e.newContainer(step.Node, step.Keys)
}

// graft merges n into the owned container c.
func (e *Editor) graft(c *Container, n Node) {
	s := n.Schema()
	switch x := n.(type) {
	case *Container:
		if s.Kind == schema.List {
			l := e.list(c, s)
			e.graftEntry(l, x)
			n = l
		} else if cur, ok := c.Child(s).(*Container); ok {
			n = e.graftAll(cur, x)
		}
	case *List:
		if cur, ok := c.Child(s).(*List); ok {
			l := e.ownList(cur)
			for entry := range x.All() {
				e.graftEntry(l, entry)
			}
			n = l
		}
	case *LeafList:
		if cur, ok := c.Child(s).(*LeafList); ok {
			l := e.ownLeafList(cur)
			for leaf := range x.All() {
				e.graftValue(l, leaf)
			}
			n = l
		}
	case *Leaf:
		if s.Kind == schema.LeafList {
			l := e.leafList(c, s)
			e.graftValue(l, x)
			n = l
		}
	}
	if cur := c.Child(s); cur == nil || !unchanged(cur, n) {
		e.setChild(c, n)
	}
}

func (e *Editor) graftAll(cur, from *Container) *Container {
	c := e.own(cur)
	if from.notes.hasAnnotations() {
		c.notes = from.notes
	}
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

func (e *Editor) graftValue(l *LeafList, leaf *Leaf) {
	key := ""
	if !keyless(l.schema) {
		key = entryKey(leaf)
		if unchanged(l.lookup(l.schema, key), leaf) {
			return
		}
	}
	l.put(e.owner, leaf, key)
}

// DeletePath removes the node that path identifies, all content for the empty
// path, and says whether there was one. The error is an *Error: a key cannot be
// removed from its entry.
func (e *Editor) DeletePath(path Path) (bool, error) {
	if find(e.root, path) == nil {
		return false, nil
	}
	e.path = append(e.path[:0], path...)
	if s := path.Schema(); s != nil && s.IsKey() {
		return true, e.errorf(TagBadElement, "a key cannot be deleted; delete the list entry")
	}
	e.root = e.cut(e.root, path)
	return true, nil
}

// cut returns the owned container that c becomes without what path identifies
// in it, which is there.
func (e *Editor) cut(c *Container, path Path) *Container {
	c = e.own(c)
	if len(path) == 0 {
		c.kids = nil
		return c
	}
	s, last := path[0].Node, len(path) == 1
	switch x := c.Child(s).(type) {
	case *List:
		if selects(path[0]) {
			l := e.ownList(x)
			if at, n := l.locate(path[0]); last {
				l.removeAt(e.owner, at, n)
			} else {
				l.nodes.Set(e.owner, at, e.cut(n.(*Container), path[1:]))
			}
			e.store(c, l)
			return c
		}
	case *LeafList:
		if selects(path[0]) {
			l := e.ownLeafList(x)
			at, n := l.locate(path[0])
			l.removeAt(e.owner, at, n)
			e.store(c, l)
			return c
		}
	case *Container:
		if !last {
			e.store(c, e.cut(x, path[1:]))
			return c
		}
	}
	e.dropChild(c, s)
	return c
}
