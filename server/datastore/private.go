package datastore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/optical-net/waveguard/yang/tree"
)

// private is a session's own candidate (draft-ietf-netconf-privcand). It never
// changes; another takes its place.
type private struct {
	base   *tree.Tree // running when it was begun or last updated; nil: not begun
	tree   *tree.Tree // what became of it
	locked time.Time  // by its session; zero: it is not
}

// privates holds the candidate of each session that has its own. A candidate is
// changed by its session's requests alone, which follow each other.
type privates struct {
	mu  sync.Mutex
	all map[uint32]private
}

func (ps *privates) get(session uint32) (p private, ok bool) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	p, ok = ps.all[session]
	return p, ok
}

// set stores a candidate of a session that has its own.
func (ps *privates) set(session uint32, p private) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.all == nil {
		ps.all = map[uint32]private{}
	}
	ps.all[session] = p
}

func (ps *privates) drop(session uint32) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	delete(ps.all, session)
}

// Resolution says what an update does about nodes that both the candidate and
// running have changed.
type Resolution uint8

// The resolution modes (draft-ietf-netconf-privcand section 4.8.1.1.1).
const (
	RevertOnConflict Resolution = iota // nothing; the update is refused
	PreferCandidate
	PreferRunning
)

// OwnCandidate gives a session a candidate of its own, until [Store.Release]: all
// that it asks for from the candidate is about that one. It begins as running at the
// first request that uses it, after a commit and after a discard anew.
func (s *Store) OwnCandidate(session uint32) { s.privates.set(session, private{}) }

// ConfigOf returns the configuration in that datastore as the session sees it.
func (s *Store) ConfigOf(session uint32, name Name) *tree.Tree {
	if name == Candidate {
		if p, own := s.privates.get(session); own {
			return s.begun(session, p).tree
		}
	}
	return s.Config(name)
}

// begun returns the candidate, which begins now unless it has.
func (s *Store) begun(session uint32, p private) private {
	if p.base == nil {
		p.base = s.Running()
		p.tree = p.base
		s.privates.set(session, p)
	}
	return p
}

// Update brings what has changed in running since the session's own candidate was
// begun, or last updated, into it. TagOperationFailed says that running has changed
// the same nodes, an error for each with its path; the candidate is as it was then.
func (s *Store) Update(ctx context.Context, session uint32, mode Resolution) error {
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	p, own := s.privates.get(session)
	if !own {
		return &Error{Tag: tree.TagOperationFailed, Message: "the session shares the candidate of all; " +
			"to have one of its own, a client says the capability private-candidate in its hello"}
	}
	p = s.begun(session, p)
	next, err := s.updated(p, mode)
	if err != nil {
		return err
	}
	s.privates.set(session, private{s.Running(), next, p.locked})
	return nil
}

// updated returns what a candidate becomes on running as it is.
func (s *Store) updated(p private, mode Resolution) (*tree.Tree, error) {
	running := s.Running()
	switch {
	case p.base == running || p.base == nil:
		return p.tree, nil
	case p.base == p.tree:
		return running, nil
	}
	r := newRebase(p.base, p.tree, running)
	switch {
	case len(r.conflicts.paths) > 0 && mode == RevertOnConflict:
		return nil, r.refusal()
	case mode == PreferCandidate:
		return r.onto(mySide)
	}
	return r.onto(theirSide)
}

// maxConflicts bounds how many conflicts one refusal tells.
const maxConflicts = 100

// refusal tells where the conflicts are. They are in what the candidate's session
// changed, so that it learns of no other place.
func (r *rebase) refusal() error {
	var errs []error
	all := r.conflicts.topmost()
	for i, at := range all {
		if i == maxConflicts {
			errs = append(errs, &Error{Tag: tree.TagOperationFailed, Message: fmt.Sprintf("there are %d conflicts more", len(all)-i)})
			break
		}
		errs = append(errs, &Error{
			Tag: tree.TagOperationFailed, Path: at,
			Message: "conflict: running has changed here since this candidate was begun or last updated; " +
				"update it with prefer-candidate or prefer-running, or discard its changes",
		})
	}
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

// toCommit returns what a commit by the session makes running.
//
// draft-ietf-netconf-privcand section 4.8.2.1: a commit of a session's own candidate
// updates it first, and fails on a conflict.
func (s *Store) toCommit(session uint32) (*tree.Tree, error) {
	p, own := s.privates.get(session)
	switch {
	case !own:
		return s.Candidate(), s.locks.check(Candidate, session)
	case p.base == nil:
		return s.Running(), nil
	}
	return s.updated(p, RevertOnConflict)
}

// committed has the candidate that the session has committed or discarded be running.
func (s *Store) committed(session uint32) {
	if p, own := s.privates.get(session); own {
		s.privates.set(session, private{locked: p.locked})
		return
	}
	s.candidate.Store(nil)
}

// lockOwn locks a session's own candidate. Nobody else could use it, so that the
// lock says no more than that its changes go with it, and is refused as any other:
// when it is held, and when there are changes (RFC 6241 section 7.5).
func (s *Store) lockOwn(session uint32, p private) error {
	switch {
	case !p.locked.IsZero():
		return lockDenied(session, "this session has locked its candidate already")
	case p.base != nil && !sameTree(p.base, p.tree):
		return lockDenied(session, "this session's candidate has changes; commit or discard them first")
	}
	s.privates.set(session, private{locked: time.Now()})
	return nil
}

func (s *Store) unlockOwn(session uint32, p private) error {
	if p.locked.IsZero() {
		return &Error{Tag: tree.TagOperationFailed, Message: "this session has not locked its candidate"}
	}
	// RFC 6241 section 8.3.5.2: the changes go with the lock.
	s.privates.set(session, private{})
	return nil
}

func sameTree(a, b *tree.Tree) bool { return len(tree.Diff(a, b)) == 0 }
