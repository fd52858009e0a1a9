package waveguard

import (
	"sync/atomic"
	"time"
)

// meter holds a transition to its rate by the generic cell rate algorithm
// (ITU-T I.371, annex A): one word, no lock, no timer.
type meter struct {
	// earned is when, on the host's clock, everything admitted so far would
	// have come at exactly the permitted rate.
	earned atomic.Int64
	// second is a second of the host's clock, above, and the calls that came in it,
	// in the lower 32 bits.
	second atomic.Uint64
}

// count returns how many calls have come in this second, with this one.
func (m *meter) count(now time.Duration) uint64 {
	const calls = 1<<32 - 1
	this := uint64(now/time.Second) << 32
	for {
		old := m.second.Load()
		next := this + 1
		if old&^calls == this {
			next = old + 1
		}
		if m.second.CompareAndSwap(old, next) {
			return next & calls
		}
	}
}

// admit reports whether a call now keeps to a rate in calls per second. A
// tenth of a second's worth of calls, and at least one, may come at once. Of a call
// that does not count, 0 against 1, nothing of what was earned is taken. It does the
// same work whatever comes of it.
func (m *meter) admit(now time.Duration, rate uint32, counts uint) bool {
	interval := int64(time.Second) / int64(rate)
	tolerance := int64(max(1, rate/10)-1) * interval
	for {
		earned := m.earned.Load()
		start := max(earned, int64(now))
		late := one(start-int64(now) > tolerance)
		charged := [2]int64{earned, start + interval}[counts&^late]
		if m.earned.CompareAndSwap(earned, charged) {
			return late == 0
		}
	}
}

// meter returns that of a transition. All threads share it.
func (h *Host) meter(source, target *domain) *meter {
	return &h.meters[source.index*len(h.domains)+target.index]
}
