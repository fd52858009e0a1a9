package netconf

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/server/notify"
	"github.com/optical-net/waveguard/yang/subtree"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// forwardAtOnce bounds how many notifications go out before requests have
// their turn again.
const forwardAtOnce = 64

// subscription is a session's part in the NETCONF stream. The zero value is
// none; it belongs to the session's goroutine.
type subscription struct {
	feed    *notify.Subscription
	filter  *subtree.Filter // nil: everything
	more    bool            // the last turn may have left some
	dropped uint64          // losses already reported
}

// always is a channel that is always ready.
var always = func() <-chan struct{} { c := make(chan struct{}); close(c); return c }()

func (s *subscription) active() bool { return s.feed != nil }

// ready is readable when there may be something to forward.
func (s *subscription) ready() <-chan struct{} {
	switch {
	case s.feed == nil:
		return nil
	case s.more:
		return always
	}
	return s.feed.Ready()
}

func (s *subscription) close() {
	if s.feed != nil {
		s.feed.Close()
	}
}

// createSubscription starts notifications (RFC 5277 section 2.1.1). They begin
// after the reply, because the same goroutine sends both.
func (s *Session) createSubscription(_ context.Context, p *params) (body, error) {
	if err := s.mustBeSubscribable(p); err != nil {
		return nil, err
	}
	var filter *subtree.Filter
	if f := p.get("filter"); f != nil {
		var err error
		if filter, err = s.subtreeFilter(f); err != nil {
			return nil, err
		}
	}
	s.subscription = subscription{feed: s.server.hub.Subscribe(s.server.limits.QueuedNotification), filter: filter}
	return nil, nil
}

func (s *Session) mustBeSubscribable(p *params) error {
	if s.subscription.active() {
		return protocolError(tagOperationFailed, "this session has a subscription already; open another session")
	}
	stream, err := p.text("stream", streamName)
	if err != nil {
		return err
	}
	if stream != streamName {
		return protocolError(tagInvalidValue, fmt.Sprintf("there is no stream %q; /netconf/streams lists them", stream), "bad-element", "stream")
	}
	for _, name := range []string{"startTime", "stopTime"} {
		if err := mustBeTime(p, name); err != nil {
			return err
		}
	}
	switch {
	case p.get("startTime") != nil:
		return protocolError(tagOperationFailed, "the stream has no replay; leave startTime out")
	case p.get("stopTime") != nil:
		return missingParameter("a stopTime", "startTime")
	}
	return nil
}

func mustBeTime(p *params, name string) error {
	text, err := p.text(name, "")
	if err != nil || p.get(name) == nil {
		return err
	}
	if _, err := time.Parse(time.RFC3339, text); err != nil {
		return protocolError(tagInvalidValue, fmt.Sprintf("%s is %q, not a date and time of RFC 3339", name, text), "bad-element", name)
	}
	return nil
}

// forward sends waiting notifications.
func (s *Session) forward() {
	s.more = true
	for range forwardAtOnce {
		n, ok := s.feed.TryNext()
		if !ok {
			s.more = false
			break
		}
		s.notify(n)
	}
	if lost := s.feed.Dropped(); lost > s.dropped {
		s.log.Warn("the client reads too slowly, notifications were dropped", "dropped", lost-s.dropped)
		s.dropped = lost
	}
}

// notify sends one notification, if it is wanted.
func (s *Session) notify(n notify.Notification) {
	if !s.wants(n) {
		return
	}
	var b bytes.Buffer
	b.WriteString(xmlHeader + `<notification xmlns="` + nsNotification + `">`)
	writeElement(&b, "eventTime", n.Time.UTC().Format(time.RFC3339Nano))
	if err := xml.Encode(&b, n.Content, xml.EncodeOptions{Root: s.server.schema.Root}); err != nil {
		s.log.Error("encode notification", "notification", n.Content.Schema().Name, "error", err)
		return
	}
	b.WriteString("</notification>")
	if s.out.send(s.ctx, b.Bytes()) {
		s.count(outNotifications)
	}
}

// wants says whether the user may read a notification and the filter selects
// anything of it. RFC 5277 section 3.6: if so, it is sent whole.
func (s *Session) wants(n notify.Notification) bool {
	target := access.Target{Path: tree.Path{{Node: n.Content.Schema()}}}
	if s.server.access.Decide(s.peer.User, access.Read, target) != nil {
		return false
	}
	return s.filter == nil || s.filter.Select(n.Content) != nil
}
