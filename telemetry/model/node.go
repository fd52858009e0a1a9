package model

import (
	"strconv"
	"time"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Node collects the children of a container or list entry by their names.
type Node struct {
	of   *schema.Node
	kids []tree.Node
}

// Of starts a node of that definition.
func Of(n *schema.Node) *Node { return &Node{of: n} }

// Leaf adds a leaf with a value in canonical form.
func (n *Node) Leaf(name, canonical string) { n.Add(Leaf(n.of, name, canonical)) }

// Count adds a leaf with a number.
func (n *Node) Count(name string, value uint64) { n.Leaf(name, strconv.FormatUint(value, 10)) }

// Text adds a leaf with what its type admits, and leaves out what it does not.
func (n *Node) Text(name, text string) {
	s := n.of.Child("", name)
	if v, err := s.ParseValue(text); err == nil {
		n.Add(tree.NewLeaf(s, v))
	}
}

// Add adds finished nodes.
func (n *Node) Add(kids ...tree.Node) { n.kids = append(n.kids, kids...) }

// Below starts a child container or list entry.
func (n *Node) Below(name string) *Node { return Of(n.of.Child("", name)) }

// Container finishes the node. Nothing may be added afterwards.
func (n *Node) Container() *tree.Container { return tree.NewContainer(n.of, n.kids) }

// Leaf returns the leaf of that name in nodes of a definition. It may be shared
// by any number of them.
func Leaf(of *schema.Node, name, canonical string) *tree.Leaf {
	s := of.Child("", name)
	return tree.NewLeaf(s, s.Type.Unchecked(canonical))
}

// Timestamp writes a time as date-and-time of RFC 6991 has it.
func Timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// Value returns the value of a leaf in force in a container, the default if it
// has none; "" is no value. The container may be nil: of is its definition.
func Value(of *schema.Node, c *tree.Container, name string) string {
	if c != nil {
		if v, ok := c.Leaf(name); ok {
			return v.String()
		}
	}
	if d := of.Child("", name).Defaults; len(d) > 0 {
		return d[0].String()
	}
	return ""
}

// Number is Value for a leaf that is a number; ok is false if it has no value.
func Number(of *schema.Node, c *tree.Container, name string) (n uint64, ok bool) {
	n, err := strconv.ParseUint(Value(of, c, name), 10, 64)
	return n, err == nil
}

// Notification returns the definition of a notification of an implemented
// module, or nil.
func Notification(set *schema.Set, module, name string) *schema.Node {
	if m := set.Module(module); m != nil && m.Implemented {
		for _, n := range m.Notifications {
			if n.Name == name {
				return n
			}
		}
	}
	return nil
}
