package push

import (
	"slices"
	"strconv"
	"time"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/server/notify"
	"github.com/optical-net/waveguard/yang/tree"
)

// Receiver is one session's subscriptions. Its methods are for one goroutine, so
// that what they cause comes from Next after they have returned.
type Receiver struct {
	*Publisher
	name  string
	user  access.User
	ready chan struct{}
	subs  []*subscription
	turn  int                // whose turn it is in Next
	until time.Time          // when this call of Next is to end
	watch *datastore.Watcher // nil: nothing depends on the datastore
	timer *time.Timer        // nil: nothing depends on the time yet
}

// Receiver returns a receiver without subscriptions. The caller closes it.
func (p *Publisher) Receiver(name string, user access.User) *Receiver {
	return &Receiver{Publisher: p, name: name, user: user, ready: make(chan struct{}, 1)}
}

// Ready has a token whenever Next may have something.
func (r *Receiver) Ready() <-chan struct{} { return r.ready }

func (r *Receiver) signal() {
	select {
	case r.ready <- struct{}{}:
	default:
	}
}

// Active says whether the receiver has any subscription.
func (r *Receiver) Active() bool { return len(r.subs) > 0 }

// Next returns what is to be sent next. Subscriptions have their turns. When it has
// nothing after a while, because filters take long, Ready has a token again.
func (r *Receiver) Next() (notify.Notification, bool) { return r.next(time.Now()) }

func (r *Receiver) next(now time.Time) (n notify.Notification, ok bool) {
	r.until = time.Now().Add(r.Limits.Turn)
	for range len(r.subs) {
		r.turn = (r.turn + 1) % len(r.subs)
		if n, ok = r.subs[r.turn].next(now); ok || r.tired() {
			r.signal()
			break
		}
	}
	r.subs = slices.DeleteFunc(r.subs, func(s *subscription) bool { return s.over && len(s.tell) == 0 })
	if !ok {
		r.arm(now)
	}
	return n, ok
}

// tired says whether the caller of Next should have its turn.
func (r *Receiver) tired() bool { return !time.Now().Before(r.until) }

// arm has the receiver look again when the first of its subscriptions is due.
func (r *Receiver) arm(now time.Time) {
	var first time.Time
	for _, s := range r.subs {
		if t := s.source.due(); !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	switch {
	case first.IsZero():
	case r.timer == nil:
		r.timer = time.AfterFunc(first.Sub(now), r.signal)
	default:
		r.timer.Reset(first.Sub(now))
	}
}

// Close ends all subscriptions.
func (r *Receiver) Close() {
	for _, s := range r.subs {
		if !s.over {
			s.finish()
		}
	}
	r.subs = nil
	if r.watch != nil {
		r.watch.Close()
	}
	if r.timer != nil {
		r.timer.Stop()
	}
}

// Classic reports whether the receiver has the subscription of RFC 5277. RFC 8640
// section 5: no session has both kinds.
func (r *Receiver) Classic() bool { return len(r.subs) > 0 && r.subs[0].id == 0 }

// find returns the receiver's subscription of that number, or nil.
func (r *Receiver) find(id uint32) *subscription {
	for _, s := range r.subs {
		if s.id == id && id != 0 && !s.over && !s.killed.Load() {
			return s
		}
	}
	return nil
}

// idIn returns the subscription's number in an input.
func idIn(input *tree.Container) uint32 {
	n, _ := strconv.ParseUint(text(input, input.Schema().Module.Name, "id"), 10, 32)
	return uint32(n)
}

// Delete ends a subscription (RFC 8639 section 2.4.4).
func (r *Receiver) Delete(input *tree.Container) error {
	s := r.find(idIn(input))
	if s == nil {
		return r.model.refuse(deleting, noSuch(idIn(input)))
	}
	s.finish()
	r.subs = slices.DeleteFunc(r.subs, func(other *subscription) bool { return other == s })
	return nil
}

// Resync has all of a selection sent once more (RFC 8641 section 3.10).
func (r *Receiver) Resync(input *tree.Container) error {
	s := r.find(idIn(input))
	var c *changes
	if s != nil {
		c, _ = s.source.(*changes)
	}
	if c == nil {
		no := noSuch(idIn(input))
		no.reason = noSuchForResync
		return r.model.refuse(resyncing, no)
	}
	c.whole, c.lost = true, false
	r.signal()
	return nil
}
