package netconf

import (
	"context"
	"fmt"
	"strings"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// The values of edit-config's options (RFC 6241 section 7.2); defaults first.
var (
	defaultOperations = []choice[tree.Operation]{{"merge", tree.Merge}, {"replace", tree.Replace}, {"none", tree.None}}
	// RFC 7950 section 8.3.3: the constraints on a candidate wait for validate
	// or commit, so a controller may fill it in any order. Only who asks for
	// test-then-set has each edit tested; running is always tested.
	testOptions = []choice[datastore.Test]{{"set", datastore.Set}, {"test-then-set", datastore.TestThenSet}, {"test-only", datastore.TestOnly}}
	// An edit is one transaction whatever is asked for.
	errorOptions = []choice[struct{}]{{name: "stop-on-error"}, {name: "continue-on-error"}, {name: "rollback-on-error"}}
)

// editConfig changes a datastore (RFC 6241 section 7.2).
func (s *Session) editConfig(ctx context.Context, p *params) (body, error) {
	request, err := s.editRequest(ctx, p)
	if err != nil {
		return nil, err
	}
	return nil, s.server.store.Edit(ctx, s.actor(), request)
}

func (s *Session) editRequest(ctx context.Context, p *params) (r datastore.Request, err error) {
	target, err := p.require("target")
	if err != nil {
		return r, err
	}
	if r.Target, err = datastoreOf(target); err != nil {
		return r, err
	}
	if r.Default, err = oneOf(p, "default-operation", defaultOperations); err != nil {
		return r, err
	}
	if r.Test, err = oneOf(p, "test-option", testOptions); err != nil {
		return r, err
	}
	if _, err = oneOf(p, "error-option", errorOptions); err != nil {
		return r, err
	}
	config, err := s.editContent(ctx, p)
	if err != nil {
		return r, err
	}
	r.Edit, err = xml.DecodeEdit(s.server.schema, config, xml.DecodeOptions{})
	return r, err
}

// actor is who the datastore sees at work.
func (s *Session) actor() datastore.Actor {
	return datastore.Actor{User: s.peer.User.Name, Protocol: "netconf", Session: s.id, Source: s.peer.Source, Access: s.peer.User}
}

// datastoreOf returns the datastore that a source or target parameter names.
func datastoreOf(e *xml.Element) (datastore.Name, error) {
	c, err := only(e)
	if err != nil {
		return 0, err
	}
	if c.Name.Space == nsBase && len(c.Children) == 0 && strings.TrimSpace(c.Text) == "" {
		switch c.Name.Local {
		case "running":
			return datastore.Running, nil
		case "candidate":
			return datastore.Candidate, nil
		}
	}
	hint := ""
	if why := absentFeature[c.Name.Local]; why != "" {
		hint = "; the server does not announce " + why
	}
	return 0, protocolError(tagUnknownElement,
		fmt.Sprintf("%s can be running or candidate, not %s%s", e.Name.Local, c.Name.Local, hint), "bad-element", c.Name.Local)
}
