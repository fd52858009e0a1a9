package notify

import (
	"context"
	"errors"
	"sync"
)

// ErrClosed is what Next returns once the subscription is closed and empty.
var ErrClosed = errors.New("notify: subscription is closed")

// Subscription is one reader's queue. Next and TryNext are for one goroutine;
// the other methods may be called by any.
type Subscription struct {
	hub   *Hub
	bound int
	// ready holds a token whenever the queue may hold something or the
	// subscription is closed; the reader looks again after taking it.
	ready chan struct{}

	mu      sync.Mutex
	queue   ring
	dropped uint64
	closed  bool
}

// Ready is readable when TryNext may have something or the subscription was
// closed. A reader takes one value, then calls TryNext until it has nothing.
func (s *Subscription) Ready() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ready
}

// Share puts the tokens into c from now on, which has room for one, and one at
// once: a reader of several subscriptions waits for all of them there.
func (s *Subscription) Share(c chan struct{}) {
	s.mu.Lock()
	s.ready = c
	s.mu.Unlock()
	s.signal()
}

// TryNext removes and returns the oldest unread notification, if there is one.
func (s *Subscription) TryNext() (n Notification, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queue.pop()
}

// Next removes and returns the oldest unread notification, waiting for one. The
// error is ErrClosed or the context's.
func (s *Subscription) Next(ctx context.Context) (Notification, error) {
	for {
		n, ok := s.TryNext()
		switch {
		case ok:
			return n, nil
		case s.isClosed():
			return Notification{}, ErrClosed
		}
		select {
		case <-s.Ready():
		case <-ctx.Done():
			return Notification{}, ctx.Err()
		}
	}
}

// Dropped returns how many notifications were lost since the subscription
// began because its reader was too slow.
func (s *Subscription) Dropped() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dropped
}

// Close ends the subscription; what is queued can still be read. Closing twice
// is harmless.
func (s *Subscription) Close() {
	s.hub.drop(s)
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.signal()
}

func (s *Subscription) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func (s *Subscription) push(n Notification) {
	s.mu.Lock()
	if s.queue.len() == s.bound {
		s.queue.pop()
		s.dropped++
	}
	s.queue.push(n)
	s.mu.Unlock()
	s.signal()
}

func (s *Subscription) signal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.ready <- struct{}{}:
	default:
	}
}
