package datastore

import (
	"context"
	"errors"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/server/datastore/journal"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/validate"
)

// Commit makes running equal to the candidate (RFC 6241 section 8.3.4.1). On
// error neither has changed. TagInUse says that another session has locked one
// of the two.
func (s *Store) Commit(ctx context.Context, actor Actor) error {
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	for _, name := range []Name{Running, Candidate} {
		if err := s.locks.check(name, actor.Session); err != nil {
			return err
		}
	}
	if err := s.transact(ctx, actor, s.Candidate()); err != nil {
		return err
	}
	s.candidate.Store(nil)
	return nil
}

// Discard makes the candidate equal to running (RFC 6241 section 8.3.4.2).
// TagInUse says that another session has locked the candidate.
func (s *Store) Discard(ctx context.Context, actor Actor) error {
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	if err := s.locks.check(Candidate, actor.Session); err != nil {
		return err
	}
	s.candidate.Store(nil)
	return nil
}

// Validate checks the content of a datastore against all constraints of the
// schema and the rules, without asking the engine. As Commit would, it lets go
// what when statements no longer allow.
func (s *Store) Validate(ctx context.Context, name Name) error {
	return s.ValidateTree(ctx, s.Config(name))
}

// ValidateTree is Validate for any configuration.
func (s *Store) ValidateTree(ctx context.Context, t *tree.Tree) error {
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	_, err := s.check(t)
	return err
}

// check validates next, starting from running. The state's tree is what next
// becomes (RFC 7950 section 8.2).
func (s *Store) check(next *tree.Tree) (*validate.State, error) {
	state, errs := s.validator.Check(s.valid, next)
	if len(errs) == 0 && s.cfg.Rules != nil {
		errs = s.cfg.Rules(s.Running(), state.Tree)
	}
	if len(errs) > 0 {
		return nil, joined(errs)
	}
	return state, nil
}

// transact is the way of every change of running. The caller is the writer. The
// actor answers for what leads to next, not for what validation deletes besides.
func (s *Store) transact(ctx context.Context, actor Actor, next *tree.Tree) error {
	err := s.tryTransact(ctx, actor, next)
	if err != nil {
		s.stats.refused.Add(1)
	}
	return err
}

func (s *Store) tryTransact(ctx context.Context, actor Actor, next *tree.Tree) error {
	c := Change{Old: s.Running(), New: next, Changes: tree.Diff(s.Running(), next), Actor: actor}
	if len(c.Changes) == 0 {
		return nil
	}
	if err := actor.checkChanges(c.Changes); err != nil {
		return err
	}
	state, err := s.check(next)
	if err != nil {
		return err
	}
	if state.Tree != next {
		c.New, c.Changes = state.Tree, tree.Diff(c.Old, state.Tree)
	}
	commit, abort, err := s.cfg.Engine.Prepare(ctx, c)
	if err != nil {
		return asError("put the change in force", err)
	}
	if err := s.persist(ctx, c); err != nil {
		abort()
		return err
	}
	s.publish(state, c)
	commit()
	s.observers.tell(c)
	s.watchers.tell()
	s.compactIfLong()
	return nil
}

// persist makes the change durable.
func (s *Store) persist(ctx context.Context, c Change) error {
	if ctx.Err() != nil {
		return because(tree.TagOperationFailed, "the client gave up before the change was made", ctx.Err())
	}
	if s.log.Broken() != nil {
		// The disk may have recovered: begin anew with what is in force.
		if err := s.log.Rewrite(encodeConfig(s.Running())); err != nil {
			return storageError(err)
		}
		s.cfg.Logger.Info("the configuration can be stored again", "dir", s.cfg.Dir)
	}
	if err := s.log.Append(s.encodeEntry(c)); err != nil {
		s.cfg.Logger.Error("store the configuration", "dir", s.cfg.Dir, "error", err)
		return storageError(err)
	}
	return nil
}

func storageError(err error) error {
	tag := tree.TagOperationFailed
	switch {
	case errors.Is(err, journal.ErrTooBig):
		return because(tree.TagTooBig, "the change is too big to be stored at once; divide it", err)
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT):
		tag = TagResourceDenied
	}
	return because(tag, "nothing was changed, because the configuration cannot be stored; "+
		"make room or repair the disk, then try again", err)
}

// publish shows the change to readers; it is durable by now.
func (s *Store) publish(state *validate.State, c Change) {
	s.valid = state
	s.stateMu.Lock()
	s.running.Store(c.New)
	s.operational.Store(s.mirror.apply(s.Operational(), c))
	s.stateMu.Unlock()
	if candidate := s.candidate.Load(); candidate != nil {
		s.setCandidate(candidate)
	}
	s.stats.committed()
}
