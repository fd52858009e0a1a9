package netconf

import (
	"bytes"
	"context"
	"fmt"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// copyConfig makes a datastore equal to another, or to a configuration in the
// request (RFC 6241 section 7.3).
//
// RFC 8341 section 3.2.6: what the user may not read is no part of a datastore that is
// copied. So it goes from the target, which takes the right to delete it there.
func (s *Session) copyConfig(ctx context.Context, p *params) (body, error) {
	target, err := p.require("target")
	if err != nil {
		return nil, err
	}
	if url, ok := s.urlIn(target); ok {
		return nil, s.copyToURL(ctx, p, url)
	}
	to, err := datastoreOf(target)
	if err != nil {
		return nil, err
	}
	from, err := s.sourceOf(ctx, p)
	if err != nil {
		return nil, err
	}
	if from.stored && from.name == to {
		return nil, protocolError(tagInvalidValue, fmt.Sprintf("the %v datastore cannot be copied to itself", to), "bad-element", "source")
	}
	mode, err := oneOf(p, "with-defaults", withDefaults)
	if err != nil {
		return nil, err
	}
	config, err := s.server.as(from.tree, mode)
	if err != nil {
		return nil, err
	}
	if from.stored {
		config = s.readable(config)
	}
	return nil, s.server.store.Copy(ctx, s.actor(), to, config)
}

// deleteConfig deletes what a URL names, and refuses all else (RFC 6241 section 7.4):
// the datastores there are cannot be deleted.
func (s *Session) deleteConfig(ctx context.Context, p *params) (body, error) {
	target, err := p.require("target")
	if err != nil {
		return nil, err
	}
	if url, ok := s.urlIn(target); ok {
		return nil, s.deleteURL(ctx, url)
	}
	name, err := datastoreOf(target)
	if err != nil {
		return nil, err
	}
	hint := "discard-changes makes it equal to running"
	if name == datastore.Running {
		hint = "copy-config replaces its content"
	}
	return nil, protocolError(tagOperationNotSupported, fmt.Sprintf("the %v datastore cannot be deleted; %s", name, hint), "bad-element", name.String())
}

// source is the configuration that a source parameter names.
type source struct {
	tree   *tree.Tree
	stored bool // in the datastore called name
	name   datastore.Name
	inline bool   // it came with the request
	url    string // it was read from
}

// sourceOf reads the parameter of copy-config and validate.
func (s *Session) sourceOf(ctx context.Context, p *params) (source, error) {
	e, err := p.require("source")
	if err != nil {
		return source{}, err
	}
	if config := e.Child(nsBase, "config"); config != nil && len(e.Children) == 1 {
		t, err := s.server.inline(config)
		return source{tree: t, inline: true}, err
	}
	if url, ok := s.urlIn(e); ok {
		config, err := s.fetch(ctx, url)
		if err != nil {
			return source{}, err
		}
		t, err := s.server.inline(config)
		return source{tree: t, url: url}, err
	}
	name, err := datastoreOf(e)
	return source{tree: s.server.store.ConfigOf(s.id, name), stored: true, name: name}, err
}

// inline reads a whole configuration from a request.
func (s *Server) inline(config *xml.Element) (*tree.Tree, error) {
	edit, err := xml.DecodeEdit(s.schema, config, xml.DecodeOptions{})
	if err != nil {
		return nil, err
	}
	e := tree.New(s.schema).Edit()
	if err := e.Apply(edit, tree.Merge); err != nil {
		return nil, err
	}
	return e.Tree(), nil
}

// as returns what a copy of t holds in that mode (RFC 6243 section 4.5.3). What
// is tagged as a default in a copy is so in the target, which holds it without
// storing it.
func (s *Server) as(t *tree.Tree, mode xml.Defaults) (*tree.Tree, error) {
	switch mode {
	case xml.ReportAll:
		return s.defaults.fill(t, t.Root(), reporting{mode: mode, scope: tree.ConfigOnly}), nil
	case xml.Trim:
		return s.trimmed(t)
	}
	return t, nil
}

func (s *Server) trimmed(t *tree.Tree) (*tree.Tree, error) {
	var b bytes.Buffer
	b.WriteString("<config>")
	if err := xml.Encode(&b, t.Root(), xml.EncodeOptions{Defaults: xml.Trim}); err != nil {
		return nil, err
	}
	b.WriteString("</config>")
	config, err := xml.Parse(b.Bytes(), xml.Limits{Bytes: b.Len(), Elements: b.Len()})
	if err != nil {
		return nil, err
	}
	return s.inline(config)
}
