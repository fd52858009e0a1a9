package pm

import "time"

// pending is what the tree does not show yet.
type pending struct {
	fresh   bool          // nothing is shown
	written time.Duration // uptime of the last time
	touched map[*series]bool
	removed map[key]bool
	ended   map[place]bool
	whole   map[*series]bool // whose bins that ended are all to be written
}

// place is that of a bin that ended.
type place struct {
	granularity
	slot int
}

func newPending() pending {
	return pending{
		fresh: true, touched: map[*series]bool{}, removed: map[key]bool{},
		ended: map[place]bool{}, whole: map[*series]bool{},
	}
}

func (p *pending) touch(s *series) { p.touched[s] = true }

func (p *pending) end(g granularity, slot int) { p.ended[place{g, slot}] = true }

// forget has all bins of s that ended written anew.
func (p *pending) forget(s *series) { p.whole[s] = true }

func (p *pending) remove(s *series) {
	delete(p.touched, s)
	delete(p.whole, s)
	p.removed[s.key] = true
}

// done says that the tree shows everything.
func (p *pending) done() {
	for s := range p.touched {
		s.rewrite, s.changed = false, [granularities]bool{}
	}
	clear(p.touched)
	clear(p.removed)
	clear(p.ended)
	clear(p.whole)
	p.fresh = false
}

// waits says whether there is something that is not merely another value.
func (p *pending) waits() bool {
	if p.fresh || len(p.removed)+len(p.ended)+len(p.whole) > 0 {
		return true
	}
	for s := range p.touched {
		if s.rewrite {
			return true
		}
	}
	return false
}
