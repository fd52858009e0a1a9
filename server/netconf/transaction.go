package netconf

import "context"

// lock takes a datastore for this session alone (RFC 6241 section 7.5).
func (s *Session) lock(ctx context.Context, p *params) (body, error) {
	target, err := p.require("target")
	if err != nil {
		return nil, err
	}
	name, err := datastoreOf(target)
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
	name, err := datastoreOf(target)
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
	source, err := s.sourceOf(p)
	if err != nil {
		return nil, err
	}
	return nil, s.server.store.ValidateTree(ctx, source.tree)
}
