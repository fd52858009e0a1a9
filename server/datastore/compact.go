package datastore

import (
	"github.com/optical-net/waveguard/server/datastore/journal"
	"github.com/optical-net/waveguard/yang/tree"
)

// compactIfLong begins to fold what nobody can go back to into a snapshot when it has
// grown too long, without making anybody wait. While a confirmed commit waits that waits
// too: a snapshot would forget what was before. The caller is the writer.
func (s *Store) compactIfLong() {
	if s.compacting || s.pending.Load() != nil || s.log.Size() < s.compactAt {
		return
	}
	oldest := s.history.oldest()
	mark, ok := s.log.MarkAt(oldest.Number)
	if !ok || mark.Length() < s.compactAt {
		return
	}
	s.compacting = true
	s.background.Go(func() { s.compact(mark, oldest.Config) })
}

// compact writes the snapshot t of the records before mark, then drops them.
func (s *Store) compact(mark journal.Mark, t *tree.Tree) {
	snapshot := encodeConfig(t)
	err := mark.Write(snapshot)
	s.writer <- struct{}{}
	defer s.release()
	if err == nil {
		err = s.log.Trim(mark)
	}
	s.compacting = false
	if err != nil {
		s.compactAt = s.log.Size() + s.cfg.JournalBound // not again at every commit
		s.cfg.Logger.Warn("fold the journal into a snapshot; commits go on, and so does its growth", "dir", s.cfg.Dir, "error", err)
		return
	}
	s.compactAt = s.cfg.JournalBound + int64(len(snapshot))
	s.stats.folds.Add(1)
}
