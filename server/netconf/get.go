package netconf

import (
	"bytes"
	"context"
	"fmt"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// get returns configuration and state (RFC 6241 section 7.7).
func (s *Session) get(_ context.Context, p *params) (body, error) {
	view, err := s.server.operational()
	if err != nil {
		return nil, err
	}
	return s.data(view, tree.ConfigAndState, p)
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
	return s.data(s.server.store.ConfigOf(s.id, name), tree.ConfigOnly, p)
}

// operational returns the operational tree with what the state providers add.
func (s *Server) operational() (*tree.Tree, error) {
	e := s.store.Operational().Edit()
	providers := append(s.State(), s.config.State...)
	for _, provide := range s.publisher.State() {
		providers = append(providers, provide)
	}
	for _, provide := range providers {
		node := provide()
		if node == nil {
			continue
		}
		if err := datastore.MergeState(e, node); err != nil {
			return nil, fmt.Errorf("add state of %s: %w", node.Schema().Name, err)
		}
	}
	return e.Tree(), nil
}

// readable returns what of a tree the user may read.
func (s *Session) readable(t *tree.Tree) *tree.Tree {
	return tree.FromRoot(s.server.schema, s.server.access.Readable(s.peer.User, t.Root()))
}

// data returns what of the tree the user may read and the filter selects, with
// the defaults that the client asks for.
func (s *Session) data(t *tree.Tree, scope tree.Scope, p *params) (body, error) {
	mode, err := oneOf(p, "with-defaults", withDefaults)
	if err != nil {
		return nil, err
	}
	filter, err := s.filterOf(p)
	if err != nil {
		return nil, err
	}
	selected, err := filter(s.readable(t), func(within *tree.Container) *tree.Tree {
		return s.readable(s.server.defaults.fill(t, within, reporting{mode: mode, scope: scope}))
	})
	if err != nil {
		return nil, err
	}
	// What is in use is stored by now, so that of the modes trim alone is left.
	opt := xml.EncodeOptions{}
	if mode == xml.Trim {
		opt.Defaults = mode
	}
	return func(b *bytes.Buffer) error {
		b.WriteString("<data>")
		if err := xml.Encode(b, selected.Root(), opt); err != nil {
			return err
		}
		b.WriteString("</data>")
		return nil
	}, nil
}
