package gnmi

import (
	"slices"

	gpb "github.com/openconfig/gnmi/proto/gnmi"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// names holds a path element for every data node of the schema, without keys.
// The elements are shared by all messages and never written.
type names map[*schema.Node]*gpb.PathElem

func newNames(set *schema.Set) names {
	n := names{}
	n.add(set.Root)
	return n
}

func (n names) add(parent *schema.Node) {
	for _, c := range parent.DataChildren {
		if c.IsData() {
			n[c] = &gpb.PathElem{Name: localName(parent, c)}
			n.add(c)
		}
	}
}

// localName is the name without module, unless a sibling has it too.
func localName(parent, c *schema.Node) string {
	if parent.Child("", c.Name) == c {
		return c.Name
	}
	return c.Module.Name + ":" + c.Name
}

// elem returns the path element of a node; a list entry's has its keys.
func (n names) elem(node tree.Node) *gpb.PathElem {
	if c, ok := node.(*tree.Container); ok && c.Schema().Kind == schema.List {
		return n.entry(c.Schema(), c.Keys())
	}
	return n[node.Schema()]
}

func (n names) entry(s *schema.Node, keys []schema.Value) *gpb.PathElem {
	if len(keys) == 0 {
		return n[s]
	}
	e := &gpb.PathElem{Name: n[s].Name, Key: make(map[string]string, len(keys))}
	for i, k := range s.Keys {
		e.Key[k.Name] = keys[i].String()
	}
	return e
}

// elems returns the path of a cursor's node.
func (n names) elems(c *tree.Cursor) []*gpb.PathElem {
	var path []*gpb.PathElem
	for ; c.Up() != nil; c = c.Up() {
		path = append(path, n.elem(c.Node()))
	}
	slices.Reverse(path)
	return path
}

// steps returns a path in gNMI's form.
func (n names) steps(p tree.Path) []*gpb.PathElem {
	path := make([]*gpb.PathElem, len(p))
	for i, s := range p {
		path[i] = n.entry(s.Node, s.Keys)
	}
	return path
}
