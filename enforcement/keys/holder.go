package keys

import "sync/atomic"

// Memory is what a key protects.
type Memory interface {
	// Tag puts all of the memory, and what is added to it later, under a key.
	// When it fails the memory is as it was, or the error is ErrTorn. It is
	// called by one goroutine at a time.
	Tag(key int) error
}

// Options say how a holder is treated when keys are scarce.
type Options struct {
	// Pinned keeps a key for the holder from the start to the end.
	Pinned bool
	// Priority is how much it matters that the holder keeps its key; of two, the
	// one with less is parked first.
	Priority int
}

// Holder is a domain that is lent a key while threads are inside. Make it with
// [Ring.Add].
//
// Its state is one word, so that one atomic operation decides whether a thread
// entered first or the ring parked first:
//
//	63          32 31  29 28         27      24 23         0
//	| entries     | 0    | draining | key      | threads    |
//
// The key is 0 while the holder is parked. Invariant: while threads is above 0
// the key does not change, but from 0. A holder that drains is closed to newcomers;
// the threads inside keep the key.
type Holder struct {
	state   atomic.Uint64
	ring    *Ring
	memory  Memory
	options Options

	// Of the ring, under its mu.
	entries uint32 // at the last look
	stamp   uint64 // of the ring's clock, when entries was last seen to have grown
	gone    bool
}

const (
	oneThread = 1
	threads   = 1<<24 - 1
	keyShift  = 24
	keyMask   = 15
	draining  = 1 << 28
	oneEntry  = 1 << 32
)

func keyOf(state uint64) int { return int(state >> keyShift & keyMask) }

// Key returns the holder's own key, 0 while it is parked. Inside it does not change.
func (h *Holder) Key() int { return keyOf(h.state.Load()) }

// Threads returns how many threads are counted in.
func (h *Holder) Threads() int { return int(h.state.Load() & threads) }

// open reports whether a thread could enter.
func (h *Holder) open() bool {
	s := h.state.Load()
	return keyOf(s) != 0 && s&draining == 0
}

// TryEnter counts the calling thread in and returns the key to open; ok is false,
// and the thread is not counted, when the holder is parked or drains. See
// [Ring.Enter].
func (h *Holder) TryEnter() (key int, ok bool) {
	s := h.state.Add(oneEntry + oneThread)
	if key = keyOf(s); key != 0 && s&draining == 0 {
		return key, true
	}
	h.Leave()
	return 0, false
}

// Leave counts a thread out.
//
// Preconditions: the thread was counted in, and its rights to the key are closed.
func (h *Holder) Leave() {
	if h.state.Add(^uint64(0))&threads == 0 && h.ring.waiting.Load() > 0 {
		h.ring.wake()
	}
}

// park takes the key from a holder that no thread is inside of.
func (h *Holder) park() (key int, ok bool) {
	for {
		s := h.state.Load()
		if s&threads != 0 {
			return 0, false
		}
		if h.state.CompareAndSwap(s, s&^(keyMask<<keyShift|draining)) {
			return keyOf(s), true
		}
	}
}

// lend gives a parked holder a key, and counts in so many threads.
func (h *Holder) lend(key, threads int) {
	h.state.Add(uint64(key)<<keyShift + uint64(threads)*(oneEntry+oneThread))
}
