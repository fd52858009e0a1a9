package datastore

import (
	"context"
	"fmt"
	"sync"

	"github.com/optical-net/waveguard/yang/tree"
)

// factory is the configuration that an empty directory starts with, once somebody
// has asked for it.
type factory struct {
	mu   sync.Mutex
	tree *tree.Tree
}

// Factory returns the configuration that the appliance leaves the factory with (RFC
// 8808): what Config.Factory makes, or Config.Initial. It stays the same until the
// store is closed.
func (s *Store) Factory() (*tree.Tree, error) {
	s.factory.mu.Lock()
	defer s.factory.mu.Unlock()
	if s.factory.tree != nil {
		return s.factory.tree, nil
	}
	build := s.cfg.Factory
	if build == nil {
		build = s.initial
	}
	t, err := build()
	if err != nil {
		return nil, fmt.Errorf("make the configuration of the factory: %w", err)
	}
	s.factory.tree = t
	return t, nil
}

// Reset makes every datastore what it was at the factory (RFC 8808 section 2): one
// transaction on running, after which the candidates begin anew and the history is
// erased, so that nothing in the directory tells what was before. It ends a confirmed
// commit that waits. TagInUse says that another session has locked something, or has a
// confirmed commit that waits; one that no session has, because it was made without one
// or outlived it, is in nobody's way: its word may be lost.
//
// No rule for data decides on it: who may reset may change everything.
func (s *Store) Reset(ctx context.Context, actor Actor) error {
	next, err := s.Factory()
	if err != nil {
		return asError("nothing was reset", err)
	}
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	for _, name := range []Name{Running, Candidate} {
		if err := s.locks.check(name, actor.Session); err != nil {
			return err
		}
	}
	p := s.pending.Load()
	if p != nil && p.Session != 0 {
		if err := p.owned(actor); err != nil {
			return err
		}
	}
	actor.Access = nil
	if err := s.perform(ctx, step{actor: actor, next: next, rules: s.cfg.Rules}); err != nil {
		return err
	}
	s.tellStage(p, actor, CommitOptions{})
	s.candidate.Store(nil)
	s.privates.restart()
	return s.forget()
}

// forget erases the history: running is all that is left. The caller is the writer.
func (s *Store) forget() error {
	snapshot := encodeConfig(s.Running())
	if err := s.log.Rewrite(snapshot); err != nil {
		return because(tree.TagOperationFailed, "the configuration is that of the factory, but the history of the one before "+
			"cannot be erased; make room or repair the disk, then reset again", err)
	}
	s.compactAt = s.cfg.JournalBound + int64(len(snapshot))
	s.history.begin(Revision{Number: s.log.Next() - 1, Config: s.Running()})
	return nil
}

// begin makes r all there is.
func (h *history) begin(r Revision) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = []Revision{r}
}

// restart has all candidates begin anew; their locks stay.
func (ps *privates) restart() {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for session, p := range ps.all {
		ps.all[session] = private{locked: p.locked}
	}
}
