package datastore

import (
	"context"

	"github.com/optical-net/waveguard/yang/tree"
)

// Test says what an edit does besides changing its target (RFC 6241 section
// 8.6.4.1).
type Test uint8

// The options. Whatever the option, the result of an edit of running is
// validated, as every change of running is.
const (
	// Set stores the result; a candidate may be invalid until it is committed.
	Set Test = iota
	// TestThenSet stores the result only if it is valid.
	TestThenSet
	// TestOnly stores nothing.
	TestOnly
)

// Request is one edit of a datastore.
type Request struct {
	Target  Name
	Edit    *tree.Edit
	Default tree.Operation // of nodes that name none; Inherit is Merge
	Test    Test
}

// Edit changes the candidate, or running as a whole transaction. The errors
// are those of RFC 6241 section 7.2 and RFC 7950 section 8.3; TagInUse when
// another session has locked the target, or has a confirmed commit that waits and
// the target is running.
func (s *Store) Edit(ctx context.Context, actor Actor, r Request) error {
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	if err := s.checkTarget(r.Target, actor); err != nil {
		return err
	}
	next, err := s.edited(actor, s.ConfigOf(actor.Session, r.Target), r.Default, r.Edit)
	switch {
	case err != nil:
		return err
	case r.Test == TestOnly:
		return s.test(actor, r.Target, next)
	case r.Target == Running:
		return s.transact(ctx, actor, next)
	}
	return s.editCandidate(actor, r.Test, next)
}

// Copy makes the target equal to a configuration (RFC 6241 section 7.3): the
// candidate, or running as a whole transaction. The actor answers for what
// becomes different; the errors are those of Edit.
func (s *Store) Copy(ctx context.Context, actor Actor, target Name, t *tree.Tree) error {
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	if err := s.checkTarget(target, actor); err != nil {
		return err
	}
	if target == Running {
		return s.transact(ctx, actor, t)
	}
	return s.editCandidate(actor, Set, t)
}

// edited returns base with the edits applied, if the actor may ask for them.
func (s *Store) edited(actor Actor, base *tree.Tree, def tree.Operation, edits ...*tree.Edit) (*tree.Tree, error) {
	if def == tree.Inherit {
		def = tree.Merge
	}
	e := base.Edit()
	for _, ed := range edits {
		if err := actor.checkEdit(ed); err != nil {
			return nil, err
		}
		if err := e.Apply(ed, def); err != nil {
			return nil, asError("apply the edit", err)
		}
	}
	return e.Tree(), nil
}

// test does what storing next in the target would do, but for the storing.
func (s *Store) test(actor Actor, target Name, next *tree.Tree) error {
	if err := actor.checkChanges(tree.Diff(s.ConfigOf(actor.Session, target), next)); err != nil {
		return err
	}
	state, err := s.check(next)
	if err != nil || target != Running {
		return err
	}
	return s.parts.check(actor.Session, tree.Diff(s.Running(), state.Tree))
}

func (s *Store) editCandidate(actor Actor, t Test, next *tree.Tree) error {
	if err := actor.checkChanges(tree.Diff(s.ConfigOf(actor.Session, Candidate), next)); err != nil {
		return err
	}
	if t == TestThenSet {
		if _, err := s.check(next); err != nil {
			return err
		}
	}
	if p, own := s.privates.get(actor.Session); own {
		p = s.begun(actor.Session, p)
		s.privates.set(actor.Session, private{p.base, next, p.locked})
		return nil
	}
	s.editor = actor.Session
	s.setCandidate(next)
	return nil
}

// setCandidate stores next, or nothing if it says the same as running.
func (s *Store) setCandidate(next *tree.Tree) {
	if len(tree.Diff(s.Running(), next)) == 0 {
		next = nil
	}
	s.candidate.Store(next)
}
