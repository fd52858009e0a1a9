package keys

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// patience is how long a holder is closed to newcomers so that a thread that waits
// gets its key; then it is another one's turn.
const patience = 50 * time.Millisecond

// waiter is a thread that waits for a key.
type waiter struct {
	holder *Holder
	look   chan struct{} // room for one
}

func (w *waiter) wake() {
	select {
	case w.look <- struct{}{}:
	default:
	}
}

// Wait is Enter that waits while every key is in use; it then can return ctx's error
// as well. Those that wait are served in the order in which they came, and before
// whoever comes later.
//
// Preconditions: the calling thread has all keys closed and is counted nowhere.
func (r *Ring) Wait(ctx context.Context, h *Holder) (key int, err error) {
	w := r.join(h)
	for {
		key, err := r.serve(w)
		switch {
		case !errors.Is(err, ErrBusy):
			return key, err
		case ctx.Err() != nil:
			r.quit(w)
			return 0, fmt.Errorf("wait for a protection key: %w", ctx.Err())
		}
		select {
		case <-w.look:
		case <-ctx.Done():
		case <-time.After(patience):
			r.drainAnother(w)
		}
	}
}

// join puts the calling thread at the end of the queue.
func (r *Ring) join(h *Holder) *waiter {
	w := &waiter{holder: h, look: make(chan struct{}, 1)}
	r.waiting.Add(1) // before the first look: whoever leaves after it wakes the first
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stats.Waits++
	r.queue = append(r.queue, w)
	return w
}

// serve is Enter for the first of the queue, which is then no longer in it; the others
// get ErrBusy.
func (r *Ring) serve(w *waiter) (key int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case w.holder.gone:
		err = ErrGone
	case r.queue[0] != w:
		return 0, ErrBusy
	default:
		key, err = r.enter(w.holder)
	}
	if errors.Is(err, ErrBusy) {
		r.drain()
		return 0, err
	}
	r.dequeue(w)
	return key, err
}

// quit takes a thread out of the queue that gives up.
func (r *Ring) quit(w *waiter) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dequeue(w)
}

// dequeue takes a thread out of the queue; the next one looks.
func (r *Ring) dequeue(w *waiter) {
	if r.queue[0] == w {
		r.admit()
		r.tried = 0
	}
	r.queue = slices.DeleteFunc(r.queue, func(o *waiter) bool { return o == w })
	r.waiting.Add(-1)
	r.wakeFirst()
}

// wake makes the first of the queue look again.
func (r *Ring) wake() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wakeFirst()
}

func (r *Ring) wakeFirst() {
	if len(r.queue) > 0 {
		r.queue[0].wake()
	}
}

// drain closes a holder to newcomers, the least valuable first, until the threads
// inside it have left or its turn is over: otherwise one that is entered all the
// time would never be empty. Whoever wants to enter meanwhile joins the queue.
//
// Invariant: a holder drains only while somebody waits.
func (r *Ring) drain() {
	if r.draining != nil {
		return
	}
	r.look()
	all := slices.DeleteFunc(slices.Clone(r.resident), func(h *Holder) bool { return h.options.Pinned })
	if len(all) == 0 {
		return
	}
	slices.SortStableFunc(all, leastValuable)
	r.draining = all[r.tried%len(all)]
	r.draining.state.Or(draining)
}

// drainAnother ends the turn of the holder that drains, for the first of the queue:
// a thread inside may itself wait for one that wants to enter.
func (r *Ring) drainAnother(w *waiter) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.queue[0] == w && r.draining != nil {
		r.admit()
		r.tried++
	}
}

// admit opens the holder that drains to newcomers.
func (r *Ring) admit() {
	if h := r.draining; h != nil {
		h.state.And(^uint64(draining))
		r.draining = nil
	}
}
