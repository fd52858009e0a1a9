package pm

import (
	"time"
)

// series is one measurement with all its bins.
type series struct {
	key
	last    uint64 // of the counter
	current [granularities]bin
	past    *past // nil until a bin ended that counted something

	// What the tree does not show yet.
	changed [granularities]bool // in value
	rewrite bool                // in everything
}

// bin is one under way.
type bin struct {
	value uint64
	start time.Time
	flaw  validity // of what was observed so far
}

// past has the bins that ended, by slot. A value of zero is not shown.
type past struct {
	values [timed][]uint64
	flaws  [timed][]validity
}

func newPast() *past {
	p := &past{}
	for g := range p.values {
		p.values[g], p.flaws[g] = make([]uint64, depth[g]), make([]validity, depth[g])
	}
	return p
}

// rise takes in what the counter is now and returns what it rose by. A counter
// that fell began anew with its entry.
func (s *series) rise(now uint64) uint64 {
	by := now - s.last
	if now < s.last {
		by = now
	}
	s.last = now
	return by
}

// add counts in all bins under way.
func (s *series) add(n uint64) {
	for g := range s.current {
		s.current[g].value += n
		s.changed[g] = true
	}
}

// begin begins a bin anew.
func (s *series) begin(g granularity, start time.Time, flaw validity) {
	s.current[g] = bin{start: start, flaw: flaw}
	s.rewrite = true
}

// doubt marks the bin under way as suspect.
func (s *series) doubt(g granularity) {
	s.current[g].flaw = suspect
	s.rewrite = true
}

// shown is the validity of the bin under way: until it ends, it is partial at best.
func (s *series) shown(g granularity) validity {
	if g == untimed {
		return s.current[g].flaw
	}
	return max(s.current[g].flaw, partial)
}
