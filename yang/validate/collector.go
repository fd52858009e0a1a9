package validate

import (
	"slices"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// collector walks a created or deleted subtree and counts what it contributes.
type collector struct {
	*run
	sign int32
	path tree.Path // of the node being visited
	base int       // length of the path at the top of the subtree
}

func newCollector(r *run, path tree.Path, sign int32) *collector {
	return &collector{r, sign, append(make(tree.Path, 0, len(path)+4), path...), len(path)}
}

// all counts a list or leaf-list, whose step ends the path, as a whole.
func (c *collector) all(n tree.Node) {
	if n != nil {
		c.path = c.path[:len(c.path)-1]
		c.entries(n)
	}
}

func (c *collector) node(n tree.Node) {
	p := c.facts[n.Schema()]
	if p == nil {
		return
	}
	switch x := n.(type) {
	case *tree.Leaf:
		c.leaf(p, x)
	case *tree.Container:
		for _, u := range p.uniques {
			c.countTuple(u, x, c.path, c.sign)
		}
		if p.below {
			c.children(x)
		}
	}
}

func (c *collector) children(parent *tree.Container) {
	for k := range parent.Children() {
		switch k.(type) {
		case *tree.List, *tree.LeafList:
			c.entries(k)
		default:
			c.child(k, schema.PathStep{Node: k.Schema()})
		}
	}
}

func (c *collector) entries(n tree.Node) {
	if c.facts[n.Schema()] == nil {
		return
	}
	switch x := n.(type) {
	case *tree.List:
		i := uint64(0)
		for entry := range x.All() {
			step := schema.PathStep{Node: x.Schema(), Keys: entry.Keys()}
			if i++; len(step.Keys) == 0 {
				step.Position = i
			}
			c.child(entry, step)
		}
	case *tree.LeafList:
		for leaf := range x.All() {
			value := leaf.Value()
			c.child(leaf, schema.PathStep{Node: x.Schema(), Value: &value})
		}
	}
}

func (c *collector) child(n tree.Node, step schema.PathStep) {
	c.path = append(c.path, step)
	c.node(n)
	c.path = c.path[:len(c.path)-1]
}

func (c *collector) leaf(p *factPlan, l *tree.Leaf) {
	for _, ref := range p.referrals {
		c.refer(ref, l)
	}
	for _, ref := range p.sought {
		c.went(ref, l)
	}
	for _, role := range p.roles {
		g := role.group
		if g.single {
			c.local(role, l)
			continue
		}
		key := append(indexKey(g.id, c.path[:g.depth]), l.Value().String()...)
		change := count{refs: c.sign}
		if role.target {
			change = count{targets: c.sign}
		}
		t := c.bump(key, change)
		if t.group == nil {
			t.group, t.anchor, t.value = g, slices.Clone(c.path[:g.depth]), l.Value()
		}
	}
}
