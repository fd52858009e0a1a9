package schema

// checkNode checks the rules of one node that need its children.
func (c *compiler) checkNode(d *draft) {
	n := d.node
	switch n.Kind {
	case List:
		c.setUnique(d)
		c.checkElements(d)
	case LeafList:
		c.checkElements(d)
	case Leaf:
		c.checkMandatoryDefault(d)
	case Choice:
		c.setDefaultCase(d)
	case Action, Notification:
		c.checkNested(d)
	}
}

func (c *compiler) checkElements(d *draft) {
	n := d.node
	if n.MaxElements > 0 && n.MinElements > n.MaxElements {
		p, _ := d.prop("min-elements")
		c.errs.at(p.st, "is more than max-elements %d", n.MaxElements)
	}
	if def, ok := d.prop("default"); ok && n.Kind == LeafList && n.MinElements > 0 {
		c.errs.at(def.st, "and min-elements %d exclude each other", n.MinElements)
	}
}

func (c *compiler) checkMandatoryDefault(d *draft) {
	if def, ok := d.prop("default"); ok && d.node.Mandatory {
		c.errs.at(def.st, "and mandatory exclude each other")
	}
}

// setDefaultCase resolves a choice's default (RFC 7950 section 7.9.3).
func (c *compiler) setDefaultCase(d *draft) {
	p, ok := d.prop("default")
	if !ok {
		return
	}
	m, name := c.schemaStep(p.st, p.st.arg, d.unit)
	if m == nil {
		return
	}
	k := d.child(m, name)
	switch {
	case k == nil:
		c.errs.at(p.st, "is not a case of the choice")
	case k.unsupported && !c.scratch:
		c.errs.breaks(p.st, ruleDeviations, "is a case that a deviation removes")
	case d.node.Mandatory:
		c.errs.at(p.st, "and mandatory exclude each other")
	case k.node != nil:
		d.node.DefaultCase = k.node
		if found := k.node.mandatoryChild(); found != nil {
			c.errs.at(p.st, "case has the mandatory node %s", found.Name)
		}
	}
}

// mandatoryChild returns what the node demands whenever it is in effect: a
// mandatory node below it (RFC 7950 section 3), not through a presence
// container or a list; nil when there is none.
func (n *Node) mandatoryChild() *Node {
	for _, c := range n.Children {
		if found := c.demanded(); found != nil {
			return found
		}
	}
	return nil
}

// demanded returns n when it is mandatory itself, or what makes it so.
func (n *Node) demanded() *Node {
	switch {
	case n.Mandatory || n.MinElements > 0:
		return n
	case n.Kind == Container && !n.Presence:
		return n.mandatoryChild()
	}
	return nil
}

// checkNested refuses actions and notifications inside operations and
// notifications, and below lists without key (RFC 7950 sections 7.15, 7.16).
func (c *compiler) checkNested(d *draft) {
	n := d.node
	if n.Parent.Kind == Root {
		return
	}
	if n.Parent.within(RPC, Action, Notification) {
		c.errs.at(d.st, "cannot stand in an operation or notification")
	}
	for p := n.Parent; p != nil && p.Kind != Root; p = p.Parent {
		if p.Kind == List && len(p.Keys) == 0 {
			c.errs.at(d.st, "cannot stand below the list %s, which has no key", p.Name)
			return
		}
	}
}

// finish runs the checks and summaries that need all nodes complete.
func (c *compiler) finish() {
	for _, a := range c.augmented {
		n := a.d.node
		if n == nil || !n.Config || a.d.parent.node == nil {
			continue
		}
		if found := n.demanded(); found != nil {
			c.errs.at(a.a, "adds the mandatory node %s to another module without a when", found.Name)
		}
	}
	c.set.Root.summarize()
	for _, d := range c.structures.children {
		d.node.summarize()
	}
}

// summarize sets SubtreeDefaults, MandatoryBelow and the names below of n and all
// below it.
func (n *Node) summarize() {
	for _, c := range n.Children {
		c.summarize()
		n.below |= c.below
		if c.IsData() {
			n.below |= nameBit(c.Name)
		}
		switch c.Kind {
		case RPC, Action, Notification:
			continue
		}
		n.SubtreeDefaults = n.SubtreeDefaults || c.SubtreeDefaults || len(c.Defaults) > 0
		n.MandatoryBelow = n.MandatoryBelow || c.MandatoryBelow || c.Mandatory || c.MinElements > 0
	}
}
