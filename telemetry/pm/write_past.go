package pm

import (
	"github.com/optical-net/waveguard/telemetry/model"
	"github.com/optical-net/waveguard/yang/tree"
)

// writePasts writes the bins that ended, of the measurements in the piece.
func (b *Bins) writePasts(e *tree.Editor) error {
	completions := map[place]*tree.Leaf{}
	completion := func(p place) *tree.Leaf {
		if completions[p] == nil {
			completions[p] = b.completion(p)
		}
		return completions[p]
	}
	for _, s := range b.pending.piece.batch {
		if b.pending.whole[s] {
			if err := b.writeAll(e, s, completion); err != nil {
				return err
			}
			continue
		}
		if !s.rewrite || s.past == nil {
			continue
		}
		for p := range b.pending.ended {
			if err := b.writePast(e, s, p, completion(p)); err != nil {
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

// writeBins lists the bins that ended once all measurements have theirs. Until then
// they are not listed: nobody could say what a measurement has that is absent.
func (b *Bins) writeBins(e *tree.Editor) error {
	for p := range b.pending.ended {
		if _, err := e.DeletePath(b.nodes.binOf(b.nodes.historical, b.nodes.bin, p.granularity, p.slot)); err != nil {
			return err
		}
		if !b.pending.piece.last {
			continue
		}
		if err := b.writeBin(e, p); err != nil {
			return err
		}
	}
	return nil
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

// writeAll writes the whole past of a measurement.
func (b *Bins) writeAll(e *tree.Editor, s *series, completion func(place) *tree.Leaf) error {
	if _, err := e.DeletePath(b.nodes.entryOf(b.nodes.historical, b.nodes.historicalPM, s.key)); err != nil || s.past == nil {
		return err
	}
	var entries []*tree.Container
	for g, values := range s.past.values {
		for slot, value := range values {
			if p := (place{granularity(g), slot}); value != 0 {
				entries = append(entries, b.ended(s, p, completion(p)))
			}
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
