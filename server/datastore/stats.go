package datastore

import (
	"sync/atomic"
	"time"
)

// Stats are figures about a store since it was opened.
type Stats struct {
	Commits    uint64    // changes of running
	Refused    uint64    // attempts to change running that changed nothing
	LastCommit time.Time // zero before the first
	Folds      uint64    // times the journal was folded into a snapshot
}

type stats struct {
	commits, refused, folds atomic.Uint64
	last                    atomic.Pointer[time.Time]
}

func (s *stats) committed() {
	now := time.Now()
	s.last.Store(&now)
	s.commits.Add(1)
}

// Stats returns the figures of now.
func (s *Store) Stats() Stats {
	st := Stats{Commits: s.stats.commits.Load(), Refused: s.stats.refused.Load(), Folds: s.stats.folds.Load()}
	if last := s.stats.last.Load(); last != nil {
		st.LastCommit = *last
	}
	return st
}
