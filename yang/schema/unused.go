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

// buildUnused makes the nodes of unused groupings below a container of their
// own and drops them. What depends on where a grouping is used is not checked:
// leafrefs, and whether a list needs a key.
func (c *compiler) buildUnused() {
	c.scratch = true
	leafrefs, conditions := c.leafrefs, c.conditions
	for _, d := range c.unused {
		c.build(d, &Node{Kind: Root, Config: true})
		c.link(d)
	}
	c.leafrefs, c.conditions = leafrefs, conditions
	c.scratch = false
}
