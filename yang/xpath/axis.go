package xpath

import "slices"

// Axis is the direction of a step.
type Axis uint8

// The axes of XPath 1.0, and Deref, which stands for a call of deref() in a
// DepStep.
const (
	Child Axis = iota
	Parent
	Self
	Descendant
	DescendantOrSelf
	Ancestor
	AncestorOrSelf
	FollowingSibling
	PrecedingSibling
	Following
	Preceding
	Attribute
	Namespace
	Deref
)

var axisNames = [...]string{
	"child", "parent", "self", "descendant", "descendant-or-self", "ancestor", "ancestor-or-self",
	"following-sibling", "preceding-sibling", "following", "preceding", "attribute", "namespace", "deref",
}

// String returns the axis as XPath spells it.
func (a Axis) String() string { return axisNames[a] }

func axisByName(name string) (Axis, bool) {
	i := slices.Index(axisNames[:Deref], name)
	return Axis(max(i, 0)), i >= 0
}

// walk visits an axis. Its methods return false once yield did, or the run
// ended.
type walk struct {
	run   *run
	test  *nodeTest
	yield func(Node) bool
}

// axis visits the nodes of an axis in the axis's order: away from n.
func (w *walk) axis(a Axis, n Node) bool {
	switch a {
	case Child:
		return w.children(n, w.emit)
	case Parent:
		return w.parent(n)
	case Self:
		return w.emit(n)
	case Descendant:
		return w.descendants(n)
	case DescendantOrSelf:
		return w.emit(n) && w.descendants(n)
	case Ancestor:
		return w.ancestors(n.Parent())
	case AncestorOrSelf:
		return w.ancestors(n)
	case FollowingSibling:
		return w.followingSiblings(n, w.emit)
	case PrecedingSibling:
		return w.precedingSiblings(n, w.emit)
	case Following:
		return w.following(n)
	case Preceding:
		return w.preceding(n)
	}
	return true // no node has attributes or namespaces
}

// emit yields n if it passes the node test.
func (w *walk) emit(n Node) bool {
	return w.run.visit() && (!w.test.matches(n) || w.yield(n))
}

// children calls visit with the children that may pass the node test.
func (w *walk) children(n Node, visit func(Node) bool) bool {
	switch {
	case w.test.kind == testName:
		return childrenNamed(n, w.test.module, w.test.local, visit)
	case w.test.kind == testNode, n.Kind() == Leaf:
		return w.allChildren(n, visit)
	}
	return true
}

// allChildren includes the text of a leaf, which exists unless it is empty.
func (w *walk) allChildren(n Node, visit func(Node) bool) bool {
	if n.Kind() == Leaf && w.test.kind != testName && n.Value() != "" {
		return visit(textNode{n})
	}
	return childrenNamed(n, "", "", visit)
}

func childrenNamed(n Node, module, local string, visit func(Node) bool) bool {
	if k := n.Kind(); k == Leaf || k == Text {
		return true
	}
	more := true
	n.Children(module, local, func(c Node) bool {
		more = more && visit(c)
		return more
	})
	return more
}

func (w *walk) parent(n Node) bool {
	p := n.Parent()
	return p == nil || w.emit(p)
}

func (w *walk) descendants(n Node) bool {
	visit := func(c Node) bool { return w.emit(c) && w.descendants(c) }
	s, ok := n.(Searcher)
	if !ok || w.test.kind != testName || w.test.local == "" {
		return w.allChildren(n, visit)
	}
	more := true
	if n.Kind() != Leaf {
		s.Search(w.test.module, w.test.local, func(c Node) bool {
			more = more && visit(c)
			return more
		})
	}
	return more
}

func (w *walk) ancestors(n Node) bool {
	for ; n != nil; n = n.Parent() {
		if !w.emit(n) {
			return false
		}
	}
	return true
}

func (w *walk) followingSiblings(n Node, visit func(Node) bool) bool {
	return w.siblings(n, func(s Node) bool { return s.Compare(n) <= 0 || visit(s) })
}

func (w *walk) precedingSiblings(n Node, visit func(Node) bool) bool {
	var before []Node
	w.siblings(n, func(s Node) bool {
		if s.Compare(n) >= 0 {
			return false
		}
		before = append(before, s)
		return true
	})
	return w.run.err == nil && eachReversed(before, visit)
}

// siblings visits the children of n's parent. A text has none: a leaf holds
// nothing else.
func (w *walk) siblings(n Node, visit func(Node) bool) bool {
	p := n.Parent()
	if p == nil || n.Kind() == Text {
		return true
	}
	return childrenNamed(p, "", "", func(s Node) bool { return w.run.visit() && visit(s) })
}

func (w *walk) following(n Node) bool {
	for ; n != nil; n = n.Parent() {
		visit := func(s Node) bool { return w.emit(s) && w.descendants(s) }
		if !w.followingSiblings(n, visit) {
			return false
		}
	}
	return true
}

func (w *walk) preceding(n Node) bool {
	for ; n != nil; n = n.Parent() {
		if !w.precedingSiblings(n, w.reversed) {
			return false
		}
	}
	return true
}

// reversed visits n and its descendants in reverse document order.
func (w *walk) reversed(n Node) bool {
	children := collect(func(yield func(Node) bool) { w.allChildren(n, yield) })
	return eachReversed(children, w.reversed) && w.emit(n)
}

func eachReversed(nodes []Node, visit func(Node) bool) bool {
	for _, n := range slices.Backward(nodes) {
		if !visit(n) {
			return false
		}
	}
	return true
}
