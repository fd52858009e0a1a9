package netconf

import (
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/subtree"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// selection returns what the filter of get-data selects of t, each selected node
// with no more than so many levels; 0 is all.
func (s *Session) selection(t *tree.Tree, p *params, levels int) (*tree.Container, error) {
	byTree, byPath := p.get("subtree-filter"), p.get("xpath-filter")
	switch {
	case byTree != nil && byPath != nil:
		return nil, protocolError(tagBadElement, "subtree-filter and xpath-filter exclude each other", "bad-element", "xpath-filter")
	case byTree != nil:
		return s.bySubtree(t, byTree, levels)
	case byPath != nil:
		return s.byXPath(t, byPath, levels)
	}
	return shallowBelow(t.Root(), levels), nil
}

func (s *Session) bySubtree(t *tree.Tree, f *xml.Element, levels int) (*tree.Container, error) {
	filter, err := subtree.Parse(s.server.schema, f)
	switch {
	case err != nil:
		return nil, err
	case levels == 0:
		return filter.Apply(t.Root()), nil
	}
	return filter.Limit(t.Root(), levels), nil
}

// shallowBelow limits all that is below root.
func shallowBelow(root *tree.Container, levels int) *tree.Container {
	if levels == 0 {
		return root
	}
	return tree.Shallow(root, levels+1).(*tree.Container)
}

func (s *Session) byXPath(t *tree.Tree, f *xml.Element, levels int) (*tree.Container, error) {
	expr, err := s.parseXPath("xpath-filter", f.TrimmedText(), f)
	if err != nil {
		return nil, err
	}
	nodes, err := selectedNodes(t, expr)
	if err != nil {
		return nil, err
	}
	root := tree.Project(t, nodes).Root()
	if levels == 0 {
		return root, nil
	}
	l := limiter{selected: map[string]bool{}, levels: levels}
	for _, n := range nodes {
		if c, ok := n.(*tree.Cursor); ok {
			l.selected[c.Path().String()] = true
		}
	}
	if l.selected[tree.Path(nil).String()] {
		return shallowBelow(root, levels), nil
	}
	return l.below(nil, root), nil
}

// limiter limits the levels of nodes that were selected by their paths.
type limiter struct {
	selected map[string]bool
	levels   int
}

func (l limiter) below(path tree.Path, c *tree.Container) *tree.Container {
	var kids []tree.Node
	for k := range c.Children() {
		at := append(path[:len(path):len(path)], schema.PathStep{Node: k.Schema()})
		switch x := k.(type) {
		case *tree.Container:
			k = l.node(at, x)
		case *tree.List:
			k = l.list(at, x)
		}
		kids = append(kids, k)
	}
	return tree.WithMeta(tree.NewContainer(c.Schema(), kids), tree.Meta(c)).(*tree.Container)
}

func (l limiter) node(path tree.Path, c *tree.Container) *tree.Container {
	if l.selected[path.String()] {
		return tree.Shallow(c, l.levels).(*tree.Container)
	}
	return l.below(path, c)
}

func (l limiter) list(path tree.Path, all *tree.List) *tree.List {
	var entries []*tree.Container
	for e := range all.All() {
		path[len(path)-1].Keys = e.Keys()
		entries = append(entries, l.node(path, e))
	}
	return tree.NewList(all.Schema(), entries)
}
