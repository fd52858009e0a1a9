package pm

import (
	"time"

	"github.com/optical-net/waveguard/telemetry/model"
	"github.com/optical-net/waveguard/yang/tree"
)

// Pace is how often the values of bins under way are written, at most. Bins
// that end, begin or are cleared are written at once.
const Pace = time.Second

// Write brings the operational tree up to date, or a piece of it: [Bins.Written]
// says whether there is more.
func (b *Bins) Write(e *tree.Editor) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.writeCrossings(e); err != nil {
		return err
	}
	if !b.due() {
		return nil
	}
	b.pending.choose()
	for _, step := range []func(*tree.Editor) error{b.writeRemoved, b.writeCurrent, b.writePasts, b.writeBins, b.writeFigures} {
		if err := step(e); err != nil {
			return err
		}
	}
	return nil
}

// due says whether what is pending is to be written now.
func (b *Bins) due() bool {
	return b.pending.waits() || len(b.pending.touched) > 0 && b.now.Uptime-b.pending.written >= Pace
}

// Written takes note that the tree shows what Write wrote. It returns whether more
// is to be written at once.
func (b *Bins) Written() (more bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.due() {
		b.pending.done(b.now.Uptime)
	}
	b.thresholds.shown = true
	return b.pending.waits()
}

// Tell returns the notifications of what happened since the last time, now that
// the tree shows all of it.
func (b *Bins) Tell() []*tree.Container {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []*tree.Container
	for _, c := range b.thresholds.news {
		all = append(all, b.nodes.content(c))
	}
	b.thresholds.news = nil
	return all
}

func (b *Bins) writeRemoved(e *tree.Editor) error {
	if b.pending.fresh {
		_, err := e.DeletePath(b.nodes.root)
		return err
	}
	for _, k := range b.pending.piece.gone {
		for _, path := range []tree.Path{b.nodes.entryOf(b.nodes.current, b.nodes.currentPM, k), b.nodes.entryOf(b.nodes.historical, b.nodes.historicalPM, k)} {
			if _, err := e.DeletePath(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeCurrent writes bins under way.
func (b *Bins) writeCurrent(e *tree.Editor) error {
	starts := map[time.Time]*tree.Leaf{}
	start := func(t time.Time) *tree.Leaf {
		if starts[t] == nil {
			starts[t] = b.nodes.time(b.nodes.measurement, "start-time", t)
		}
		return starts[t]
	}
	for _, s := range b.pending.piece.batch {
		n := model.Of(b.nodes.currentPM)
		b.nodes.keys(n, b.nodes.currentPM, s.key)
		var entries []*tree.Container
		for g := range granularities {
			if s.rewrite || s.changed[g] {
				entries = append(entries, b.measurement(s, g, start))
			}
		}
		n.Add(tree.NewList(b.nodes.measurement, entries))
		if err := e.Merge(b.nodes.current, n.Container()); err != nil {
			return err
		}
	}
	return nil
}

func (b *Bins) measurement(s *series, g granularity, start func(time.Time) *tree.Leaf) *tree.Container {
	m := model.Of(b.nodes.measurement)
	m.Add(b.nodes.leaf(b.nodes.measurement, "granularity", g.String()))
	m.Count("value", s.current[g].value)
	if s.rewrite {
		m.Add(b.nodes.leaf(b.nodes.measurement, "validity", s.shown(g).String()), start(s.current[g].start))
	}
	return m.Container()
}

// writeFigures writes how many measurements there are.
func (b *Bins) writeFigures(e *tree.Editor) error {
	if !b.pending.piece.last {
		return nil
	}
	n := model.Of(b.nodes.state.Schema())
	n.Count("measurements", uint64(len(b.all)))
	n.Count("without-history", uint64(len(b.without)))
	n.Leaf("retrieval-time", model.Timestamp(b.now.Wall))
	return e.Merge(b.nodes.state[:len(b.nodes.state)-1], n.Container())
}
