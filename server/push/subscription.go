package push

import (
	"strconv"
	"sync/atomic"
	"time"

	"github.com/optical-net/waveguard/server/notify"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// subscription is one of a receiver's.
//
//	active ── the receiver was too slow ──▶ suspended ── it has caught up ──▶ active
//	   └── stop time, kill, its filter is gone ──▶ over
//
// What is not atomic belongs to whoever calls the receiver.
type subscription struct {
	id    uint32 // 0: of RFC 5277
	owner *Receiver
	source
	tell  []notify.Notification // of the subscription itself; goes before all else
	over  bool
	entry *tree.Container // the one below /filters that is applied; nil: none

	terms    atomic.Pointer[terms] // nil: of RFC 5277
	killed   atomic.Bool
	sent     atomic.Uint64
	excluded atomic.Uint64
}

// source yields what is subscribed to.
type source interface {
	// next returns the next event or update. It tells of the subscription, or ends
	// it, by the way.
	next(now time.Time) (notify.Notification, bool)
	// due returns when next should be asked again for no other reason than time; zero
	// is never.
	due() time.Time
	// change puts other terms in force, or changes nothing.
	change(t *terms, filter tree.Node) error
	// behind says whether something was lost that the receiver does not know of yet.
	// Any goroutine may call it.
	behind() bool
	close()
}

func (s *subscription) next(now time.Time) (n notify.Notification, ok bool) {
	for {
		switch {
		case len(s.tell) > 0:
			n, s.tell = s.tell[0], s.tell[1:]
			return n, true
		case s.over:
			return n, false
		case s.killed.Load():
			s.end(noSuchSubscription)
			continue
		}
		if s.lookUp(); len(s.tell) > 0 {
			continue
		}
		if n, ok = s.source.next(now); ok {
			s.sent.Add(1)
			return n, true
		}
		if len(s.tell) == 0 {
			return n, false
		}
	}
}

// number returns the subscription's number as leafs have it.
func (s *subscription) number() string { return strconv.FormatUint(uint64(s.id), 10) }

// say queues a notification of the subscription itself.
func (s *subscription) say(of *schema.Node, pairs ...string) {
	s.tell = append(s.tell, happened(made(of, nil, append([]string{"id", s.number()}, pairs...)...)))
}

// end is where the server ends a subscription.
func (s *subscription) end(reason string) {
	s.say(s.owner.model.ended, "reason", reason)
	s.finish()
}

// finish frees what the subscription holds.
func (s *subscription) finish() {
	s.over = true
	s.source.close()
	s.owner.leave(s)
}

// gap says that something was left out because the receiver was too slow (RFC 8639
// section 2.7.4): what it missed happened while it was suspended.
func (s *subscription) gap() {
	s.say(s.owner.model.suspended, "reason", unsupportableVolume)
	s.say(s.owner.model.resumed)
}
