package netconf

import (
	"errors"
	"fmt"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/subtree"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
	"github.com/optical-net/waveguard/yang/xpath"
)

// maxVisits bounds the work of one XPath filter: a second or so at worst.
const maxVisits = 5_000_000

// dataFilter returns the part of data that it selects. Fill returns the data with
// the defaults that are to be shown, in the part within it at least.
type dataFilter func(data *tree.Tree, fill func(within *tree.Container) *tree.Tree) (*tree.Tree, error)

func unfiltered(data *tree.Tree, fill func(*tree.Container) *tree.Tree) (*tree.Tree, error) {
	return fill(data.Root()), nil
}

// filterOf reads the filter parameter, which may be absent.
func (s *Session) filterOf(p *params) (dataFilter, error) {
	f := p.get("filter")
	if f == nil {
		return unfiltered, nil
	}
	if kind, _ := filterAttr(f, "type"); kind == "xpath" {
		expr, err := s.expression(f)
		return func(data *tree.Tree, fill func(*tree.Container) *tree.Tree) (*tree.Tree, error) {
			return selected(data, expr, fill)
		}, err
	}
	filter, err := s.subtreeFilter(f)
	return func(data *tree.Tree, fill func(*tree.Container) *tree.Tree) (*tree.Tree, error) {
		return tree.FromRoot(data.Schema(), filter.Apply(fill(filter.Reach(data.Root())).Root())), nil
	}, err
}

func (s *Session) subtreeFilter(f *xml.Element) (*subtree.Filter, error) {
	if err := mustBeSubtree(f); err != nil {
		return nil, err
	}
	return subtree.Parse(s.server.schema, f)
}

func mustBeSubtree(f *xml.Element) error {
	kind, ok := filterAttr(f, "type")
	if ok && kind != "subtree" {
		return protocolError(tagBadAttribute, fmt.Sprintf("filter type %q is not supported here", kind),
			"bad-attribute", "type", "bad-element", f.Name.Local)
	}
	return nil
}

// filterAttr returns an attribute of a filter. Some controllers put it into the
// base namespace.
func filterAttr(f *xml.Element, name string) (value string, ok bool) {
	if value, ok = f.Attr("", name); !ok {
		value, ok = f.Attr(nsBase, name)
	}
	return value, ok
}

// expression reads the expression of an XPath filter (RFC 6241 section 8.9).
func (s *Session) expression(f *xml.Element) (*xpath.Expr, error) {
	text, ok := filterAttr(f, "select")
	if !ok {
		return nil, protocolError(tagMissingAttribute, "a filter of type xpath needs the attribute select",
			"bad-attribute", "select", "bad-element", f.Name.Local)
	}
	return s.parseXPath("select", text, f)
}

// parseXPath reads an expression with the prefixes in scope of f.
func (s *Session) parseXPath(what, text string, f *xml.Element) (*xpath.Expr, error) {
	expr, err := xpath.Parse(text, s.server.prefixes(f))
	if err != nil {
		return nil, protocolError(tagInvalidValue, what+": "+err.Error())
	}
	return expr, nil
}

// selected returns the part of data that an expression selects.
func selected(data *tree.Tree, expr *xpath.Expr, fill func(*tree.Container) *tree.Tree) (*tree.Tree, error) {
	filled, nodes, err := selectedNodes(data, expr, fill)
	if err != nil {
		return nil, err
	}
	return tree.Project(filled, nodes), nil
}

// selectedNodes returns the nodes that an expression selects, in a tree with the
// defaults that are to be shown. It sees the defaults in use, stored or not, so
// that it need not be asked again when they are.
func selectedNodes(data *tree.Tree, expr *xpath.Expr, fill func(*tree.Container) *tree.Tree) (filled *tree.Tree, same []xpath.Node, err error) {
	nodes, err := expr.Nodes(xpath.Context{Node: tree.NewCursor(data, tree.ConfigAndState), MaxVisits: maxVisits})
	switch {
	case errors.Is(err, xpath.ErrTooManyVisits):
		return nil, nil, protocolError(datastore.TagResourceDenied, "select: "+err.Error()+"; name the nodes wanted, and keys, instead of searching for them")
	case err != nil: // RFC 6241 section 8.9.4.1: also what is no set of nodes
		return nil, nil, protocolError(tagInvalidValue, "select: "+err.Error())
	}
	paths, held := make([]tree.Path, len(nodes)), make([]xpath.Node, len(nodes))
	for i, n := range nodes {
		if n.Kind() == xpath.Text {
			n = n.Parent()
		}
		paths[i] = n.(*tree.Cursor).Path()
		held[i] = heldAt(data, n.(*tree.Cursor))
	}
	filled = fill(tree.Project(data, held).Root())
	root := tree.NewCursor(filled, tree.ConfigAndState)
	for _, path := range paths {
		if c := root.Reach(path); c != nil {
			same = append(same, c)
		}
	}
	return filled, same, nil
}

// heldAt returns c, or the nearest ancestor that data holds when c is in use only.
func heldAt(data *tree.Tree, c *tree.Cursor) *tree.Cursor {
	for data.Find(c.Path()) == nil {
		c = c.Up()
	}
	return c
}

// prefixes resolves the prefixes in scope of a filter (RFC 6241 section 8.9.1).
// A namespace that the server does not know is no module's: nothing is in it.
// Names without a prefix are of any module, which is what controllers mean that
// leave prefixes out; the RFC has them in no namespace, where no data is.
func (s *Server) prefixes(f *xml.Element) xpath.Resolver {
	return func(prefix string) (module string, err error) {
		if prefix == "" {
			return "", nil
		}
		space, ok := f.Resolve(prefix)
		if !ok {
			return "", fmt.Errorf("the prefix %q is not declared", prefix)
		}
		if m := s.schema.ModuleByNamespace(space); m != nil {
			return m.Name, nil
		}
		return space, nil
	}
}
