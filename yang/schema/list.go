package schema

import (
	"slices"
	"strings"
)

// setKeys resolves the key statement of a list (RFC 7950 section 7.8.2).
func (c *compiler) setKeys(d *draft) {
	n := d.node
	p, ok := d.prop("key")
	if !ok {
		if n.Config && !c.unplaced {
			c.errs.breaks(d.st, "RFC 7950 section 7.8.2", "a list that represents configuration needs a key")
		}
		return
	}
	for _, name := range strings.Fields(p.st.arg) {
		key := c.keyLeaf(d, p, name)
		if key == nil {
			continue
		}
		if slices.Contains(n.Keys, key) {
			c.errs.at(p.st, "names %q twice", name)
			continue
		}
		n.Keys = append(n.Keys, key)
	}
	if len(n.Keys) == 0 && p.st.arg == "" {
		c.errs.at(p.st, "names no leaf")
	}
}

// keyLeaf finds one key and checks the rules for it.
func (c *compiler) keyLeaf(d *draft, p prop, ref string) *Node {
	m, name := c.schemaStep(p.st, ref, d.unit)
	if m == nil {
		return nil
	}
	k := d.child(m, name)
	if k == nil || k.node == nil {
		c.errs.at(p.st, "%q is not a child of the list", ref)
		return nil
	}
	_, conditional := k.prop("when")
	switch {
	case k.kind != Leaf:
		c.errs.at(p.st, "%q is not a leaf", ref)
	case k.augmented && !d.augmented:
		c.errs.at(p.st, "%q is added by an augment", ref)
	case k.node.Config != d.node.Config:
		c.errs.at(p.st, "%q has another config than its list", ref)
	case conditional || len(k.whens) > 0:
		c.errs.at(p.st, "%q is conditional by when", ref)
	case k.st.unit.v11 && k.st.first("if-feature") != nil:
		c.errs.at(p.st, "%q is conditional by if-feature", ref)
	case k.node.Type != nil && k.node.Type.Base == Empty && !k.st.unit.v11:
		c.errs.breaks(p.st, ruleVersion, "%q is of type empty, which needs yang-version 1.1", ref)
	default:
		c.errs.checkNodeStatus(p.st, d.node, k.node)
		return k.node
	}
	return nil
}

// setUnique resolves the unique statements of a list (RFC 7950 section 7.8.3).
// One with a leaf that a feature removes never has all its values.
func (c *compiler) setUnique(d *draft) {
	for _, p := range d.props {
		if p.st.keyword != "unique" {
			continue
		}
		var set []*Node
		for _, path := range strings.Fields(p.st.arg) {
			if leaf := c.uniqueLeaf(d, p, path); leaf != nil {
				set = append(set, leaf.node)
			}
		}
		if len(set) > 0 && !slices.Contains(set, nil) {
			d.node.Unique = append(d.node.Unique, set)
			c.checkUnique(d, p, set)
		}
	}
}

func (c *compiler) checkUnique(d *draft, p prop, set []*Node) {
	for _, leaf := range set {
		c.errs.checkNodeStatus(p.st, d.node, leaf)
	}
	if slices.ContainsFunc(set, func(n *Node) bool { return n.Config != set[0].Config }) {
		c.errs.at(p.st, "mixes leafs of different config")
	}
}

// uniqueLeaf finds one leaf of a unique statement; it has no node when a feature removes it.
func (c *compiler) uniqueLeaf(d *draft, p prop, path string) *draft {
	at := d
	for _, step := range strings.Split(path, "/") {
		m, name := c.schemaStep(p.st, step, p.cur)
		if m == nil {
			return nil
		}
		at = at.child(m, name)
		switch {
		case at == nil || at.unsupported && !c.scratch:
			c.errs.at(p.st, "there is no node %q", path)
			return nil
		case at.kind == List || at.kind == Action || at.kind == Notification:
			c.errs.at(p.st, "%q leads into the %s %s", path, at.st.keyword, at.name)
			return nil
		}
	}
	if at.kind != Leaf {
		c.errs.at(p.st, "%q is not a leaf", path)
		return nil
	}
	return at
}
