package pm

import "time"

// turn ends the bins whose time is over. What was counted since the last look
// belongs to the bin that is seen now.
func (b *Bins) turn(now Reading) {
	set := jumped(b.now, now)
	missed := set || now.Uptime-b.now.Uptime > longestGap
	for g := range granularity(timed) {
		if set {
			b.doubt(g)
		}
		begin := g.begin(now.Wall)
		if was := b.frames[g].begin; !begin.Equal(was) {
			b.turnOne(g, begin, missed || !begin.Equal(was.Add(lengths[g])))
		}
	}
}

// turnOne ends a bin and begins the one that began then. Missed says that the
// end was not observed as it came: neither bin then has what it ought to have.
func (b *Bins) turnOne(g granularity, begin time.Time, missed bool) {
	flaw := complete
	if missed {
		b.doubt(g)
		flaw = suspect
	}
	was := b.frames[g].begin
	b.end(g)
	next := was.Add(lengths[g])
	if oldest := begin.Add(-lengths[g] * time.Duration(depth[g])); next.Before(oldest) {
		next = oldest
	}
	for ; next.Before(begin); next = next.Add(lengths[g]) {
		b.skip(g, next)
	}
	b.frames[g] = frame{begin, begin, flaw}
	for _, s := range b.all {
		s.begin(g, begin, flaw)
		b.pending.touch(s)
	}
	b.stored.turned()
}

// doubt makes a bin under way suspect, for all measurements.
func (b *Bins) doubt(g granularity) {
	b.frames[g].flaw = suspect
	for _, s := range b.all {
		s.doubt(g)
		b.pending.touch(s)
	}
	b.stored.changed()
}

// end moves the bin under way into the past.
func (b *Bins) end(g granularity) {
	f := b.frames[g]
	slot := g.slot(f.begin)
	b.ends[g][slot] = end{f.begin, f.flaw}
	for _, s := range b.all {
		b.keep(s, g, slot)
		b.watchEnd(s, g)
	}
	b.pending.end(g, slot)
}

// keep stores a measurement's bin that ended.
func (b *Bins) keep(s *series, g granularity, slot int) {
	now := s.current[g]
	if s.past == nil {
		switch {
		case now.value == 0:
			return
		case b.histories >= MaxHistories:
			b.without[s] = true
			return
		}
		s.past = newPast()
		b.histories++
		delete(b.without, s)
	}
	s.past.values[g][slot], s.past.flaws[g][slot] = now.value, now.flaw
}

// skip stores a bin that nobody observed.
func (b *Bins) skip(g granularity, begin time.Time) {
	slot := g.slot(begin)
	b.ends[g][slot] = end{begin, suspect}
	for _, s := range b.all {
		if s.past != nil {
			s.past.values[g][slot] = 0
		}
	}
	b.pending.end(g, slot)
}
