package gnmi

import (
	gpb "github.com/openconfig/gnmi/proto/gnmi"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// scope says which leafs are wanted; nil means all.
type scope func(*schema.Node) bool

func (s scope) has(n *schema.Node) bool { return s == nil || s(n) }

// visitor receives what has one value: leafs, leaf-lists, anydata, and lists
// without keys. The path is the visitor's to keep.
type visitor func(path []*gpb.PathElem, n tree.Node)

// leaves visits the values at and below c in schema order, defaults in use
// among them.
func (n names) leaves(c *tree.Cursor, want scope, visit visitor) {
	v := &leafWalk{names: n, want: want, visit: visit}
	v.node(c, n.elems(c))
}

type leafWalk struct {
	names names
	want  scope
	visit visitor
}

// node visits the values at and below c, whose path is given.
func (v *leafWalk) node(c *tree.Cursor, path []*gpb.PathElem) {
	k, ok := c.Node().(*tree.Container)
	if !ok {
		v.value(c.Node(), path)
		return
	}
	for _, s := range k.Schema().DataChildren {
		if n := k.Child(s); n != nil {
			v.child(c, n, path)
		} else if len(s.Defaults) > 0 || s.Kind == schema.Container && s.SubtreeDefaults {
			if n := implied(c, s); n != nil {
				v.node(n, v.extend(path, n.Node()))
			}
		}
	}
}

// child visits the values at and below n, which is stored below c.
func (v *leafWalk) child(c *tree.Cursor, n tree.Node, path []*gpb.PathElem) {
	switch x := n.(type) {
	case *tree.Container:
		v.node(c.Down(x), v.extend(path, x))
	case *tree.List:
		if len(x.Schema().Keys) == 0 {
			v.value(x, v.extend(path, x))
			return
		}
		for entry := range x.All() {
			v.node(c.Down(entry), v.extend(path, entry))
		}
	default:
		if v.want.has(n.Schema()) {
			v.visit(v.extend(path, n), n)
		}
	}
}

func (v *leafWalk) value(n tree.Node, path []*gpb.PathElem) {
	if v.want.has(n.Schema()) {
		v.visit(path, n)
	}
}

// extend returns a new path that is longer by n.
func (v *leafWalk) extend(path []*gpb.PathElem, n tree.Node) []*gpb.PathElem {
	longer := make([]*gpb.PathElem, len(path)+1)
	copy(longer, path)
	longer[len(path)] = v.names.elem(n)
	return longer
}
