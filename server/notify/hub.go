package notify

import (
	"bytes"
	"slices"
	"sync"
	"time"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Notification is one event. Its content is the notification node itself, a
// container whose definition is of kind schema.Notification.
type Notification struct {
	Time    time.Time // eventTime of RFC 5277
	Content *tree.Container
	// At is the instance, with all its keys, of the container or list that the
	// notification is defined in (RFC 7950 section 7.16.2); empty for one at the
	// top of a module.
	At tree.Path
}

// Path returns where the notification stands in the data.
func (n Notification) Path() tree.Path {
	return append(n.At[:len(n.At):len(n.At)], schema.PathStep{Node: n.Content.Schema()})
}

// Hub hands every notification to every subscription. The zero value is ready
// to use and has no log; [Open] returns one that has. All methods may be called
// by any number of goroutines.
type Hub struct {
	mu   sync.Mutex
	subs map[*Subscription]struct{}
	past *history // nil: no log
	disk *writer
}

// Publish queues n at every subscription and returns without waiting for any
// reader. Subscriptions see the notifications of one publisher in its order.
func (h *Hub) Publish(n Notification) {
	var r record
	if h.past != nil {
		r = encode(n)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.subs {
		s.push(n)
	}
	if h.past != nil {
		h.past.add(r)
		h.disk.wake()
	}
}

// Subscribe returns a subscription to everything published from now on, which
// holds up to bound unread notifications, at least one. The caller closes it.
func (h *Hub) Subscribe(bound int) *Subscription {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.subscribe(bound)
}

// subscribe needs h.mu held.
func (h *Hub) subscribe(bound int) *Subscription {
	s := &Subscription{hub: h, bound: max(bound, 1), ready: make(chan struct{}, 1)}
	if h.subs == nil {
		h.subs = make(map[*Subscription]struct{})
	}
	h.subs[s] = struct{}{}
	return s
}

// Replay returns what the log has of from and later, and a subscription as
// Subscribe does. Every notification of that time is in exactly one of the two,
// or counted as dropped. Without a log the replay is empty.
func (h *Hub) Replay(from time.Time, bound int) (*Replay, *Subscription) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := &Replay{from: from}
	if h.past != nil {
		r.rest, r.decoder = h.past.records(), h.disk.decoder
	}
	return r, h.subscribe(bound)
}

// Last returns the newest notification of that module and name that the log has.
func (h *Hub) Last(module, name string) (n Notification, ok bool) {
	if h.past == nil {
		return n, false
	}
	h.mu.Lock()
	all := h.past.records()
	h.mu.Unlock()
	for _, r := range slices.Backward(all) {
		if !bytes.Contains(r.line, nameMember(module, name)) {
			continue
		}
		n, err := h.disk.decoder.decode(r)
		if s := n.Content; err == nil && s.Schema().Name == name && s.Schema().Module.Name == module {
			return n, true
		}
	}
	return n, false
}

// LogInfo says how far back a log reaches.
type LogInfo struct {
	Created time.Time // when the log was begun, or begun anew after damage
	Aged    time.Time // of the newest notification it has let go of; zero: none
}

// Log tells of the log; ok is false when there is none.
func (h *Hub) Log() (info LogInfo, ok bool) {
	if h.past == nil {
		return info, false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.past.LogInfo, true
}

func (h *Hub) drop(s *Subscription) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.subs, s)
}
