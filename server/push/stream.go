package push

import (
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/optical-net/waveguard/server/notify"
	"github.com/optical-net/waveguard/yang/tree"
)

// events is a part in a stream.
//
//	replaying ── past is read ──▶ live ── stop time, and what was queued is sent ──▶ over
//
// Without a start it begins live.
type events struct {
	of      *subscription
	dialect dialect
	filter  EventFilter
	feed    *notify.Subscription
	past    *notify.Replay // nil: live
	stop    time.Time
	told    atomic.Uint64 // losses that the receiver knows of
}

// dialect is how a subscription tells of itself. Its methods are told to it, not
// filtered: RFC 5277 section 3.3, RFC 8639 section 2.7.
type dialect interface {
	replayed(*subscription) // the past is over
	completed(*subscription)
	lost(*subscription, uint64) // so many events were lost here
}

// scanAtOnce bounds how many events that nobody wants are looked at before others
// have their turn, which come sooner when the filter takes long.
const scanAtOnce = 256

// Classic is a subscription of RFC 5277.
type Classic struct {
	Filter      EventFilter
	Start, Stop time.Time // zero: none
}

// Create makes a subscription of RFC 5277, whose receiver has no other.
func (r *Receiver) Create(c Classic) {
	s := &subscription{owner: r}
	s.source = r.newFeed(&events{of: s, dialect: classic{}, filter: c.Filter, stop: c.Stop}, c.Start)
	r.subs = append(r.subs, s)
	r.signal()
}

func (r *Receiver) newEvents(s *subscription, t *terms, filter tree.Node) (source, error) {
	if err := r.mustBeStream(t.stream); err != nil {
		return nil, err
	}
	f, err := eventFilter(r.Schema, filter)
	if err != nil {
		return nil, err
	}
	_, logged := r.Hub.Log()
	switch {
	case !t.start.IsZero() && !logged:
		return nil, &refusal{reason: replayUnsupported, message: "the stream has no replay; leave replay-start-time out"}
	case t.start.After(time.Now()):
		return nil, invalid("replay-start-time", "replay-start-time is in the future")
	case !t.stop.IsZero() && !t.start.IsZero() && t.stop.Before(t.start):
		return nil, invalid("stop-time", "stop-time is before replay-start-time")
	}
	if t.start.IsZero() {
		if err := mustBeAhead(t.stop); err != nil {
			return nil, err
		}
	}
	return r.newFeed(&events{of: s, dialect: subscribed{}, filter: f, stop: t.stop}, t.start), nil
}

// mustBeStream refuses streams that do not exist.
func (p *Publisher) mustBeStream(name string) error {
	if !slices.Contains(p.Streams, name) {
		return invalid("stream", "there is no stream %q; there are %s", name, strings.Join(p.Streams, ", "))
	}
	return nil
}

// mustBeAhead refuses a stop time that has passed.
func mustBeAhead(stop time.Time) error {
	if !stop.IsZero() && !stop.After(time.Now()) {
		return invalid("stop-time", "stop-time has passed already")
	}
	return nil
}

// newFeed starts the flow of events.
func (r *Receiver) newFeed(e *events, start time.Time) *events {
	if start.IsZero() {
		e.feed = r.Hub.Subscribe(r.Limits.Queue)
	} else {
		e.past, e.feed = r.Hub.Replay(start, r.Limits.Queue)
	}
	e.feed.Share(r.ready)
	return e
}

func (e *events) next(now time.Time) (n notify.Notification, ok bool) {
	if lost := e.feed.Dropped() - e.told.Load(); lost > 0 && e.past == nil {
		if e.told.Add(lost) == lost { // only the first time: a slow reader must not fill the log
			e.of.owner.Logger.Warn("the receiver reads too slowly, events are dropped", "receiver", e.of.owner.name, "dropped", lost)
		}
		e.dialect.lost(e.of, lost)
		return n, false
	}
	for range scanAtOnce {
		if n, ok = e.take(); !ok {
			e.pause(now)
			return n, false
		}
		if e.wants(&n) {
			return n, true
		}
		if e.of.owner.tired() {
			break
		}
	}
	e.of.owner.signal()
	return n, false
}

func (e *events) take() (notify.Notification, bool) {
	if e.past != nil {
		return e.past.Next()
	}
	return e.feed.TryNext()
}

// wants says whether the receiver is sent the event, which it makes discreet: before
// a filter can ask for what is hidden.
func (e *events) wants(n *notify.Notification) bool {
	if !e.stop.IsZero() && n.Time.After(e.stop) {
		return false
	}
	r := e.of.owner
	n.Content = r.discreet(n.Content)
	if r.Access.Receives(r.user, n.Path()) && (e.filter == nil || e.filter(*n)) {
		return true
	}
	e.of.excluded.Add(1)
	return false
}

// pause is where no event is left: the end of the replay, that of the subscription,
// or neither.
func (e *events) pause(now time.Time) {
	switch {
	case e.past != nil:
		if skipped := e.past.Skipped(); skipped > 0 {
			e.of.owner.Logger.Warn("events of an older schema were not replayed", "receiver", e.of.owner.name, "skipped", skipped)
		}
		e.past = nil
		e.dialect.replayed(e.of)
	case !e.stop.IsZero() && !now.Before(e.stop):
		e.dialect.completed(e.of)
	}
}

func (e *events) due() time.Time { return e.stop }

func (e *events) close() { e.feed.Close() }

// behind says whether events were lost that the receiver does not know of yet.
func (e *events) behind() bool { return e.feed.Dropped() > e.told.Load() }

func (e *events) change(t *terms, filter tree.Node) error {
	f, err := eventFilter(e.of.owner.Schema, filter)
	if err != nil {
		return err
	}
	if !t.stop.Equal(e.stop) {
		if err := mustBeAhead(t.stop); err != nil {
			return err
		}
	}
	e.filter, e.stop = f, t.stop
	return nil
}

// subscribed is the dialect of RFC 8639.
type subscribed struct{}

func (subscribed) replayed(s *subscription) { s.say(s.owner.model.replayed) }

// RFC 8639 section 2.7.6 has subscription-completed for configured subscriptions alone.
func (subscribed) completed(s *subscription) { s.end(noSuchSubscription) }

func (subscribed) lost(s *subscription, _ uint64) { s.gap() }

// classic is the dialect of RFC 5277, with a notification of the appliance's own.
type classic struct{}

func (classic) replayed(s *subscription) { s.mark("nc-notifications", "replayComplete") }

func (classic) completed(s *subscription) {
	s.mark("nc-notifications", "notificationComplete")
	s.finish()
}

func (classic) lost(s *subscription, n uint64) {
	s.mark("mpk-security-notifications", "notifications-lost", "lost", strconv.FormatUint(n, 10))
}

// mark queues a notification of that name, if the schema has it.
func (s *subscription) mark(module, name string, pairs ...string) {
	if of := s.owner.Schema.Notification(module, name); of != nil {
		s.tell = append(s.tell, happened(made(of, nil, pairs...)))
	}
}
