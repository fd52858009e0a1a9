package gnmi

import (
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// names writes the paths of data nodes. Paths are the fields of the message
// Path in wire form; a node's path begins with its parent's.
type names map[*schema.Node]name

// name is how a node is called, and its path element when that has no keys.
type name struct {
	text string
	elem []byte
}

func newNames(set *schema.Set) names {
	n := names{}
	n.add(set.Root)
	return n
}

func (n names) add(parent *schema.Node) {
	for _, c := range parent.DataChildren {
		if c.IsData() {
			text := localName(parent, c)
			n[c] = name{text, appendElem(nil, c, text, nil)}
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

// append extends the path of a node's parent to the node.
func (n names) append(path []byte, node tree.Node) []byte {
	if c, ok := node.(*tree.Container); ok && c.Schema().Kind == schema.List {
		return n.entry(path, c.Schema(), c.Keys())
	}
	return append(path, n[node.Schema()].elem...)
}

func (n names) entry(path []byte, s *schema.Node, keys []schema.Value) []byte {
	if len(keys) == 0 {
		return append(path, n[s].elem...)
	}
	return appendElem(path, s, n[s].text, keys)
}

// path returns the path of a cursor's node.
func (n names) path(c *tree.Cursor) []byte {
	if c.Up() == nil {
		return nil
	}
	return n.append(n.path(c.Up()), c.Node())
}

// steps appends a path of the tree.
func (n names) steps(dst []byte, p tree.Path) []byte {
	for _, s := range p {
		dst = n.entry(dst, s.Node, s.Keys)
	}
	return dst
}
