package netconf

import (
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/subtree"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
	"github.com/optical-net/waveguard/yang/xpath"
)

// selectionOf reads the filter of get-data, which may be absent. It leaves no
// more than so many levels of each node that it selects; 0 is all.
func (s *Session) selectionOf(p *params, levels int) (dataFilter, error) {
	byTree, byPath := p.get("subtree-filter"), p.get("xpath-filter")
	switch {
	case byTree != nil && byPath != nil:
		return nil, protocolError(tagBadElement, "subtree-filter and xpath-filter exclude each other", "bad-element", "xpath-filter")
	case byTree != nil:
		return s.bySubtree(byTree, levels)
	case byPath != nil:
		return s.byXPath(byPath, levels)
	}
	return func(data *tree.Tree, fill func(*tree.Container) *tree.Tree) (*tree.Tree, error) {
		return shallowBelow(fill(data.Root()), levels), nil
	}, nil
}

func (s *Session) bySubtree(f *xml.Element, levels int) (dataFilter, error) {
	parsed, err := subtree.Parse(s.server.schema, f)
	return func(data *tree.Tree, fill func(*tree.Container) *tree.Tree) (*tree.Tree, error) {
		root := fill(parsed.Reach(data.Root())).Root()
		if levels == 0 {
			root = parsed.Apply(root)
		} else {
			root = parsed.Limit(root, levels)
		}
		return tree.FromRoot(data.Schema(), root), nil
	}, err
}

// shallowBelow limits all that is below the root.
func shallowBelow(t *tree.Tree, levels int) *tree.Tree {
	if levels == 0 {
		return t
	}
	return tree.FromRoot(t.Schema(), tree.Shallow(t.Root(), levels+1).(*tree.Container))
}

func (s *Session) byXPath(f *xml.Element, levels int) (dataFilter, error) {
	expr, err := s.parseXPath("xpath-filter", f.TrimmedText(), f)
	return func(data *tree.Tree, fill func(*tree.Container) *tree.Tree) (*tree.Tree, error) {
		filled, nodes, err := selectedNodes(data, expr, fill)
		if err != nil {
			return nil, err
		}
		return limited(tree.Project(filled, nodes), nodes, levels), nil
	}, err
}

// limited limits the nodes in t that were selected.
func limited(t *tree.Tree, nodes []xpath.Node, levels int) *tree.Tree {
	if levels == 0 {
		return t
	}
	l := limiter{selected: map[string]bool{}, levels: levels}
	for _, n := range nodes {
		if c, ok := n.(*tree.Cursor); ok {
			if len(c.Path()) == 0 {
				return shallowBelow(t, levels)
			}
			l.selected[c.Path().String()] = true
		}
	}
	return tree.FromRoot(t.Schema(), l.below(nil, t.Root()))
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
