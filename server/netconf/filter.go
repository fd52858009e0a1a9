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

// dataFilter selects part of a tree.
type dataFilter struct {
	apply func(*tree.Tree) (*tree.Tree, error)
	// reach returns the part of what a tree holds where defaults can matter.
	reach func(*tree.Container) *tree.Container
}

// unfiltered is no filter.
var unfiltered = dataFilter{
	func(t *tree.Tree) (*tree.Tree, error) { return t, nil },
	func(root *tree.Container) *tree.Container { return root },
}

// filterOf reads the filter parameter, which may be absent.
func (s *Session) filterOf(p *params) (dataFilter, error) {
	f := p.get("filter")
	if f == nil {
		return unfiltered, nil
	}
	if kind, _ := filterAttr(f, "type"); kind == "xpath" {
		apply := func(t *tree.Tree) (*tree.Tree, error) { return s.selected(t, f) }
		return dataFilter{apply, unfiltered.reach}, nil
	}
	parsed, err := s.subtreeFilter(f)
	if err != nil {
		return dataFilter{}, err
	}
	apply := func(t *tree.Tree) (*tree.Tree, error) {
		return tree.FromRoot(s.server.schema, parsed.Apply(t.Root())), nil
	}
	return dataFilter{apply, parsed.Reach}, nil
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

// selected returns the part of t that an XPath filter selects.
func (s *Session) selected(t *tree.Tree, f *xml.Element) (*tree.Tree, error) {
	expr, err := s.expression(f)
	if err != nil {
		return nil, err
	}
	nodes, err := selectedNodes(t, expr)
	if err != nil {
		return nil, err
	}
	return tree.Project(t, nodes), nil
}

func selectedNodes(t *tree.Tree, expr *xpath.Expr) ([]xpath.Node, error) {
	nodes, err := expr.Nodes(xpath.Context{Node: tree.NewCursor(t, tree.ConfigAndState), MaxVisits: maxVisits})
	switch {
	case errors.Is(err, xpath.ErrTooManyVisits):
		return nil, protocolError(datastore.TagResourceDenied, "select: "+err.Error()+"; name the nodes wanted, and keys, instead of searching for them")
	case err != nil: // RFC 6241 section 8.9.4.1: also what is no set of nodes
		return nil, protocolError(tagInvalidValue, "select: "+err.Error())
	}
	return nodes, nil
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
