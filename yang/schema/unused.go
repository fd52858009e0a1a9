package schema

// expandUnused expands the groupings of implemented modules that no one uses,
// for their faults.
func (c *compiler) expandUnused() {
	for _, u := range c.order {
		if !c.isImplemented(u) {
			continue
		}
		for _, p := range u.parts() {
			c.expandUnusedIn(p.root)
		}
	}
}

func (c *compiler) expandUnusedIn(st *stmt) {
	for _, s := range st.subs {
		if s.keyword == "grouping" && !c.usedGroupings[s] {
			c.usedGroupings[s] = true
			d := &draft{kind: Container, name: s.arg, unit: s.unit.main, st: s}
			c.expand(&expansion{cur: s.unit.main, using: []*stmt{s}, parent: d}, s)
			c.unused = append(c.unused, d)
		}
		if !s.isExtension() {
			c.expandUnusedIn(s)
		}
	}
}

// buildUnused makes the nodes of unused groupings below a root of their own,
// where lists need no key: they may be meant for state.
func (c *compiler) buildUnused() {
	c.unplaced = true
	for _, d := range c.unused {
		c.buildScratch(d, &Node{Kind: Root, Config: true})
	}
	c.unplaced = false
}

// buildDisabled makes the nodes that features and deviations remove.
func (c *compiler) buildDisabled() {
	for _, d := range c.disabled {
		parent := *d.parent.node
		parent.Children = nil
		c.buildScratch(d, &parent)
	}
}

// buildScratch makes the nodes of d, for their faults, and drops them. Leafrefs
// are not followed.
func (c *compiler) buildScratch(d *draft, parent *Node) {
	leafrefs, conditions, defaults := c.leafrefs, c.conditions, c.defaults
	c.defaults, c.scratch = nil, true
	c.build(d, parent)
	c.link(d)
	c.resolveDefaults()
	c.leafrefs, c.conditions, c.defaults, c.scratch = leafrefs, conditions, defaults, false
	d.forget()
}

// forget drops the nodes of d and of all below.
func (d *draft) forget() {
	d.node = nil
	for _, child := range d.children {
		child.forget()
	}
}
