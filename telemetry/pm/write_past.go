package pm

import (
	"github.com/optical-net/waveguard/telemetry/model"
	"github.com/optical-net/waveguard/yang/tree"
)

// writeEnded writes the bins that ended, of all measurements.
func (b *Bins) writeEnded(e *tree.Editor) error {
	if b.pending.fresh {
		return nil // writeWhole does
	}
	for p := range b.pending.ended {
		if err := b.writeBin(e, p); err != nil {
			return err
		}
		completion := b.completion(p)
		for _, s := range b.all {
			if s.past == nil {
				continue
			}
			if err := b.writePast(e, s, p, completion); err != nil {
				return err
			}
		}
	}
	return nil
}

// completion is the leaf completion-time of a bin, to be shared.
func (b *Bins) completion(p place) *tree.Leaf {
	return b.nodes.time(b.nodes.ended, "completion-time", b.ends[p.granularity][p.slot].begin.Add(lengths[p.granularity]))
}

func (b *Bins) writeBin(e *tree.Editor, p place) error {
	end := b.ends[p.granularity][p.slot]
	if end.begin.IsZero() {
		return nil
	}
	n := model.Of(b.nodes.bin)
	n.Leaf("granularity", p.String())
	n.Leaf("bin-number", number(p.slot))
	n.Add(b.nodes.time(b.nodes.bin, "start-time", end.begin))
	n.Add(b.nodes.time(b.nodes.bin, "completion-time", end.begin.Add(lengths[p.granularity])))
	n.Leaf("validity", end.flaw.String())
	return e.Merge(b.nodes.historical, n.Container())
}

// writePast writes one measurement's bin that ended.
func (b *Bins) writePast(e *tree.Editor, s *series, p place, completion *tree.Leaf) error {
	above := b.nodes.entryOf(b.nodes.historical, b.nodes.historicalPM, s.key)
	value := s.past.values[p.granularity][p.slot]
	if value == 0 {
		_, err := e.DeletePath(b.nodes.binOf(above, b.nodes.ended, p.granularity, p.slot))
		return err
	}
	return e.Merge(above, b.ended(s, p, completion))
}

func (b *Bins) ended(s *series, p place, completion *tree.Leaf) *tree.Container {
	n := model.Of(b.nodes.ended)
	n.Add(b.nodes.leaf(b.nodes.ended, "granularity", p.String()), b.nodes.leaf(b.nodes.ended, "bin-number", number(p.slot)))
	n.Count("value", s.past.values[p.granularity][p.slot])
	n.Add(b.nodes.leaf(b.nodes.ended, "validity", s.past.flaws[p.granularity][p.slot].String()), completion)
	return n.Container()
}

// writeWhole writes the past of measurements of which nothing stands.
func (b *Bins) writeWhole(e *tree.Editor) error {
	whole := b.pending.whole
	if len(whole) == 0 && !b.pending.fresh {
		return nil
	}
	if b.pending.fresh {
		whole = map[*series]bool{}
		for _, s := range b.all {
			whole[s] = true
		}
	}
	completions := map[place]*tree.Leaf{}
	for g := range granularity(timed) {
		for slot := range depth[g] {
			p := place{g, slot}
			completions[p] = b.completion(p)
			if err := b.writeBin(e, p); err != nil {
				return err
			}
		}
	}
	for s := range whole {
		if err := b.writeAll(e, s, completions); err != nil {
			return err
		}
	}
	return nil
}

func (b *Bins) writeAll(e *tree.Editor, s *series, completions map[place]*tree.Leaf) error {
	if _, err := e.DeletePath(b.nodes.entryOf(b.nodes.historical, b.nodes.historicalPM, s.key)); err != nil || s.past == nil {
		return err
	}
	var entries []*tree.Container
	for p, completion := range completions {
		if s.past.values[p.granularity][p.slot] != 0 {
			entries = append(entries, b.ended(s, p, completion))
		}
	}
	if entries == nil {
		return nil
	}
	n := model.Of(b.nodes.historicalPM)
	b.nodes.keys(n, b.nodes.historicalPM, s.key)
	n.Add(tree.NewList(b.nodes.ended, entries))
	return e.Merge(b.nodes.historical, n.Container())
}
