package subtree

import "github.com/optical-net/waveguard/yang/tree"

// Limit is Apply with no more than so many levels of each node that the filter
// selects: what an element stands for that is empty, or has content matches
// alone (max-depth of RFC 8526 section 3.1.1).
func (f *Filter) Limit(root *tree.Container, levels int) *tree.Container {
	return limit(f.Apply(root), []*siblings{f.top}, levels)
}

// limit takes a container that was selected by any of the alternatives.
func limit(c *tree.Container, alternatives []*siblings, levels int) *tree.Container {
	var kids []tree.Node
	for k := range c.Children() {
		whole, below := false, []*siblings(nil)
		for _, a := range alternatives {
			if p := a.picks[k.Schema()]; p != nil {
				whole = whole || p.whole
				below = append(below, p.below...)
			}
		}
		for _, b := range below {
			whole = whole || !b.others
		}
		if whole {
			k = tree.Shallow(k, levels)
		} else {
			k = limitNode(k, below, levels)
		}
		kids = append(kids, k)
	}
	return tree.WithMeta(tree.NewContainer(c.Schema(), kids), tree.Meta(c)).(*tree.Container)
}

func limitNode(n tree.Node, below []*siblings, levels int) tree.Node {
	switch x := n.(type) {
	case *tree.Container:
		return limit(x, below, levels)
	case *tree.List:
		var entries []*tree.Container
		for e := range x.All() {
			entries = append(entries, limit(e, below, levels))
		}
		return tree.NewList(x.Schema(), entries)
	}
	return n
}
