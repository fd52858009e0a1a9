package datastore

import (
	"fmt"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// mirror knows which state leafs repeat which config leafs.
type mirror struct {
	set *schema.Set
	// leafs maps a leaf or leaf-list of a "config" container to its double in
	// the sibling "state".
	leafs map[*schema.Node]*schema.Node
	// leads holds all nodes that have such a leaf below them.
	leads map[*schema.Node]bool
}

func newMirror(set *schema.Set, unmirrored []string) (*mirror, error) {
	m := &mirror{set: set, leafs: map[*schema.Node]*schema.Node{}, leads: map[*schema.Node]bool{}}
	m.visit(set.Root)
	for _, path := range unmirrored {
		n, err := set.Find(path)
		if err != nil {
			return nil, fmt.Errorf("find unmirrored leaf: %w", err)
		}
		delete(m.leafs, n)
	}
	for n := range m.leafs {
		for p := n.DataParent; p != nil && !m.leads[p]; p = p.DataParent {
			m.leads[p] = true
		}
	}
	return m, nil
}

func (m *mirror) visit(n *schema.Node) {
	for _, k := range n.DataChildren {
		if !k.IsData() || !k.Config {
			continue
		}
		if state := siblingState(k); state != nil {
			m.pair(k, state)
		}
		m.visit(k)
	}
}

// siblingState returns the container "state" that stands beside a container
// "config" of the same module, or nil.
func siblingState(n *schema.Node) *schema.Node {
	if n.Kind != schema.Container || n.Name != "config" {
		return nil
	}
	s := n.DataParent.Child(n.Module.Name, "state")
	if s == nil || s.Kind != schema.Container || s.Config {
		return nil
	}
	return s
}

func (m *mirror) pair(config, state *schema.Node) {
	for _, leaf := range config.DataChildren {
		if leaf.Kind != schema.Leaf && leaf.Kind != schema.LeafList {
			continue
		}
		if double := state.Child(leaf.Module.Name, leaf.Name); double != nil && double.Kind == leaf.Kind {
			m.leafs[leaf] = double
		}
	}
}

// operational returns the operational tree of a configuration without any state.
func (m *mirror) operational(config *tree.Tree) *tree.Tree {
	return tree.FromRoot(m.set, m.inside(config.Root()))
}

// with returns a configuration subtree with the state that repeats it.
func (m *mirror) with(n tree.Node) tree.Node {
	if !m.leads[n.Schema()] {
		return n
	}
	switch x := n.(type) {
	case *tree.Container:
		return m.inside(x)
	case *tree.List:
		entries := make([]*tree.Container, 0, x.Len())
		for entry := range x.All() {
			entries = append(entries, m.inside(entry))
		}
		return tree.NewList(x.Schema(), entries)
	}
	return n
}

func (m *mirror) inside(c *tree.Container) *tree.Container {
	kids := make([]tree.Node, 0, c.Len()+1)
	for k := range c.Children() {
		kids = append(kids, m.with(k))
		if state := m.stateOf(k); state != nil {
			kids = append(kids, state)
		}
	}
	return tree.NewContainer(c.Schema(), kids)
}

// stateOf returns the state that repeats n if it is a "config" container, or nil.
func (m *mirror) stateOf(n tree.Node) tree.Node {
	c, ok := n.(*tree.Container)
	if !ok || siblingState(c.Schema()) == nil {
		return nil
	}
	var kids []tree.Node
	for k := range c.Children() {
		if double := m.leafs[k.Schema()]; double != nil {
			kids = append(kids, repeated(double, k))
		}
	}
	if kids == nil {
		return nil
	}
	return tree.NewContainer(siblingState(c.Schema()), kids)
}

// repeated returns the leaf or leaf-list n as an instance of double.
func repeated(double *schema.Node, n tree.Node) tree.Node {
	if l, ok := n.(*tree.LeafList); ok {
		values := make([]schema.Value, 0, l.Len())
		for leaf := range l.All() {
			values = append(values, leaf.Value())
		}
		return tree.NewLeafList(double, values)
	}
	return tree.NewLeaf(double, n.(*tree.Leaf).Value())
}
