package pm

import "time"

// pending is what the tree does not show yet.
type pending struct {
	fresh   bool          // nothing is shown
	written time.Duration // uptime when all was shown
	batch   []*series     // of touched: what is written now
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

// most is how many measurements are written at once of which merely the values
// are others, so that nobody waits long for the operational tree.
const most = 256

// choose sets the batch.
func (p *pending) choose() {
	p.batch = p.batch[:0]
	values := 0
	for s := range p.touched {
		if !s.rewrite {
			if values++; values > most {
				continue
			}
		}
		p.batch = append(p.batch, s)
	}
}

// done says that the tree shows what was chosen, and all but values of the others.
func (p *pending) done(now time.Duration) {
	for _, s := range p.batch {
		s.rewrite, s.changed = false, [granularities]bool{}
		delete(p.touched, s)
	}
	if len(p.touched) == 0 {
		p.written = now
	}
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
