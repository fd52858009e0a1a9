package schema

// adopted are the extensions whose statements are compiled: these then go
// under their plain name, as YANG's own statements do.
var adopted = map[qname]bool{
	{"ietf-yang-structure-ext", "structure"}:         true,
	{"ietf-yang-structure-ext", "augment-structure"}: true,
	{"ietf-restconf", "yang-data"}:                   true,
}

// adopt makes an extension's statement one of the schema's when it is known.
func (l *loader) adopt(s *stmt, module, name string) {
	switch {
	case !adopted[qname{module, name}]:
	case s.parent.parent == nil:
		s.keyword = name
		l.checkArgument(s)
		count := map[string]int{}
		for _, sub := range s.subs { // what is below these is checked already
			if !sub.isExtension() {
				l.checkPlacement(s, sub, grammar[name], count)
			}
		}
	case name != "yang-data": // RFC 8040 section 8: ignored there
		l.errs.breaks(s, "RFC 8791 section 2", "stands only at the top of a module")
	}
}

// expandStructures makes drafts of the structures of all implemented modules.
func (c *compiler) expandStructures() {
	for _, u := range c.order {
		if !c.isImplemented(u) {
			continue
		}
		for _, p := range u.parts() {
			for _, s := range p.root.subs {
				switch s.keyword {
				case "structure":
					c.expandStructure(u, s, Structure)
				case "yang-data":
					c.keepDisabled = true // RFC 8040 section 8: if-feature is ignored
					c.expandStructure(u, s, YangData)
					c.keepDisabled = false
				}
			}
		}
	}
}

func (c *compiler) expandStructure(u *unit, s *stmt, kind Kind) {
	d := &draft{kind: kind, name: s.arg, unit: u, st: s}
	for _, other := range c.structures.children {
		if other.name == d.name && other.unit == u && other.kind == kind {
			c.errs.at(s, "is defined twice")
		}
	}
	if kind == Structure && c.root.child(u, s.arg) != nil {
		c.errs.at(s, "a node of the module has this name too")
	}
	for _, sub := range s.subs {
		if !sub.isNode() && !notProps[sub.keyword] {
			d.props = append(d.props, prop{sub, u})
		}
	}
	c.structures.children = append(c.structures.children, d)
	c.expand(&expansion{cur: u, parent: d}, s)
}

// buildStructures makes the nodes of all structures; each is the root of a tree.
func (c *compiler) buildStructures() {
	for _, d := range c.structures.children {
		m := c.modules[d.unit]
		n := &Node{Kind: d.kind, Name: d.name, Module: m}
		d.node = n
		for _, p := range d.props {
			c.setProp(n, p)
		}
		if st := d.status(); st != nil {
			n.Status = statuses[st.arg]
		}
		for _, child := range d.children {
			c.build(child, n)
		}
		c.link(d)
		if n.Kind == YangData && !n.hasOneContainer() {
			c.errs.at(d.st, "holds something else than exactly one container")
		}
		m.Structures = append(m.Structures, n)
	}
}

// hasOneContainer says whether every instance of n has one container directly
// below and nothing else.
func (n *Node) hasOneContainer() bool {
	if n.Kind == Choice {
		for _, c := range n.Children {
			if !c.hasOneContainer() {
				return false
			}
		}
		return true
	}
	if len(n.Children) != 1 {
		return false
	}
	only := n.Children[0]
	return only.Kind == Container || only.Kind == Choice && only.hasOneContainer()
}

// top returns the draft that d hangs on.
func (d *draft) top() *draft {
	for d.parent != nil && d.parent.kind != Root {
		d = d.parent
	}
	return d
}

// accessibleRoot returns where an absolute path starts, and the steps from
// there: inside a structure its own tree is all there is.
func (c *compiler) accessibleRoot(r leafref, steps []leafrefStep) (*Node, []leafrefStep) {
	top := r.node
	for top.Parent != nil {
		top = top.Parent
	}
	if top.Kind != Structure || len(steps) == 0 {
		return top, steps
	}
	// RFC 8791 section 2: the structure is the document's element, so a path
	// leads through it. Paths that leave it out are understood too.
	if m, name, err := r.typ.path.step(steps[0].name); err == nil && name == top.Name && c.modules[m] == top.Module {
		return top, steps[1:]
	}
	return top, steps
}
