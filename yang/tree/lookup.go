package tree

import "github.com/optical-net/waveguard/yang/schema"

// Find returns the node that path identifies, or nil. A path that ends at a
// list or leaf-list without keys or value finds the whole of it.
func (t *Tree) Find(path Path) Node { return find(t.root, path) }

func find(n Node, path Path) Node {
	for _, step := range path {
		c, ok := n.(*Container)
		if !ok {
			return nil
		}
		if n = descend(c, step); n == nil {
			return nil
		}
	}
	return n
}

func descend(c *Container, step schema.PathStep) Node {
	n := c.Child(step.Node)
	switch x := n.(type) {
	case *List:
		if step.Keys != nil || step.Position > 0 {
			return entryAt(x.schema, &x.entries, step)
		}
	case *LeafList:
		if step.Value != nil || step.Position > 0 {
			return entryAt(x.schema, &x.entries, step)
		}
	}
	return n
}

func entryAt(s *schema.Node, e *entries, step schema.PathStep) Node {
	switch {
	case step.Keys != nil:
		return e.lookup(s, encodeKeys(step.Keys))
	case step.Value != nil && !keyless(s):
		return e.lookup(s, encodeKeys([]schema.Value{*step.Value}))
	}
	i := uint64(0)
	for _, n := range e.nodes.All() {
		if i++; i == step.Position || step.Value != nil && n.(*Leaf).value == *step.Value {
			return n
		}
	}
	return nil
}
