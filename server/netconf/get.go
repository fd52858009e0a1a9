package netconf

import (
	"bytes"
	"context"
	"fmt"

	"github.com/optical-net/waveguard/yang/subtree"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// get returns configuration and state (RFC 6241 section 7.7).
func (s *Session) get(_ context.Context, p *params) (body, error) {
	view, err := s.server.operational()
	if err != nil {
		return nil, err
	}
	return s.data(view, p)
}

// getConfig returns the content of a datastore (RFC 6241 section 7.1).
func (s *Session) getConfig(_ context.Context, p *params) (body, error) {
	source, err := p.require("source")
	if err != nil {
		return nil, err
	}
	name, err := datastoreOf(source)
	if err != nil {
		return nil, err
	}
	return s.data(s.server.store.Config(name), p)
}

// operational returns the operational tree with what the state providers add.
func (s *Server) operational() (*tree.Tree, error) {
	e := s.store.Operational().Edit()
	for _, provide := range append(s.State(), s.config.State...) {
		node := provide()
		if node == nil {
			continue
		}
		// What is there already may be an older version of the same.
		if _, err := e.DeletePath(tree.Path{{Node: node.Schema()}}); err != nil {
			return nil, fmt.Errorf("replace state of %s: %w", node.Schema().Name, err)
		}
		if err := e.Merge(nil, node); err != nil {
			return nil, fmt.Errorf("add state of %s: %w", node.Schema().Name, err)
		}
	}
	return e.Tree(), nil
}

// data returns what of the tree the user may read and the filter selects.
func (s *Session) data(t *tree.Tree, p *params) (body, error) {
	root := s.server.access.Readable(s.peer.User, t.Root())
	if f := p.get("filter"); f != nil {
		filter, err := s.subtreeFilter(f)
		if err != nil {
			return nil, err
		}
		root = filter.Apply(root)
	}
	return func(b *bytes.Buffer) error {
		b.WriteString("<data>")
		if err := xml.Encode(b, root, xml.EncodeOptions{}); err != nil {
			return err
		}
		b.WriteString("</data>")
		return nil
	}, nil
}

func (s *Session) subtreeFilter(f *xml.Element) (*subtree.Filter, error) {
	if err := mustBeSubtree(f); err != nil {
		return nil, err
	}
	return subtree.Parse(s.server.schema, f)
}

// mustBeSubtree refuses filters of other types. Some controllers put the type
// attribute into the base namespace.
func mustBeSubtree(f *xml.Element) error {
	kind, ok := f.Attr("", "type")
	if !ok {
		kind, ok = f.Attr(nsBase, "type")
	}
	if ok && kind != "subtree" {
		return protocolError(tagBadAttribute, fmt.Sprintf("filter type %q is not supported, only subtree is", kind),
			"bad-attribute", "type", "bad-element", f.Name.Local)
	}
	return nil
}
