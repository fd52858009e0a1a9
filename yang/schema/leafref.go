package schema

import "fmt"

// leafref is one leafref type of one leaf.
type leafref struct {
	node *Node
	typ  *Type
}

// noteLeafrefs remembers the leafrefs in the type of n.
func (c *compiler) noteLeafrefs(n *Node, t *Type) {
	if t.Base == Leafref {
		c.leafrefs = append(c.leafrefs, leafref{n, t})
	}
	for _, m := range t.Members {
		c.noteLeafrefs(n, m)
	}
}

// resolveLeafrefs finds the target of every leafref (RFC 7950 section 9.9).
func (c *compiler) resolveLeafrefs() {
	for _, r := range c.leafrefs {
		target, err := c.walkPath(r)
		if err != nil {
			c.errs.at(r.typ.path.st, "%s, from %s", err, r.node.Path())
			continue
		}
		if target == nil {
			continue
		}
		if r.node.Config && r.typ.RequireInstance && !target.Config {
			c.errs.at(r.typ.path.st, "configuration %s cannot refer to %s, which is config false", r.node.Path(), target.Path())
		}
		c.errs.checkNodeStatus(r.typ.path.st, r.node, target)
		r.typ.Target = target
	}
	c.checkLeafrefCircles()
	if len(c.errs.list) > 0 {
		return
	}
	for _, r := range c.leafrefs {
		r.typ.referred = r.typ.end()
	}
}

// end follows leafrefs, which form no circle, to the type at the end.
func (t *Type) end() *Type {
	for t.Base == Leafref && t.Target != nil && t.Target.Type != nil {
		if t.referred != nil {
			return t.referred
		}
		t = t.Target.Type
	}
	return t
}

// checkLeafrefCircles refuses leafrefs that lead back to themselves.
func (c *compiler) checkLeafrefCircles() {
	types := make([]*Type, len(c.leafrefs))
	for i, r := range c.leafrefs {
		types[i] = r.typ
	}
	circular := onCircle(types, func(t *Type) []*Type {
		if t.Target != nil && t.Target.Type != nil {
			return []*Type{t.Target.Type}
		}
		return t.Members
	})
	for _, r := range c.leafrefs {
		if circular[r.typ] {
			c.errs.at(r.typ.path.st, "refers to itself")
		}
	}
}

// walkPath follows a leafref's path over the schema. The target is nil without
// error when a module has to be implemented first.
func (c *compiler) walkPath(r leafref) (*Node, error) {
	path, err := parseLeafrefPath(r.typ.path.st.arg)
	if err != nil {
		return nil, err
	}
	var at *Node
	if path.absolute {
		at, path.steps = c.accessibleRoot(r, path.steps)
	} else if at, err = r.node.climb(path.ups); err != nil {
		return nil, err
	}
	for _, step := range path.steps {
		if at, err = c.walkStep(r, at, step.name); at == nil {
			return nil, err
		}
		for _, key := range step.keys {
			if err := c.checkPathKey(r, at, key); err != nil {
				return nil, err
			}
		}
	}
	if at.Kind != Leaf && at.Kind != LeafList {
		return nil, fmt.Errorf("%s is neither a leaf nor a leaf-list", at.Path())
	}
	return at, nil
}

// climb returns the ancestor that many steps up.
func (n *Node) climb(ups int) (*Node, error) {
	for ; ups > 0; ups-- {
		if n = n.up(); n == nil {
			return nil, fmt.Errorf("path leads above the root")
		}
	}
	return n, nil
}

// walkStep goes to a child, which is nil without error when its module has to be implemented first.
func (c *compiler) walkStep(r leafref, at *Node, ref string) (*Node, error) {
	m, name, err := r.typ.path.step(ref)
	if err != nil {
		return nil, err
	}
	if !c.isImplemented(m) {
		c.implement(m, r.typ.path.st)
		return nil, nil
	}
	next := at.Child(m.name, name)
	if next == nil && at.Kind == Root {
		next = r.node.operation(m.name, name)
	}
	if next == nil {
		return nil, fmt.Errorf("there is no node %q at %s", ref, at.Path())
	}
	return next, nil
}

// checkPathKey checks that a predicate selects by a key of the list and by a leaf that exists.
func (c *compiler) checkPathKey(r leafref, list *Node, key leafrefKey) error {
	leaf, err := c.walkStep(r, list, key.name)
	if leaf == nil {
		return err
	}
	if !leaf.IsKey() {
		return fmt.Errorf("%s is not a key of %s", key.name, list.Path())
	}
	at, err := r.node.climb(key.ups)
	if err != nil {
		return err
	}
	for _, step := range key.steps {
		if at, err = c.walkStep(r, at, step); at == nil {
			return err
		}
	}
	if at.Kind != Leaf {
		return fmt.Errorf("%s is not a leaf", at.Path())
	}
	return nil
}

// step resolves one name of a path.
func (p prop) step(step string) (*unit, string, error) {
	prefix, name := splitPrefix(step)
	if referenceFault(step) != "" {
		return nil, "", fmt.Errorf("%q is not a step of a path", step)
	}
	if prefix == "" {
		return p.cur, name, nil
	}
	m := p.st.unit.module(prefix)
	if m == nil {
		return nil, "", fmt.Errorf("prefix %q is not imported", prefix)
	}
	return m, name, nil
}

// up returns the parent in the tree XPath sees, where the input or output
// stands for its operation (RFC 7950 section 6.4.1).
func (n *Node) up() *Node {
	if n.Kind == Input || n.Kind == Output {
		n = n.DataParent
	}
	return n.DataParent
}

// operation returns the input, output or notification around n when its
// operation has that name at the top level, else nil.
func (n *Node) operation(module, name string) *Node {
	for ; n != nil; n = n.DataParent {
		op := n
		if n.Kind == Input || n.Kind == Output {
			op = n.DataParent
		} else if n.Kind != Notification {
			continue
		}
		if op.Parent.Kind == Root && op.Module.Name == module && op.Name == name {
			return n
		}
	}
	return nil
}
