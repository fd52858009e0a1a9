package tree

import "github.com/optical-net/waveguard/yang/schema"

// Find returns the node that path identifies, or nil. A path that ends at a
// list or leaf-list without keys or value finds the whole of it.
func (t *Tree) Find(path Path) Node { return find(t.root, path) }

func find(n Node, path Path) Node {
	for _, step := range path {
		c, ok := n.(*Container)
		if !ok || step.Node == nil {
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
	if !selects(step) {
		return n
	}
	switch x := n.(type) {
	case *List:
		_, n = x.locate(step)
	case *LeafList:
		_, n = x.locate(step)
	}
	return n
}

// selects says whether the step picks one entry of a list or leaf-list.
func selects(step schema.PathStep) bool {
	return len(step.Keys) > 0 || step.Value != nil || step.Position > 0
}
