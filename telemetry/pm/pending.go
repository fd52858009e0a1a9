package pm

import "time"

// pending is what the tree does not show yet.
type pending struct {
	fresh   bool          // nothing is shown
	written time.Duration // uptime when all was shown
	touched map[*series]bool
	removed map[key]bool
	ended   map[place]bool
	whole   map[*series]bool // whose bins that ended are all to be written
	piece   piece            // what is written now
}

// piece is what of it is written at once.
type piece struct {
	gone  []key
	batch []*series
	last  bool // no more waits than other values
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

// rewrite has s written with all its bins that ended.
func (p *pending) rewrite(s *series) {
	p.touch(s)
	p.whole[s] = true
}

func (p *pending) remove(s *series) {
	delete(p.touched, s)
	delete(p.whole, s)
	p.removed[s.key] = true
}

// most is how many measurements are written at once, so that nobody waits long
// for the operational tree.
const most = 256

// choose sets the piece. What goes is before what comes, which may have its
// place; measurements that wait are before those that merely have other values.
func (p *pending) choose() {
	p.piece = piece{gone: p.piece.gone[:0], batch: p.piece.batch[:0], last: true}
	for k := range p.removed {
		if !p.room() {
			return
		}
		p.piece.gone = append(p.piece.gone, k)
	}
	for _, waits := range []bool{true, false} {
		for s := range p.touched {
			if s.rewrite != waits {
				continue
			}
			if !p.room() {
				p.piece.last = !waits
				return
			}
			p.piece.batch = append(p.piece.batch, s)
		}
	}
}

// room says whether the piece has room for one more; one that has not is not the last.
func (p *pending) room() bool {
	p.piece.last = len(p.piece.gone)+len(p.piece.batch) < most
	return p.piece.last
}

// done says that the tree shows the piece.
func (p *pending) done(now time.Duration) {
	for _, k := range p.piece.gone {
		delete(p.removed, k)
	}
	for _, s := range p.piece.batch {
		s.rewrite, s.changed = false, [granularities]bool{}
		delete(p.touched, s)
		delete(p.whole, s)
	}
	if len(p.touched) == 0 {
		p.written = now
	}
	if p.piece.last {
		clear(p.ended)
	}
	p.fresh = false
}

// waits says whether there is something that is not merely another value.
func (p *pending) waits() bool {
	if p.fresh || len(p.removed)+len(p.ended) > 0 {
		return true
	}
	for s := range p.touched {
		if s.rewrite {
			return true
		}
	}
	return false
}
