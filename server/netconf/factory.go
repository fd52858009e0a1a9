package netconf

import (
	"context"
	"fmt"
)

const nsFactory = "urn:ietf:params:xml:ns:yang:ietf-factory-default" // RFC 8808

// factoryReset brings the appliance back to how it left the factory (RFC 8808 section
// 2). Sessions go on, under the rights that their users then have.
func (s *Session) factoryReset(ctx context.Context, _ *params) (body, error) {
	if err := s.server.store.Reset(ctx, s.actor()); err != nil {
		return nil, err
	}
	s.log.Warn("the appliance was reset to its factory configuration")
	if s.server.config.Erase == nil {
		return nil, nil
	}
	if err := s.server.config.Erase(); err != nil {
		return nil, fmt.Errorf("the configuration is that of the factory, but not all else was erased; reset again: %w", err)
	}
	return nil, nil
}
