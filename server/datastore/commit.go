package datastore

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/server/datastore/journal"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/validate"
)

// Commit makes running equal to the candidate (RFC 6241 section 8.3.4.1), and
// confirms the session's confirmed commit. On error neither has changed. TagInUse
// says that another session has locked one of the two, or has a confirmed commit
// that waits.
func (s *Store) Commit(ctx context.Context, actor Actor) error {
	return s.CommitWith(ctx, actor, CommitOptions{})
}

// Discard makes the candidate equal to running (RFC 6241 section 8.3.4.2).
// TagInUse says that another session has locked the candidate.
func (s *Store) Discard(ctx context.Context, actor Actor) error {
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	if err := s.checkTarget(Candidate, actor); err != nil {
		return err
	}
	s.committed(actor.Session)
	return nil
}

// Validate checks the content of a datastore against all constraints of the
// schema and the rules, without asking the engine. As Commit would, it lets go
// what when statements no longer allow.
func (s *Store) Validate(ctx context.Context, name Name) error {
	return s.ValidateTree(ctx, s.Config(name))
}

// ValidateTree is Validate for any configuration. It holds up no writer, however much
// there is wrong with it.
func (s *Store) ValidateTree(ctx context.Context, t *tree.Tree) error {
	if err := s.acquire(ctx); err != nil {
		return err
	}
	running := s.valid
	s.release()
	_, err := s.checkFrom(running, t, s.cfg.Rules)
	return err
}

// check validates next, starting from running. The state's tree is what next
// becomes (RFC 7950 section 8.2). The caller is the writer.
func (s *Store) check(next *tree.Tree) (*validate.State, error) {
	return s.checkFrom(s.valid, next, s.cfg.Rules)
}

// checkFrom is check when running is, or was, as given.
func (s *Store) checkFrom(running *validate.State, next *tree.Tree, rules func(old, next *tree.Tree) []*Error) (*validate.State, error) {
	state, errs := s.validator.Check(running, next)
	if len(errs) == 0 && rules != nil {
		errs = rules(running.Tree, state.Tree)
	}
	if len(errs) > 0 {
		return nil, joined(errs)
	}
	return state, nil
}

// step is one change of running on its way.
type step struct {
	actor Actor
	next  *tree.Tree
	rules func(old, next *tree.Tree) []*Error // nil: next was in force before
	then  *pending                            // what waits for its confirmation afterwards
	undo  bool                                // no lock holds up what is undone
}

// transact changes running as an edit or a copy does. The caller is the writer.
func (s *Store) transact(ctx context.Context, actor Actor, next *tree.Tree) error {
	return s.perform(ctx, step{actor: actor, next: next, rules: s.cfg.Rules, then: s.pending.Load()})
}

// perform is the way of every change of running. The caller is the writer. The
// actor answers for what leads to next, not for what validation deletes besides.
func (s *Store) perform(ctx context.Context, st step) error {
	err := s.tryPerform(ctx, st)
	if err != nil {
		s.stats.refused.Add(1)
	}
	return err
}

func (s *Store) tryPerform(ctx context.Context, st step) error {
	c := Change{Old: s.Running(), New: st.next, Changes: tree.Diff(s.Running(), st.next), Actor: st.actor}
	if len(c.Changes) == 0 {
		return s.waitOnly(ctx, c, st.then)
	}
	if err := st.actor.checkChanges(c.Changes); err != nil {
		return err
	}
	state, err := s.checkFrom(s.valid, st.next, st.rules)
	if err != nil {
		return err
	}
	if state.Tree != st.next {
		c.New, c.Changes = state.Tree, tree.Diff(c.Old, state.Tree)
	}
	if !st.undo {
		if err := s.parts.check(st.actor.Session, c.Changes); err != nil {
			return err
		}
	}
	commit, abort, err := s.cfg.Engine.Prepare(ctx, c)
	if err != nil {
		return asError("put the change in force", err)
	}
	if err := s.persist(ctx, c, st.then); err != nil {
		abort()
		return err
	}
	s.publish(state, c)
	s.remember(c)
	if st.then != s.pending.Load() {
		s.await(st.then)
	}
	commit()
	s.observers.tell(c)
	s.watchers.tell()
	s.compactIfLong()
	return nil
}

// remember enters the change, whose record is the last one, into the history.
func (s *Store) remember(c Change) {
	c.Actor.Access = nil
	s.history.add(Revision{s.log.Next() - 1, time.Now(), c.Actor, len(c.Changes), c.New})
}

// waitOnly performs a step that leaves running as it is.
func (s *Store) waitOnly(ctx context.Context, c Change, then *pending) error {
	if then == s.pending.Load() {
		return nil
	}
	if err := s.persist(ctx, c, then); err != nil {
		return err
	}
	s.await(then)
	return nil
}

// persist makes the change, and what waits after it, durable.
func (s *Store) persist(ctx context.Context, c Change, then *pending) error {
	if ctx.Err() != nil {
		return because(tree.TagOperationFailed, "the client gave up before the change was made", ctx.Err())
	}
	if s.log.Broken() != nil {
		// The disk may have recovered: begin anew with what is in force.
		if err := s.rewrite(); err != nil {
			s.trouble.Store(&err)
			return storageError(err)
		}
		s.cfg.Logger.Info("the configuration can be stored again", "dir", s.cfg.Dir)
	}
	if err := s.log.Append(s.encodeEntry(c, then)); err != nil {
		s.cfg.Logger.Error("store the configuration", "dir", s.cfg.Dir, "error", err)
		if !errors.Is(err, journal.ErrTooBig) {
			s.trouble.Store(&err)
		}
		return storageError(err)
	}
	s.trouble.Store(nil)
	return nil
}

// rewrite begins the journal anew with what is in force. A snapshot can't hold a
// commit that waits for its confirmation: it is of what was before, and a record
// leads from there. A crash between the two undoes that commit.
func (s *Store) rewrite() error {
	p := s.pending.Load()
	if p == nil {
		return s.log.Rewrite(encodeConfig(s.Running()))
	}
	if err := s.log.Rewrite(encodeConfig(p.before)); err != nil {
		return err
	}
	c := Change{Changes: tree.Diff(p.before, s.Running()), Actor: Actor{User: p.User, Session: p.Session}}
	return s.log.Append(s.encodeEntry(c, p))
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
