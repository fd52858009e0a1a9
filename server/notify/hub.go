package notify

import (
	"sync"
	"time"

	"github.com/optical-net/waveguard/yang/tree"
)

// Notification is one event. Its content is the notification node itself, a
// container whose definition is of kind schema.Notification.
type Notification struct {
	Time    time.Time // eventTime of RFC 5277
	Content *tree.Container
}

// Hub hands every notification to every subscription. The zero value is ready
// to use; all methods may be called by any number of goroutines.
type Hub struct {
	mu   sync.Mutex
	subs map[*Subscription]struct{}
}

// Publish queues n at every subscription and returns without waiting for any
// reader. Subscriptions see the notifications of one publisher in its order.
func (h *Hub) Publish(n Notification) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.subs {
		s.push(n)
	}
}

// Subscribe returns a subscription to everything published from now on, which
// holds up to bound unread notifications, at least one. The caller closes it.
func (h *Hub) Subscribe(bound int) *Subscription {
	s := &Subscription{hub: h, bound: max(bound, 1), ready: make(chan struct{}, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.subs == nil {
		h.subs = make(map[*Subscription]struct{})
	}
	h.subs[s] = struct{}{}
	return s
}

func (h *Hub) drop(s *Subscription) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.subs, s)
}
