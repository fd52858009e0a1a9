package keys

// Depth is how deep a thread can be inside holders.
const Depth = 32

// Stack is what one thread has entered and not left, the innermost last. The zero
// value is a thread outside of all. It belongs to that thread.
//
// Those below yielded are not counted in: they must be entered again on the way
// back. Invariant: 0 <= yielded <= len.
type Stack struct {
	all     [Depth]*Holder
	len     int
	yielded int
}

// Len returns how deep the thread is.
func (s *Stack) Len() int { return s.len }

// Push notes that the thread, which was counted in, is inside h.
//
// Preconditions: Len is below Depth.
func (s *Stack) Push(h *Holder) {
	s.all[s.len] = h
	s.len++
}

// Top returns the holder that the thread is inside of, nil if it is outside, and
// whether it is counted in.
func (s *Stack) Top() (h *Holder, counted bool) {
	if s.len == 0 {
		return nil, true
	}
	return s.all[s.len-1], s.len > s.yielded
}

// Pop takes the innermost holder off; the caller counts the thread out of it if
// it was counted in.
func (s *Stack) Pop() {
	s.len--
	s.all[s.len] = nil
	s.yielded = min(s.yielded, s.len)
}

// Regain notes that the thread was counted into the innermost holder again.
func (s *Stack) Regain() { s.yielded = s.len - 1 }

// Yield counts the thread out of everything.
//
// Preconditions: the thread has all keys closed.
func (s *Stack) Yield() {
	for _, h := range s.all[s.yielded:s.len] {
		h.Leave()
	}
	s.yielded = s.len
}
