package netconf

import (
	"context"
	"slices"
	"strings"

	"github.com/optical-net/waveguard/server/datastore"
)

// draft-ietf-netconf-privcand: the capability is said by clients that want a candidate
// of their own.
const (
	nsPrivate  = "urn:ietf:params:xml:ns:yang:ietf-netconf-private-candidate"
	capPrivate = "urn:ietf:params:netconf:capability:private-candidate:1.0"
)

// offersPrivate says whether the server has said it too: a capability holds when both
// sides do (RFC 6241 section 8.1).
func (s *Server) offersPrivate() bool {
	return slices.ContainsFunc(s.capabilities, func(c string) bool { return strings.HasPrefix(c, capPrivate) })
}

// resolutionModes are those of draft-ietf-netconf-privcand section 4.8.1.1.1; the
// default first.
var resolutionModes = []choice[datastore.Resolution]{
	{"revert-on-conflict", datastore.RevertOnConflict},
	{"prefer-candidate", datastore.PreferCandidate},
	{"prefer-running", datastore.PreferRunning},
}

// update brings the changes of running into the session's own candidate
// (draft-ietf-netconf-privcand section 4.8.1.1).
func (s *Session) update(ctx context.Context, p *params) (body, error) {
	mode, err := oneOf(p, "resolution-mode", resolutionModes)
	if err != nil {
		return nil, err
	}
	return nil, s.server.store.Update(ctx, s.id, mode)
}
