package validate

import (
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/xpath"
)

type nodeSet map[*schema.Node]bool

// resolveDep follows a location path through the schema from context. It
// returns every schema node the path touches on its way, and the highest
// ancestor of context that the path climbs to. ok is false when the path
// cannot be followed.
func resolveDep(set *schema.Set, context *schema.Node, d xpath.Dep) (reached nodeSet, anchor *schema.Node, ok bool) {
	reached, anchor = nodeSet{}, context
	at := nodeSet{context: true}
	if d.Absolute {
		at, anchor = nodeSet{set.Root: true}, set.Root
	}
	for _, s := range d.Steps {
		next := nodeSet{}
		for n := range at {
			if s.Axis == xpath.Deref {
				if anchor, ok = dereference(next, n, anchor); !ok {
					return nil, nil, false
				}
				continue
			}
			if !follow(next, n, s) {
				return nil, nil, false
			}
		}
		for n := range next {
			reached[n] = true
			if depth(n) < depth(anchor) {
				anchor = commonAnchor(n, anchor)
			}
		}
		at = next
	}
	if len(d.Steps) == 0 || onlySelf(d.Steps) {
		reached[context] = true
	}
	return reached, anchor, true
}

// dereference adds to out what a leafref leads to, which is below the same
// instance of the anchor returned. ok is false where that cannot be known.
func dereference(out nodeSet, n, anchor *schema.Node) (_ *schema.Node, ok bool) {
	switch t := n.Type; {
	case t == nil:
	case t.Base == schema.Union, t.Base == schema.InstanceIdentifier:
		return nil, false
	case t.Base == schema.Leafref:
		if t.Target == nil || !simplePath(t) {
			return nil, false
		}
		out[t.Target] = true
		if top := topOf(n); depth(top) < depth(anchor) {
			return top, true
		}
	}
	return anchor, true
}

func onlySelf(steps []xpath.DepStep) bool {
	for _, s := range steps {
		if s.Axis != xpath.Self {
			return false
		}
	}
	return true
}

// follow adds to out the nodes that step s leads to from n.
func follow(out nodeSet, n *schema.Node, s xpath.DepStep) bool {
	match := func(k *schema.Node) {
		if (s.Local == "" || k.Name == s.Local) && (s.Module == "" || k.Kind == schema.Root || k.Module.Name == s.Module) {
			out[k] = true
		}
	}
	switch s.Axis {
	case xpath.Self:
		match(n)
	case xpath.Parent:
		if n.DataParent != nil {
			match(n.DataParent)
		}
	case xpath.Child:
		for _, k := range n.DataChildren {
			match(k)
		}
	case xpath.Ancestor, xpath.AncestorOrSelf:
		for a := n; a != nil; a = a.DataParent {
			if a != n || s.Axis == xpath.AncestorOrSelf {
				match(a)
			}
		}
	case xpath.Descendant, xpath.DescendantOrSelf:
		descend(n, s.Axis == xpath.DescendantOrSelf, match)
	default:
		return false
	}
	return true
}

func descend(n *schema.Node, self bool, match func(*schema.Node)) {
	if self {
		match(n)
	}
	for _, k := range n.DataChildren {
		descend(k, true, match)
	}
}
