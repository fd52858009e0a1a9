package rounds

import (
	"sync"
	"time"
)

// Patience is how long a visit may keep the others of its round waiting.
const Patience = 100 * time.Millisecond

// Rounds visits its members in rounds, which begin at whole multiples of the period
// by the clock. Those of several Rounds with the same period begin together. The zero
// value has no members and a period of a second.
type Rounds struct {
	mu      sync.Mutex
	period  time.Duration // 0 is a second
	members map[*member]struct{}
	timer   *time.Timer // nil while there are no members
	planned uint64      // tells the round that timer begins from former ones
}

// member is visited by one goroutine at a time.
type member struct {
	visit func()
	busy  bool // it is visited, or will be in a round that has begun
	late  bool // it kept others waiting once: it is visited beside them from then on
}

// Join has visit called in each round until leave, which waits for no visit: one may be
// under way when it returns, and none begins any more. Visits of a member do not overlap. One that
// takes longer than [Patience] delays others by that much, once.
func (r *Rounds) Join(visit func()) (leave func()) {
	m := &member{visit: visit}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.members == nil {
		r.members = map[*member]struct{}{}
	}
	r.members[m] = struct{}{}
	if r.timer == nil {
		r.armLocked()
	}
	return func() { r.leave(m) }
}

func (r *Rounds) leave(m *member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.members, m)
	if len(r.members) == 0 && r.timer != nil {
		r.timer.Stop()
		r.timer = nil
	}
}

// Every sets the period, which counts from now on.
func (r *Rounds) Every(period time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.period == period {
		return
	}
	r.period = period
	if r.timer != nil {
		r.timer.Stop()
		r.armLocked()
	}
}

// armLocked plans the next round.
//
// Preconditions: r.mu is held, and no round is planned.
func (r *Rounds) armLocked() {
	period := r.period
	if period <= 0 {
		period = time.Second
	}
	r.planned++
	this, now := r.planned, time.Now()
	r.timer = time.AfterFunc(now.Truncate(period).Add(period).Sub(now), func() { r.round(this) })
}

// round begins a round, unless another one was planned in its place.
func (r *Rounds) round(this uint64) {
	var due []*member
	r.mu.Lock()
	if r.timer == nil || r.planned != this {
		r.mu.Unlock()
		return
	}
	for m := range r.members {
		switch {
		case m.busy:
			continue
		case m.late:
			go r.walk([]*member{m})
		default:
			due = append(due, m)
		}
		m.busy = true
	}
	r.armLocked()
	r.mu.Unlock()
	r.walk(due)
}

// walk visits members in turn. One that does not come to an end keeps this goroutine,
// and another one goes on with the rest.
func (r *Rounds) walk(due []*member) {
	for i, m := range due {
		if !r.here(m) {
			continue
		}
		relief := time.AfterFunc(Patience, func() {
			r.mark(&m.late, true)
			r.walk(due[i+1:])
		})
		m.visit()
		r.mark(&m.busy, false)
		if !relief.Stop() {
			return
		}
	}
}

func (r *Rounds) here(m *member) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, here := r.members[m]
	return here
}

func (r *Rounds) mark(what *bool, is bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*what = is
}
