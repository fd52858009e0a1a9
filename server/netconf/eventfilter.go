package netconf

import "github.com/optical-net/waveguard/server/push"

// eventFilter reads the filter of a subscription, which may be absent. RFC 5277
// section 3.6: a notification of which it selects anything is sent whole.
func (s *Session) eventFilter(p *params) (push.EventFilter, error) {
	f := p.get("filter")
	if f == nil {
		return nil, nil
	}
	if kind, _ := filterAttr(f, "type"); kind == "xpath" {
		expr, err := s.expression(f)
		return push.XPathEvents(s.server.schema, expr), err
	}
	filter, err := s.subtreeFilter(f)
	return push.SubtreeEvents(filter), err
}
