package schema

import (
	"slices"

	"github.com/optical-net/waveguard/yang/xpath"
)

// condition is a when of a data node, with what it is written in.
type condition struct {
	node *Node
	when *When
	st   *stmt
}

// checkWhens refuses conditions that depend on what they decide (RFC 7950
// section 7.21.5). Only names along the child, parent and self axes are
// followed: what an expression may only possibly touch is no fault.
func (c *compiler) checkWhens() {
	touched := map[*Node][]*Node{}
	for _, w := range c.conditions {
		for _, d := range c.deps(w.when.Expr) {
			nodes, exact := followDep(c.set.Root, w.when.Context, d)
			if w.touchesItself(nodes, exact && d.Value && !isRoot(d)) {
				c.errs.at(w.st, "depends on the value or on children of %s, which it decides on", w.node.Path())
				break
			}
			touched[w.node] = append(touched[w.node], nodes...)
		}
	}
	conditional := make([]*Node, len(c.conditions))
	for i, w := range c.conditions {
		conditional[i] = w.node
		// A condition may touch its own node, as long as it does not read it.
		touched[w.node] = slices.DeleteFunc(touched[w.node], func(n *Node) bool { return n == w.node })
	}
	circular := onCircle(conditional, func(n *Node) []*Node { return touched[n] })
	for _, w := range c.conditions {
		if circular[w.node] {
			c.errs.at(w.st, "conditions depend on each other in a circle, at %s", w.node.Path())
		}
	}
}

// deps are the paths an expression touches.
func (c *compiler) deps(e *xpath.Expr) []xpath.Dep {
	if e == nil {
		return nil
	}
	list, ok := c.depsOf[e]
	if !ok {
		list = e.Deps()
		c.depsOf[e] = list
	}
	return list
}

// touchesItself says whether a path leads below the condition's node, or ends
// there when its value is read.
func (w condition) touchesItself(nodes []*Node, read bool) bool {
	end := w.when.Context
	if len(nodes) > 0 {
		end = nodes[len(nodes)-1]
	}
	return read && end == w.node || slices.ContainsFunc(nodes, func(n *Node) bool { return n.DataParent == w.node })
}

// isRoot says whether the path is that of the root.
func isRoot(d xpath.Dep) bool { return d.Absolute && len(d.Steps) == 0 }

// followDep returns the nodes along a path as far as it is known, and whether all of it is.
func followDep(root, at *Node, d xpath.Dep) (nodes []*Node, exact bool) {
	if d.Absolute {
		at = root
	}
	for _, s := range d.Steps {
		switch {
		case s.Axis == xpath.Parent && s.Local == "":
			at = at.DataParent
		case s.Axis == xpath.Child && s.Local != "":
			at = at.Child(s.Module, s.Local)
		case s.Axis != xpath.Self || s.Local != "":
			return nodes, false
		}
		if at == nil {
			return nodes, false
		}
		nodes = append(nodes, at)
	}
	return nodes, true
}
