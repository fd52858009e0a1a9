package subtree

import "github.com/optical-net/waveguard/yang/tree"

// Reach returns the part of the tree below root in which the filter may select
// something, whatever the leafs there are that are no keys: what nothing in the
// filter names is left out, and so are the list entries with other keys. It tells
// where values that the tree does not hold, such as defaults, can matter.
func (f *Filter) Reach(root *tree.Container) *tree.Container {
	return reach(root, []*siblings{f.top})
}

func reach(c *tree.Container, alternatives []*siblings) *tree.Container {
	for _, s := range alternatives {
		if !s.never && !s.others && len(s.matches) > 0 {
			return c // RFC 6241 section 6.2.5: it may be selected whole
		}
	}
	kids := make([]tree.Node, 0, c.Len())
	for k := range c.Children() {
		if n := reachable(k, alternatives); n != nil {
			kids = append(kids, n)
		}
	}
	return tree.NewContainer(c.Schema(), kids)
}

func reachable(k tree.Node, alternatives []*siblings) tree.Node {
	whole, below := picked(k.Schema(), alternatives)
	if whole {
		return k
	}
	switch x := k.(type) {
	case *tree.Container:
		if len(below) == 0 {
			return nil
		}
		return reach(x, below)
	case *tree.List:
		if len(below) == 0 {
			return nil
		}
		var out []*tree.Container
		for entry, relevant := range candidates(x, below) {
			out = append(out, reach(entry, relevant))
		}
		return tree.NewList(x.Schema(), out)
	}
	return k
}
