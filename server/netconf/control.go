package netconf

import (
	"context"
	"fmt"
	"strconv"
)

// closeSession ends this session once the reply is written; its locks are free
// when the reply comes (RFC 6241 section 7.8).
func (s *Session) closeSession(context.Context, *params) (body, error) {
	s.server.store.Release(s.id)
	s.closing = true
	return nil, nil
}

// killSession ends another session; its locks are free when the reply comes
// (RFC 6241 section 7.9).
func (s *Session) killSession(ctx context.Context, p *params) (body, error) {
	if _, err := p.require("session-id"); err != nil {
		return nil, err
	}
	text, err := p.text("session-id", "")
	if err != nil {
		return nil, err
	}
	id, err := strconv.ParseUint(text, 10, 32)
	if err != nil || uint32(id) == s.id {
		return nil, protocolError(tagInvalidValue, fmt.Sprintf("session-id is %q, it must be the number of another session", text), "bad-element", "session-id")
	}
	victim := s.server.session(uint32(id))
	if victim == nil {
		return nil, protocolError(tagInvalidValue, fmt.Sprintf("there is no session %d", id), "bad-element", "session-id")
	}
	victim.log.Info("session killed", "by-session", s.id, "by-user", s.peer.User.Name)
	victim.close(killedError{s.id})
	select {
	case <-victim.ended:
		return nil, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
