package netconf

import (
	"bytes"
	"context"
	"strconv"
	"time"

	"github.com/optical-net/waveguard/server/notify"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// forwardAtOnce bounds how many notifications go out before requests have
// their turn again.
const forwardAtOnce = 64

// subscription is a session's part in a stream. The zero value is none; it
// belongs to the session's goroutine.
//
//	replaying ── past is read: replayComplete ──▶ live ── stopTime: notificationComplete ──▶ none
//
// A subscription without startTime begins live.
type subscription struct {
	feed    *notify.Subscription
	past    *notify.Replay // nil: live
	filter  eventFilter
	stop    time.Time // zero: never
	stopped <-chan time.Time
	over    bool   // stop has come; what is queued still goes out
	more    bool   // the last turn may have left some
	dropped uint64 // losses already reported
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
	if s.subscription.active() {
		return nil, protocolError(tagOperationFailed, "this session has a subscription already; open another session")
	}
	if err := mustBeStream(p); err != nil {
		return nil, err
	}
	period, err := s.periodOf(p)
	if err != nil {
		return nil, err
	}
	filter, err := s.eventFilter(p)
	if err != nil {
		return nil, err
	}
	s.subscribe(period, filter)
	return nil, nil
}

func (s *Session) subscribe(t period, filter eventFilter) {
	bound := s.server.limits.QueuedNotification
	if t.start.IsZero() {
		s.subscription = subscription{feed: s.server.hub.Subscribe(bound), filter: filter}
		return
	}
	past, feed := s.server.hub.Replay(t.start, bound)
	s.subscription = subscription{feed: feed, past: past, filter: filter, stop: t.stop, more: true}
	if !t.stop.IsZero() {
		s.subscription.stopped = time.After(time.Until(t.stop))
	}
}

// forward sends waiting notifications.
func (s *Session) forward() {
	s.more = true
	s.tellLoss()
	for range forwardAtOnce {
		n, ok := s.next()
		if !ok {
			s.pause()
			break
		}
		if s.stop.IsZero() || !n.Time.After(s.stop) {
			s.notify(n)
		}
	}
}

// tellLoss says, once for every turn, what was lost before what comes next.
func (s *Session) tellLoss() {
	lost := s.feed.Dropped() - s.dropped
	if lost == 0 || s.past != nil {
		return
	}
	s.dropped += lost
	s.log.Warn("the client reads too slowly, notifications were dropped", "dropped", lost)
	if node := notification(s.server.schema, "mpk-security-notifications", "notifications-lost"); node != nil {
		event := &nodes{of: node}
		event.leaf("lost", strconv.FormatUint(lost, 10))
		s.send(notify.Notification{Time: time.Now(), Content: event.container()})
	}
}

func (s *Session) next() (notify.Notification, bool) {
	if s.past != nil {
		return s.past.Next()
	}
	return s.feed.TryNext()
}

// pause is where no notification is left: the end of the replay, that of the
// subscription, or neither. RFC 5277 section 3.3: what marks the first two is
// for everybody, whatever the filter.
func (s *Session) pause() {
	switch {
	case s.past != nil:
		if skipped := s.past.Skipped(); skipped > 0 {
			s.log.Warn("notifications of an older schema were not replayed", "skipped", skipped)
		}
		s.past = nil
		s.send(s.mark("replayComplete"))
	case s.over:
		s.send(s.mark("notificationComplete"))
		s.subscription.close()
		s.subscription = subscription{}
	default:
		s.more = false
	}
}

// stopTime ends the subscription once all that is queued was sent.
func (s *Session) stopTime() { s.over, s.more, s.stopped = true, true, nil }

func (s *Session) mark(name string) notify.Notification {
	node := notification(s.server.schema, "nc-notifications", name)
	return notify.Notification{Time: time.Now(), Content: tree.NewContainer(node, nil)}
}

// notify sends one notification, if it is wanted.
func (s *Session) notify(n notify.Notification) {
	n.Content = s.discreet(n.Content) // before a filter can ask for what is hidden
	if s.wants(n) {
		s.send(n)
	}
}

func (s *Session) send(n notify.Notification) {
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

// wants says whether the user may receive a notification and the filter
// selects it.
func (s *Session) wants(n notify.Notification) bool {
	if !s.server.access.Receives(s.peer.User, tree.Path{{Node: n.Content.Schema()}}) {
		return false
	}
	return s.filter.selects(n.Content)
}
