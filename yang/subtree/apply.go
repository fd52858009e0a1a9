package subtree

import (
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Apply returns the part of the tree below root that the filter selects: a root
// that shares with the given one whatever is selected whole. A list entry comes
// with its keys, whatever else of it is selected.
func (f *Filter) Apply(root *tree.Container) *tree.Container {
	if c := within(root, []*siblings{f.top}); c != nil {
		return c
	}
	return tree.NewContainer(f.root, nil)
}

// Select returns the part of a top-level node, such as a notification, that the
// filter selects, or nil.
func (f *Filter) Select(n *tree.Container) *tree.Container {
	if f.top.never || len(f.top.matches) > 0 {
		return nil
	}
	c, _ := part(n, []*siblings{f.top}).(*tree.Container)
	return c
}

// SelectWithin is Select for a notification that the instance at a path sends
// (RFC 7950 section 7.16.2): of the nodes above it, the filter sees the keys.
func (f *Filter) SelectWithin(at tree.Path, n *tree.Container) *tree.Container {
	active := []*siblings{f.top}
	if len(at) > 0 && (f.top.never || len(f.top.matches) > 0) {
		return nil
	}
	for _, step := range at {
		whole, below := picked(step.Node, active)
		if whole {
			return n
		}
		above := instance(step)
		active = nil
		for _, s := range below {
			switch {
			case !s.holds(above):
			case !s.others && len(s.matches) > 0:
				return n // RFC 6241 section 6.2.5: content matches alone select the whole parent
			default:
				active = append(active, s)
			}
		}
	}
	if len(at) == 0 {
		return f.Select(n)
	}
	c, _ := part(n, active).(*tree.Container)
	return c
}

// instance returns what is known of the node at the end of a path.
func instance(step schema.PathStep) *tree.Container {
	kids := make([]tree.Node, len(step.Keys))
	for i, v := range step.Keys {
		kids[i] = tree.NewLeaf(step.Node.Keys[i], v)
	}
	return tree.NewContainer(step.Node, kids)
}

// within returns the part of c that the alternatives select, nil for nothing.
func within(c *tree.Container, alternatives []*siblings) *tree.Container {
	active := make([]*siblings, 0, len(alternatives))
	for _, s := range alternatives {
		if !s.holds(c) {
			continue
		}
		if !s.others && len(s.matches) > 0 {
			return c // RFC 6241 section 6.2.5: content matches alone select the whole parent
		}
		active = append(active, s)
	}
	if len(active) == 0 {
		return nil
	}
	kids, selected, same := make([]tree.Node, 0, c.Len()), false, true
	for k := range c.Children() {
		n := part(k, active)
		selected = selected || n != nil
		if n == nil && k.Schema().IsKey() {
			n = k
		}
		if same = same && n == k; n != nil {
			kids = append(kids, n)
		}
	}
	switch {
	case !selected:
		return nil
	case same:
		return c
	}
	return tree.WithMeta(tree.NewContainer(c.Schema(), kids), tree.Meta(c)).(*tree.Container)
}

// holds says whether all content matches hold among the children of c.
func (s *siblings) holds(c *tree.Container) bool {
	if s.never {
		return false
	}
	for _, m := range s.matches {
		if !m.holds(c) {
			return false
		}
	}
	return true
}

func (m *match) holds(c *tree.Container) bool {
	for n, wants := range m.wants {
		switch x := c.Child(n).(type) {
		case *tree.Leaf:
			if hasValue(wants, x) {
				return true
			}
		case *tree.LeafList:
			for leaf := range x.All() {
				if hasValue(wants, leaf) {
					return true
				}
			}
		}
	}
	return false
}

func hasValue(wants []schema.Value, l *tree.Leaf) bool {
	for _, w := range wants {
		if w.String() == l.Value().String() {
			return true
		}
	}
	return false
}

// part returns the part of n, a child of the node in which the sets hold, that
// they select, or nil.
func part(n tree.Node, active []*siblings) tree.Node {
	whole, below := picked(n.Schema(), active)
	if whole {
		return n
	}
	switch x := n.(type) {
	case *tree.Container:
		if len(below) > 0 {
			return orNil(within(x, below))
		}
	case *tree.List:
		if len(below) > 0 {
			return entries(x, below)
		}
	case *tree.Leaf:
		if matched(x.Schema(), x, active) {
			return x
		}
	case *tree.LeafList:
		return values(x, active)
	}
	return nil
}

// picked says whether the sets select instances of n whole, and else what selects
// below them.
func picked(n *schema.Node, active []*siblings) (whole bool, below []*siblings) {
	for _, s := range active {
		p := s.picks[n]
		switch {
		case p == nil:
		case p.whole:
			return true, nil
		case below == nil:
			below = p.below[:len(p.below):len(p.below)]
		default:
			below = append(below, p.below...)
		}
	}
	return false, below
}

// orNil turns the nil pointer into the nil Node.
func orNil(c *tree.Container) tree.Node {
	if c == nil {
		return nil
	}
	return c
}

// matched says whether a leaf is one that a content match asked for.
func matched(n *schema.Node, l *tree.Leaf, active []*siblings) bool {
	for _, s := range active {
		for _, m := range s.matches {
			if hasValue(m.wants[n], l) {
				return true
			}
		}
	}
	return false
}

// values returns the entries that content matches asked for.
func values(l *tree.LeafList, active []*siblings) tree.Node {
	var out []*tree.Leaf
	for leaf := range l.All() {
		if matched(l.Schema(), leaf, active) {
			out = append(out, leaf)
		}
	}
	switch len(out) {
	case 0:
		return nil
	case l.Len():
		return l
	}
	return tree.LeafListOf(l.Schema(), out)
}
