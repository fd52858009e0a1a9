package gnmi

import (
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// scope says which leafs are wanted; nil means all.
type scope func(*schema.Node) bool

func (s scope) has(n *schema.Node) bool { return s == nil || s(n) }

// visitor receives what has one value: leafs, leaf-lists, anydata, and lists
// without keys. The path is only lent to it.
type visitor func(path []byte, n tree.Node)

// leaves visits the values at and below c in schema order, defaults in use
// among them.
func (n names) leaves(c *tree.Cursor, want scope, visit visitor) {
	v := leafWalk{names: n, want: want, visit: visit}
	v.node(c, n.path(c))
}

// explicit is leaves without the defaults that are in use whether or not c's
// node is stored.
func (n names) explicit(c *tree.Cursor, want scope, visit visitor) {
	v := leafWalk{names: n, want: want, visit: visit, explicit: true}
	v.node(c, n.path(c))
}

type leafWalk struct {
	names    names
	want     scope
	visit    visitor
	explicit bool
}

// inside returns the walk for the inside of n: the defaults there depend on n if
// n does not exist by itself.
func (v leafWalk) inside(n *tree.Container) leafWalk {
	v.explicit = v.explicit && existsByItself(n.Schema())
	return v
}

// existsByItself says whether an instance is there without being stored, given
// that its parent is (RFC 7950 section 7.5.1).
func existsByItself(s *schema.Node) bool { return s.Kind == schema.Container && !s.Presence }

// node visits the values at and below c, whose path is given.
func (v leafWalk) node(c *tree.Cursor, path []byte) {
	k, ok := c.Node().(*tree.Container)
	if !ok {
		v.value(c.Node(), path)
		return
	}
	for _, s := range k.Schema().DataChildren {
		if n := k.Child(s); n != nil {
			v.child(c, n, path)
		} else if !v.explicit && (len(s.Defaults) > 0 || existsByItself(s) && s.SubtreeDefaults) {
			if n := implied(c, s); n != nil {
				v.node(n, v.names.append(path, n.Node()))
			}
		}
	}
}

// child visits the values at and below n, which is stored below c.
func (v leafWalk) child(c *tree.Cursor, n tree.Node, path []byte) {
	switch x := n.(type) {
	case *tree.Container:
		v.inside(x).node(c.Down(x), v.names.append(path, x))
	case *tree.List:
		if len(x.Schema().Keys) == 0 {
			v.value(x, v.names.append(path, x))
			return
		}
		for entry := range x.All() {
			v.inside(entry).node(c.Down(entry), v.names.append(path, entry))
		}
	default:
		if v.want.has(n.Schema()) {
			v.visit(v.names.append(path, n), n)
		}
	}
}

func (v leafWalk) value(n tree.Node, path []byte) {
	if v.want.has(n.Schema()) {
		v.visit(path, n)
	}
}
