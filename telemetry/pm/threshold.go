package pm

import (
	"iter"
	"maps"

	"github.com/optical-net/waveguard/telemetry/model"
	"github.com/optical-net/waveguard/yang/tree"
)

// threshold is one that is watched.
type threshold struct {
	name, kind, severity string
	granularity          granularity
	model.Resource       // a part that is "" is any
	high, low, clear     limit
	alarm                bool
}

// limit is a value of a threshold, which may be absent.
type limit struct {
	value uint64
	set   bool
}

// watches says whether the threshold is on a measurement of its kind.
func (t *threshold) watches(k key) bool {
	return (t.Name == "" || t.Name == k.Name) &&
		(t.Type == k.Type || t.Type == "" && k.Type != model.System)
}

// at names a crossing that stands.
type at struct {
	threshold string
	key
}

// standing is a threshold that was crossed in a bin.
type standing struct {
	Crossing
	granularity granularity
	now         bool // in the bin under way
}

// binKind is what is measured, and for how long.
type binKind struct {
	kind string
	granularity
}

// thresholds are those of the configuration, and what of them is crossed.
type thresholds struct {
	from      *tree.Container // as configured
	all       map[string]threshold
	on        map[binKind][]threshold
	crossed   map[at]*standing
	crossings map[string]uint64 // by threshold
	news      []Crossing        // not told yet
	shown     bool              // whether the tree has the counters
}

func newThresholds() thresholds {
	return thresholds{crossed: map[at]*standing{}, crossings: map[string]uint64{}}
}

// configureThresholds reads the thresholds of a configuration. What stood by
// one that is now another, or is no more, stands no longer.
func (b *Bins) configureThresholds(running *tree.Tree) {
	t := &b.thresholds
	t.shown = false // entries may have come back without their state
	c, _ := running.Find(b.nodes.thresholds).(*tree.Container)
	if c == t.from && t.all != nil {
		return
	}
	t.from = c
	was := t.all
	t.all = b.nodes.readThresholds(c)
	t.on = map[binKind][]threshold{}
	for _, th := range t.all {
		on := binKind{th.kind, th.granularity}
		t.on[on] = append(t.on[on], th)
	}
	maps.DeleteFunc(t.crossed, func(a at, st *standing) bool {
		now, is := t.all[a.threshold]
		if was == nil { // an earlier process saw it
			return !is || !now.explains(a.key, st) || b.all[a.key] == nil
		}
		return !is || now != was[a.threshold]
	})
	maps.DeleteFunc(t.crossings, func(name string, _ uint64) bool { _, is := t.all[name]; return !is })
	for _, s := range b.all {
		for g := range granularities {
			b.watchHigh(s, g)
		}
	}
	b.stored.changed()
}

// watching returns the thresholds on bins of a measurement.
func (t *thresholds) watching(k key, g granularity) iter.Seq[*threshold] {
	return func(yield func(*threshold) bool) {
		all := t.on[binKind{k.kind, g}]
		for i := range all {
			if all[i].watches(k) && !yield(&all[i]) {
				return
			}
		}
	}
}

// watchHigh looks whether the bin under way crosses a threshold.
func (b *Bins) watchHigh(s *series, g granularity) {
	now := s.current[g]
	for th := range b.thresholds.watching(s.key, g) {
		if !th.high.set || now.value < th.high.value {
			continue
		}
		if st := b.thresholds.crossed[at{th.name, s.key}]; st == nil || !st.now {
			b.cross(s, th, Crossing{Kind: "HIGH", Limit: th.high.value}).now = true
		}
	}
}

// watchEnd looks whether the bin that ends crosses a threshold, or clears one
// that was crossed. A bin that is not complete proves neither.
func (b *Bins) watchEnd(s *series, g granularity) {
	now := s.current[g]
	for th := range b.thresholds.watching(s.key, g) {
		a := at{th.name, s.key}
		st := b.thresholds.crossed[a]
		switch {
		case st != nil && st.now:
			st.now = false
		case now.flaw != complete:
		case th.low.set && now.value < th.low.value:
			b.cross(s, th, Crossing{Kind: "LOW", Limit: th.low.value})
		case st != nil && (st.Kind == "LOW" || !th.clear.set || now.value <= th.clear.value):
			delete(b.thresholds.crossed, a)
		}
	}
}

func (b *Bins) cross(s *series, th *threshold, c Crossing) *standing {
	c.Threshold, c.Resource, c.Measurement, c.Granularity = th.name, s.Resource, s.kind, th.granularity.String()
	c.Severity, c.Alarm = th.severity, th.alarm
	c.Value, c.Begin, c.Time = s.current[th.granularity].value, s.current[th.granularity].start, b.cfg.Clock().Wall
	st := &standing{Crossing: c, granularity: th.granularity}
	b.thresholds.crossed[at{th.name, s.key}] = st
	b.thresholds.crossings[th.name]++
	b.thresholds.news = append(b.thresholds.news, c)
	b.thresholds.shown = false
	return st
}

// forget lets go of what stood by a measurement that is no more.
func (t *thresholds) forget(k key) {
	for g := range granularities {
		for th := range t.watching(k, g) {
			delete(t.crossed, at{th.name, k})
		}
	}
}

// explains says whether a crossing that an earlier process saw is one of this
// threshold.
func (t *threshold) explains(k key, st *standing) bool {
	is := t.high
	if st.Kind == "LOW" {
		is = t.low
	}
	return t.granularity == st.granularity && t.kind == k.kind && t.watches(k) && is == limit{st.Limit, true}
}

// cleared has a bin under way that began anew: it can cross again. One without
// end had no other way to end a crossing.
func (t *thresholds) cleared(k key, g granularity) {
	for th := range t.watching(k, g) {
		a := at{th.name, k}
		if st := t.crossed[a]; st != nil {
			st.now = false
		}
		if g == untimed {
			delete(t.crossed, a)
		}
	}
}
