package schema

import (
	"fmt"
	"slices"
)

const (
	maxNodes = 1_000_000 // most schema nodes of one set, groupings expanded
	maxDepth = 400       // deepest schema node
)

// prop is a statement that says something of a node, with the module that
// names without prefix in it belong to.
type prop struct {
	st  *stmt
	cur *unit
}

// resolve maps a prefix in the statement's argument to a module name; it is an
// xpath.Resolver.
func (p prop) resolve(prefix string) (string, error) {
	if prefix == "" {
		return p.cur.name, nil
	}
	if m := p.st.unit.module(prefix); m != nil {
		return m.name, nil
	}
	return "", fmt.Errorf("prefix %q is not imported", prefix)
}

// draft is a schema node before uses, augments and deviations have all been
// applied: these edit props and children; then Nodes are built from it.
type draft struct {
	kind     Kind
	name     string
	unit     *unit // module of the namespace
	st       *stmt // the statement that defines it; the first child's for an implicit case
	props    []prop
	whens    []prop   // of the uses and augments that brought it; own ones are in props
	features []string // if-feature expressions, its own and refines'
	disabled bool     // an if-feature is false, or a deviation removed it
	parent   *draft
	children []*draft

	inherited *stmt // the status of the uses or augment that brought it, or nil

	augmented             bool // an augment of a module added it
	deviated, unsupported bool // a deviation changed it, or removed it

	node *Node
}

var kindsOfKeywords = map[string]Kind{
	"container": Container, "list": List, "leaf": Leaf, "leaf-list": LeafList,
	"choice": Choice, "case": Case, "anydata": AnyData, "anyxml": AnyXML, "rpc": RPC,
	"action": Action, "input": Input, "output": Output, "notification": Notification,
}

// expansion is what the data definitions of one place become part of.
type expansion struct {
	cur      *unit    // the namespace of the new nodes
	using    []*stmt  // the groupings being expanded
	whens    []prop   // conditions of the uses or augment around
	status   *stmt    // theirs, or nil
	disabled bool     // its if-feature is false
	parent   *draft   // where the nodes go
	added    []*draft // the nodes made directly below parent
}

// below returns the expansion for the substatements of d.
func (x *expansion) below(d *draft) *expansion {
	return &expansion{cur: x.cur, using: x.using, parent: d}
}

// expand makes drafts of all data definitions in st.
func (c *compiler) expand(x *expansion, st *stmt) {
	for _, s := range st.subs {
		if s.keyword == "uses" {
			c.expandUses(x, s)
		} else if kind, ok := kindsOfKeywords[s.keyword]; ok {
			c.expandNode(x, s, kind)
		}
	}
}

// expandNode makes the draft of one statement and of all below it.
func (c *compiler) expandNode(x *expansion, s *stmt, kind Kind) {
	if c.nodes++; c.nodes > c.maxNodes {
		c.tooBig(s, fmt.Sprintf("the schema has more than %d nodes", c.maxNodes))
		return
	}
	if x.parent.depth() > maxDepth {
		c.tooBig(s, fmt.Sprintf("node is more than %d deep", maxDepth))
		return
	}
	d := &draft{kind: kind, name: s.arg, unit: x.cur, st: s, whens: x.whens, inherited: x.status, parent: x.parent}
	if kind == Input || kind == Output {
		d.name = s.keyword
	}
	for _, sub := range s.subs {
		if !sub.isNode() && !notProps[sub.keyword] {
			d.props = append(d.props, prop{sub, x.cur})
		}
	}
	s.each("if-feature", func(f *stmt) { d.features = append(d.features, f.arg) })
	c.checkParent(x.parent, d)
	d.disabled = !c.ifFeatures(s) || x.disabled
	top := x.place(d)
	c.expand(x.below(d), s)
	if kind == RPC || kind == Action {
		d.completeOperation(x)
	}
	x.added = append(x.added, top)
}

// notProps are the substatements that neither describe the node nor are nodes.
var notProps = map[string]bool{"typedef": true, "grouping": true, "augment": true, "if-feature": true}

// place puts d below its parent and returns what stands there: an implicit
// case around d when it is in a choice without one (RFC 7950 section 7.9.2). The
// case stays when an if-feature removes d.
func (x *expansion) place(d *draft) *draft {
	top := d
	if x.parent.kind == Choice && d.kind != Case {
		top = &draft{
			kind: Case, name: d.name, unit: d.unit, st: d.st, whens: d.whens,
			inherited: d.status(), disabled: x.disabled, parent: x.parent, children: []*draft{d},
		}
		d.parent, d.whens = top, nil
	}
	x.parent.children = append(x.parent.children, top)
	return top
}

// completeOperation adds the input and output that every operation has.
func (d *draft) completeOperation(x *expansion) {
	for _, kind := range []Kind{Input, Output} {
		if slices.ContainsFunc(d.children, func(c *draft) bool { return c.kind == kind }) {
			continue
		}
		name := "input"
		if kind == Output {
			name = "output"
		}
		io := &draft{kind: kind, name: name, unit: x.cur, st: d.st, parent: d}
		d.children = append(d.children, io)
	}
	slices.SortStableFunc(d.children, func(a, b *draft) int { return int(a.kind) - int(b.kind) })
}

func (d *draft) depth() int {
	n := 0
	for ; d != nil; d = d.parent {
		n++
	}
	return n
}

// tooBig reports a schema past its bounds, once, and stops all further expansion.
func (c *compiler) tooBig(s *stmt, msg string) {
	if !c.stopped {
		c.stopped = true
		c.errs.breaks(s, "", "%s", msg)
	}
	c.nodes = c.maxNodes
}

// child finds a child, cases and choices included.
func (d *draft) child(m *unit, name string) *draft {
	for _, c := range d.children {
		if c.name == name && c.unit == m {
			return c
		}
	}
	return nil
}

// prop returns the first property of that keyword.
func (d *draft) prop(keyword string) (prop, bool) {
	for _, p := range d.props {
		if p.st.keyword == keyword {
			return p, true
		}
	}
	return prop{}, false
}

// status returns the status statement of the node, or of what brought it; nil without one.
func (d *draft) status() *stmt {
	if p, ok := d.prop("status"); ok {
		return p.st
	}
	return d.inherited
}

// remove drops all properties of that keyword.
func (d *draft) remove(keyword string) {
	d.props = slices.DeleteFunc(d.props, func(p prop) bool { return p.st.keyword == keyword })
}
