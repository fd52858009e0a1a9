package netconf

import (
	"context"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/optical-net/waveguard/server/datastore"
)

// defaultConfirmTimeout is that of RFC 6241 section 8.4.5.1.
const defaultConfirmTimeout = 10 * time.Minute

// commit makes the candidate the running configuration (RFC 6241 section
// 8.3.4.1), for good or until it is confirmed (section 8.4.5.1).
func (s *Session) commit(ctx context.Context, p *params) (body, error) {
	options, err := commitOptions(p)
	if err != nil {
		return nil, err
	}
	actor := s.actor()
	if actor.Comment, err = p.comment(); err != nil {
		return nil, err
	}
	return nil, s.server.store.CommitWith(ctx, actor, options)
}

// maxComment is the length that the type comment of mpk-security-history allows.
const maxComment = 256

// comment returns what the client says of the change, "" for nothing.
func (p *params) comment() (string, error) {
	text, err := p.token("comment")
	if err == nil && utf8.RuneCountInString(text) > maxComment {
		err = protocolError(tagInvalidValue, fmt.Sprintf("comment has more than %d characters", maxComment), "bad-element", "comment")
	}
	return text, err
}

// cancelCommit undoes a confirmed commit (RFC 6241 section 8.4.4.1).
func (s *Session) cancelCommit(ctx context.Context, p *params) (body, error) {
	id, err := p.token("persist-id")
	if err != nil {
		return nil, err
	}
	return nil, s.server.store.CancelCommit(ctx, s.actor(), id)
}

func commitOptions(p *params) (o datastore.CommitOptions, err error) {
	if o.PersistID, err = p.token("persist-id"); err != nil {
		return o, err
	}
	if o.Persist, err = p.token("persist"); err != nil {
		return o, err
	}
	timeout, err := p.confirmTimeout()
	if err != nil {
		return o, err
	}
	if p.get("confirmed") != nil {
		o.Timeout = timeout
		return o, p.empty("confirmed")
	}
	// What is meant for a confirmed commit alone must not make one for good.
	for _, name := range []string{"persist", "confirm-timeout"} {
		if p.get(name) != nil {
			return o, missingParameter("a commit with "+name, "confirmed")
		}
	}
	return o, nil
}

// token returns the text of a persist or persist-id parameter, "" when it is absent.
func (p *params) token(name string) (string, error) {
	text, err := p.text(name, "")
	if err == nil && text == "" && p.get(name) != nil {
		err = protocolError(tagInvalidValue, name+" is empty", "bad-element", name)
	}
	return text, err
}

func (p *params) confirmTimeout() (time.Duration, error) {
	const name = "confirm-timeout"
	text, err := p.text(name, "")
	if err != nil || p.get(name) == nil {
		return defaultConfirmTimeout, err
	}
	seconds, err := strconv.ParseUint(text, 10, 32)
	if err != nil || seconds == 0 {
		return 0, protocolError(tagInvalidValue, fmt.Sprintf("%s is %q, it must be a number of seconds from 1 to 4294967295", name, text), "bad-element", name)
	}
	return time.Duration(seconds) * time.Second, nil
}

// empty refuses content in a parameter of type empty.
func (p *params) empty(name string) error {
	text, err := p.text(name, "")
	if err == nil && text != "" {
		err = protocolError(tagInvalidValue, name+" takes no value", "bad-element", name)
	}
	return err
}
