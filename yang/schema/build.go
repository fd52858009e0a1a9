package schema

import (
	"slices"
	"strconv"
)

// buildNodes makes the Nodes of all drafts and links them as a data tree.
func (c *compiler) buildNodes() {
	root := &Node{Kind: Root, Config: true, set: c.set}
	c.set.Root, c.root.node = root, root
	for _, d := range c.root.children {
		c.build(d, root)
	}
	c.link(c.root)
	for _, n := range root.Children {
		switch n.Kind {
		case RPC:
			n.Module.RPCs = append(n.Module.RPCs, n)
		case Notification:
			n.Module.Notifications = append(n.Module.Notifications, n)
		}
	}
}

// build makes the node of d and all below, unless disabled.
func (c *compiler) build(d *draft, parent *Node) {
	if d.disabled && !c.scratch {
		c.disabled = append(c.disabled, d)
		return
	}
	n := &Node{Kind: d.kind, Name: d.name, Module: c.modules[d.unit], Parent: parent, IfFeatures: d.features}
	n.DataParent = parent.dataAncestor()
	d.node = n
	parent.Children = append(parent.Children, n)
	c.setConfig(d)
	c.setStatus(d)
	for _, p := range d.props {
		c.setProp(n, p)
	}
	if n.Kind == Leaf || n.Kind == LeafList {
		c.setType(d)
	}
	c.setWhens(d)
	for _, child := range d.children {
		c.build(child, n)
	}
}

// dataAncestor returns the closest node, n included, that data children hang on.
func (n *Node) dataAncestor() *Node {
	for n.Kind == Choice || n.Kind == Case {
		n = n.Parent
	}
	return n
}

// setConfig inherits and checks config (RFC 7950 section 7.21.1). The
// statement means nothing in operations, notifications and structures.
func (c *compiler) setConfig(d *draft) {
	n := d.node
	switch n.Kind {
	case RPC, Action, Input, Output, Notification:
		return
	}
	n.Config = n.Parent.Config
	p, ok := d.prop("config")
	if !ok || n.within(RPC, Action, Notification, Structure, YangData) {
		return
	}
	if p.st.arg == "true" && !n.Parent.Config {
		c.errs.at(p.st, "a node below config false cannot be config true")
		return
	}
	n.Config = p.st.arg == "true"
}

// within says whether n or a node around it is of one of the kinds.
func (n *Node) within(kinds ...Kind) bool {
	for ; n != nil; n = n.Parent {
		if slices.Contains(kinds, n.Kind) {
			return true
		}
	}
	return false
}

// setProp enters one property; those that need other nodes are left to later phases.
func (c *compiler) setProp(n *Node, p prop) {
	arg := p.st.arg
	switch p.st.keyword {
	case "description":
		n.Description = arg
	case "reference":
		n.Reference = arg
	case "units":
		n.Units = arg
	case "mandatory":
		n.Mandatory = arg == "true"
	case "presence":
		n.Presence = true
	case "ordered-by":
		n.OrderedByUser = arg == "user" && (n.Config || n.within(Input, Structure, YangData))
	case "min-elements":
		n.MinElements, _ = strconv.ParseUint(arg, 10, 64)
	case "max-elements":
		n.MaxElements, _ = strconv.ParseUint(arg, 10, 64)
	case "must":
		n.Musts = append(n.Musts, &Must{
			Expr: c.expr(p), ErrorMessage: p.st.text("error-message"), ErrorAppTag: p.st.text("error-app-tag"),
		})
	default:
		if x := c.extension(p.st); x != nil {
			n.Extensions = append(n.Extensions, x)
		}
	}
}

// setWhens gathers the conditions in the order: own, of uses and augments, of
// the cases and choices around.
func (c *compiler) setWhens(d *draft) {
	n := d.node
	own := n
	if !n.IsData() {
		own = n.DataParent
	}
	for _, p := range d.props {
		if p.st.keyword == "when" {
			c.addWhen(n, p, own)
		}
	}
	for _, p := range d.whens {
		c.addWhen(n, p, n.DataParent)
	}
	if n.Parent.Kind == Choice || n.Parent.Kind == Case {
		n.Whens = append(n.Whens, n.Parent.Whens...)
	}
}

func (c *compiler) addWhen(n *Node, p prop, context *Node) {
	when := &When{Expr: c.expr(p), Context: context}
	n.Whens = append(n.Whens, when)
	c.conditions = append(c.conditions, condition{n, when, p.st})
}

func (c *compiler) setType(d *draft) {
	n := d.node
	p, ok := d.prop("type")
	if !ok {
		return
	}
	t := c.typeOf(p.st, p.cur)
	if t == nil {
		return
	}
	n.Type = t.instance()
	if !c.scratch {
		c.checkInhabited(p.st, t)
	}
	if n.Kind == LeafList && t.Base == Empty && !d.st.unit.v11 {
		c.errs.breaks(p.st, ruleVersion, "in a leaf-list needs yang-version 1.1")
	}
	if n.Units == "" {
		n.Units = t.units
	}
	c.noteLeafrefs(n, n.Type)
	if !c.scratch || !t.needsTree() {
		c.defaults = append(c.defaults, d)
	}
}

// link indexes the data children of d's node and checks what concerns several
// children together.
func (c *compiler) link(d *draft) {
	n := d.node
	c.checkNames(d)
	if n.Kind == List {
		c.setKeys(d)
	}
	n.DataChildren = slices.Clone(n.Keys)
	n.gatherData(n)
	n.byName = make(map[qname]*Node, 2*len(n.DataChildren))
	for i, child := range n.DataChildren {
		child.Index = i
		n.byName[qname{child.Module.Name, child.Name}] = child
		if n.byName[qname{"", child.Name}] == nil {
			n.byName[qname{"", child.Name}] = child
		}
	}
	for _, child := range d.children {
		if child.node != nil {
			c.link(child)
		}
	}
	c.checkNode(d)
}

// gatherData appends the data children found below from, looking through
// choices and cases, keys left out.
func (n *Node) gatherData(from *Node) {
	if n.Kind == Choice || n.Kind == Case {
		return
	}
	for _, c := range from.Children {
		switch {
		case c.Kind == Choice || c.Kind == Case:
			n.gatherData(c)
		case c.Kind == Input || c.Kind == Output:
			n.DataChildren = append(n.DataChildren, c)
		case c.IsData() && !slices.Contains(n.Keys, c):
			n.DataChildren = append(n.DataChildren, c)
		}
	}
}

// checkNames refuses two children of one name and module; choices are looked through
// for data nodes (RFC 7950 section 6.2.1).
func (c *compiler) checkNames(d *draft) {
	if d.kind == Choice || d.kind == Case {
		c.checkDistinct(d.children)
		return
	}
	c.checkDistinct(d.children)
	var data []*draft
	var gather func([]*draft)
	gather = func(children []*draft) {
		for _, child := range children {
			if child.kind == Choice || child.kind == Case {
				gather(child.children)
			} else {
				data = append(data, child)
			}
		}
	}
	gather(d.children)
	c.checkDistinct(data)
}

func (c *compiler) checkDistinct(drafts []*draft) {
	type key struct {
		m    *unit
		name string
	}
	seen := make(map[key]bool, len(drafts))
	for _, d := range drafts {
		k := key{d.unit, d.name}
		if seen[k] {
			c.errs.breaks(d.st, ruleDistinct, "another node of this name stands beside it")
		}
		seen[k] = true
	}
}
