package netconf

import (
	"context"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/xml"
)

// lock takes a datastore for this session alone (RFC 6241 section 7.5).
func (s *Session) lock(ctx context.Context, p *params) (body, error) {
	target, err := p.require("target")
	if err != nil {
		return nil, err
	}
	name, err := lockable(target)
	if err != nil {
		return nil, err
	}
	return nil, s.server.store.Lock(ctx, name, s.id)
}

// unlock gives a datastore free again (RFC 6241 section 7.6).
func (s *Session) unlock(ctx context.Context, p *params) (body, error) {
	target, err := p.require("target")
	if err != nil {
		return nil, err
	}
	name, err := lockable(target)
	if err != nil {
		return nil, err
	}
	return nil, s.server.store.Unlock(ctx, name, s.id)
}

// discardChanges makes the candidate equal to running (RFC 6241 section 8.3.4.2).
func (s *Session) discardChanges(ctx context.Context, _ *params) (body, error) {
	return nil, s.server.store.Discard(ctx, s.actor())
}

// validate checks a datastore or a configuration in the request (RFC 6241
// section 8.6.4.1).
func (s *Session) validate(ctx context.Context, p *params) (body, error) {
	if e := p.get("source"); e != nil && e.Child(nsNMDA, "datastore") != nil {
		return s.validateNMDA(ctx, e)
	}
	source, err := s.sourceOf(ctx, p)
	if err != nil {
		return nil, err
	}
	return nil, s.server.store.ValidateTree(ctx, source.tree)
}

// validateNMDA checks a datastore that is named in the other way (RFC 8526
// section 3.2).
func (s *Session) validateNMDA(ctx context.Context, source *xml.Element) (body, error) {
	e, err := only(source)
	if err != nil {
		return nil, err
	}
	i, err := nmdaStore(e)
	switch {
	case err != nil:
		return nil, err
	case !nmdaStores[i].config:
		return nil, notThisStore(e, "it is not of configuration alone")
	}
	config, err := s.configOf(nmdaStores[i])
	if err != nil {
		return nil, err
	}
	return nil, s.server.store.ValidateTree(ctx, config)
}

// lockable returns the datastore that a target parameter names, in either way
// (RFC 8526 section 3.2).
func lockable(target *xml.Element) (datastore.Name, error) {
	if e := target.Child(nsNMDA, "datastore"); e != nil && len(target.Children) == 1 {
		return editable(e)
	}
	return datastoreOf(target)
}
