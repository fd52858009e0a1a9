package keys

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
)

var (
	// ErrBusy says that every key is lent to a holder with threads inside, or
	// pinned.
	ErrBusy = errors.New("every protection key is in use by threads inside other domains")
	// ErrNone says that no key is left that could ever be lent: others are pinned, or
	// retired.
	ErrNone = errors.New("no protection key is left to lend")
	// ErrGone says that the holder was removed.
	ErrGone = errors.New("domain is closed")
	// ErrTorn is what Memory.Tag returns when part of the memory has the new key
	// and part the old one.
	ErrTorn = errors.New("memory is under two protection keys")
)

// Ring has the keys and lends them. Its methods may be called by any number of
// goroutines.
type Ring struct {
	parking int          // never opened
	waiting atomic.Int32 // threads that wait for a key

	mu       sync.Mutex
	queue    []*waiter // in the order of their coming
	draining *Holder   // closed to newcomers for the first of the queue; nil for none
	tried    int       // holders that drained for it in vain
	free     []int     // tag no memory
	resident []*Holder // with a key
	pinned   int
	holders  int
	clock    uint64 // grows with each search for a victim
	stats    Stats
}

// Stats counts what happened since the ring was made.
type Stats struct {
	Holders, Pinned, Resident int    // now
	Keys                      int    // that can be lent
	Loads                     uint64 // a holder was given a key
	Evictions                 uint64 // of them, with a key that another lost
	Waits                     uint64 // a thread found every key in use
	Retired                   int    // keys that are lost, because memory could not be tagged back
}

// New returns a ring of hardware keys, none of them 0, of which no memory has any.
// The first is for parking, and one at least must be left.
func New(all []int) (*Ring, error) {
	if len(all) < 2 {
		return nil, fmt.Errorf("lend protection keys: there are %d, at least 2 are needed", len(all))
	}
	for _, key := range all {
		if key < 1 || key > keyMask {
			return nil, fmt.Errorf("lend protection keys: %d is no key, they are 1 to %d", key, keyMask)
		}
	}
	r := &Ring{parking: all[0], free: slices.Clone(all[1:])}
	r.stats.Keys = len(r.free)
	return r, nil
}

// Parking returns the key of memory whose holder has none.
func (r *Ring) Parking() int { return r.parking }

// Add makes a holder of memory, which is parked at first unless it is pinned.
// ErrBusy says that too many are pinned, one key must be left for the others, or
// that none could be taken from another; an error of Memory is another reason.
func (r *Ring) Add(m Memory, o Options) (*Holder, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := m.Tag(r.parking); err != nil {
		return nil, fmt.Errorf("park a new domain: %w", err)
	}
	h := &Holder{ring: r, memory: m, options: o}
	if o.Pinned {
		if err := r.canPin(); err != nil {
			return nil, err
		}
		if err := r.load(h, 0); err != nil {
			return nil, fmt.Errorf("pin a domain: %w", err)
		}
		r.pinned++
	}
	r.holders++
	return h, nil
}

// canPin returns ErrBusy if one more pinned holder would leave no key for others.
func (r *Ring) canPin() error {
	if usable := r.stats.Keys - r.stats.Retired; r.pinned+1 >= usable {
		return fmt.Errorf("pin a domain: %d of %d keys are pinned: %w", r.pinned, usable, ErrBusy)
	}
	return nil
}

// Change treats a holder otherwise from now on. One that is pinned while it is parked
// gets its key when it is next entered, if none is free now, and keeps it then.
// ErrBusy says that too many are pinned: all else of the options is in force.
func (r *Ring) Change(h *Holder, o Options) (err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if h.gone {
		return ErrGone
	}
	if h.options.Pinned {
		r.pinned--
	}
	if o.Pinned {
		err = r.canPin()
		o.Pinned = err == nil
	}
	if o.Pinned {
		r.pinned++
	}
	h.options = o
	switch {
	case !o.Pinned:
		r.wakeFirst() // may take its key
	case r.draining == h:
		r.admit()
		r.wakeFirst()
	case h.Key() == 0 && len(r.queue) == 0:
		_ = r.load(h, 0) // who enters it learns of an error
	}
	return err
}

// Remove takes the holder's key back; threads that wait for it get ErrGone. Removing
// twice does nothing.
//
// Preconditions: no thread is inside or will enter but those that wait, and its
// memory is unmapped.
func (r *Ring) Remove(h *Holder) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if key := r.remove(h); key != 0 {
		r.free = append(r.free, key)
	}
}

// Abandon is Remove of a holder whose memory stays, under the key that it has:
// nobody gets that key any more.
func (r *Ring) Abandon(h *Holder) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if key := r.remove(h); key != 0 {
		r.stats.Retired++
	}
}

// remove forgets a holder and returns the key that it had.
func (r *Ring) remove(h *Holder) (key int) {
	if h.gone {
		return 0
	}
	h.gone = true
	r.holders--
	if h.options.Pinned {
		r.pinned--
	}
	if r.draining == h {
		r.admit()
	}
	key, _ = h.park()
	r.forget(h)
	for _, w := range r.queue { // who waits for this holder learns that it is gone
		w.wake()
	}
	return key
}

// Enter counts the calling thread in and returns the key to open, for which it may
// have to park another holder. ErrBusy says that none can be parked, or that others
// wait: the thread has to give up what it holds itself and to [Ring.Wait]. ErrGone
// says that the holder was removed, ErrNone that waiting is of no use; other errors
// are those of Memory.
func (r *Ring) Enter(h *Holder) (key int, err error) {
	if key, ok := h.TryEnter(); ok {
		return key, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.queue) > 0 && !h.gone && !h.open() {
		return 0, ErrBusy
	}
	return r.enter(h)
}

// Stats returns what happened so far.
func (r *Ring) Stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.stats
	s.Holders, s.Pinned, s.Resident = r.holders, r.pinned, len(r.resident)
	return s
}

// enter is Enter under mu.
func (r *Ring) enter(h *Holder) (key int, err error) {
	if h.Key() != 0 { // loaded by those before us, and nobody parks meanwhile
		if r.draining == h { // for ourselves
			r.admit()
		}
		key, _ = h.TryEnter()
		return key, nil
	}
	if h.gone {
		return 0, ErrGone
	}
	if err := r.load(h, 1); err != nil {
		return 0, err
	}
	return h.Key(), nil
}

// load lends a key to a parked holder and counts in so many threads.
func (r *Ring) load(h *Holder, threads int) error {
	key, err := r.obtain()
	if err != nil {
		return err
	}
	if err := h.memory.Tag(key); err != nil {
		r.giveBack(key, err)
		return fmt.Errorf("open a parked domain: %w", err)
	}
	h.stamp = r.clock
	r.resident = append(r.resident, h)
	r.stats.Loads++
	h.lend(key, threads) // last: from here on threads enter
	return nil
}

// giveBack takes a key that could not be used.
func (r *Ring) giveBack(key int, why error) {
	if errors.Is(why, ErrTorn) {
		r.stats.Retired++
		return
	}
	r.free = append(r.free, key)
}

// obtain returns a key that tags no memory.
func (r *Ring) obtain() (int, error) {
	if n := len(r.free); n > 0 {
		key := r.free[n-1]
		r.free = r.free[:n-1]
		return key, nil
	}
	r.look()
	var failure error
	for _, victim := range r.candidates() {
		key, parked := victim.park()
		if !parked {
			continue // somebody came in
		}
		err := victim.memory.Tag(r.parking)
		switch {
		case err == nil:
			r.forget(victim)
			r.stats.Evictions++
			return key, nil
		case errors.Is(err, ErrTorn):
			r.forget(victim)
			r.stats.Retired++
		default:
			victim.lend(key, 0)
		}
		failure = fmt.Errorf("park a domain: %w", err)
	}
	switch {
	case failure != nil:
		return 0, failure
	case !slices.ContainsFunc(r.resident, func(h *Holder) bool { return !h.options.Pinned }):
		return 0, ErrNone
	}
	return 0, ErrBusy
}

// look notes which holders were entered since the last look.
func (r *Ring) look() {
	r.clock++
	for _, h := range r.resident {
		if n := uint32(h.state.Load() >> 32); n != h.entries {
			h.entries, h.stamp = n, r.clock
		}
	}
}

// candidates returns the holders that can be parked, the least valuable first.
func (r *Ring) candidates() []*Holder {
	var all []*Holder
	for _, h := range r.resident {
		if !h.options.Pinned && h.Threads() == 0 {
			all = append(all, h)
		}
	}
	slices.SortStableFunc(all, leastValuable)
	return all
}

// leastValuable orders holders by what is lost when they are parked.
func leastValuable(a, b *Holder) int {
	if a.options.Priority != b.options.Priority {
		return a.options.Priority - b.options.Priority
	}
	return int(int64(a.stamp - b.stamp))
}

// forget takes a holder out of those with a key.
func (r *Ring) forget(h *Holder) {
	if i := slices.Index(r.resident, h); i >= 0 {
		r.resident = slices.Delete(r.resident, i, i+1)
	}
}
