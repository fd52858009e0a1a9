package datastore

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/optical-net/waveguard/yang/tree"
)

// LockInfo says who holds a lock.
type LockInfo struct {
	Session uint32
	Since   time.Time
}

// locks are changed only by the writer, and read by anybody.
type locks struct {
	mu   sync.Mutex
	held [2]LockInfo // by Name; session 0 holds none
}

func (l *locks) get(name Name) LockInfo {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held[name]
}

func (l *locks) set(name Name, info LockInfo) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held[name] = info
}

// check refuses when a session other than the given one holds the lock.
func (l *locks) check(name Name, session uint32) error {
	if h := l.get(name).Session; h != 0 && h != session {
		return &Error{Tag: TagInUse, Message: fmt.Sprintf("the %v datastore is locked by session %d; try again when it is unlocked, or end that session with kill-session", name, h)}
	}
	return nil
}

// checkTarget refuses when the actor may not change that datastore now.
func (s *Store) checkTarget(name Name, actor Actor) error {
	if _, own := s.privates.get(actor.Session); own && name == Candidate {
		return nil
	}
	if err := s.locks.check(name, actor.Session); err != nil || name != Running {
		return err
	}
	return s.pending.Load().owned(actor)
}

// LockedBy returns who holds the lock of a datastore; ok is false for nobody.
func (s *Store) LockedBy(name Name) (info LockInfo, ok bool) {
	info = s.locks.get(name)
	return info, info.Session != 0
}

// Lock locks a datastore for a session (RFC 6241 section 7.5). TagLockDenied,
// with the session in the way, says that it or a part of it is locked already, even by
// the same session, that the candidate has changes which are not committed, or that a
// confirmed commit of another session waits.
func (s *Store) Lock(ctx context.Context, name Name, session uint32) error {
	if session == 0 {
		return &Error{Tag: tree.TagOperationFailed, Message: "only a session can hold a lock"}
	}
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	if p, own := s.privates.get(session); own && name == Candidate {
		return s.lockOwn(session, p)
	}
	if h := s.locks.get(name).Session; h != 0 {
		return lockDenied(h, fmt.Sprintf("the %v datastore is locked by session %d", name, h))
	}
	if h := s.parts.holder(); name == Running && h != 0 {
		// RFC 5717 section 2.4.1, RFC 6241 section 7.5: a part counts, even one's own.
		return lockDenied(h, fmt.Sprintf("a part of the running datastore is locked by session %d", h))
	}
	if p := s.pending.Load(); name == Running && p != nil && p.Session != session {
		return lockDenied(p.Session, fmt.Sprintf("a confirmed commit of user %q waits for its confirmation", p.User))
	}
	if name == Candidate && s.candidate.Load() != nil {
		return lockDenied(s.editor, fmt.Sprintf("the candidate has changes, the last by session %d; "+
			"commit or discard them first", s.editor))
	}
	s.locks.set(name, LockInfo{session, time.Now()})
	return nil
}

func lockDenied(session uint32, message string) *Error {
	return &Error{
		Tag: TagLockDenied, Message: message,
		Info: [][2]string{{"session-id", strconv.FormatUint(uint64(session), 10)}},
	}
}

// Unlock ends the session's lock (RFC 6241 section 7.6); changes of the
// candidate that are not committed go with its lock (section 8.3.5.2).
func (s *Store) Unlock(ctx context.Context, name Name, session uint32) error {
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	if p, own := s.privates.get(session); own && name == Candidate {
		return s.unlockOwn(session, p)
	}
	switch h := s.locks.get(name).Session; {
	case h == 0:
		return &Error{Tag: tree.TagOperationFailed, Message: fmt.Sprintf("the %v datastore is not locked", name)}
	case h != session:
		return &Error{Tag: tree.TagOperationFailed, Message: fmt.Sprintf("the lock of the %v datastore is held by session %d", name, h)}
	}
	s.unlock(name)
	return nil
}

func (s *Store) unlock(name Name) {
	s.locks.set(name, LockInfo{})
	if name == Candidate {
		s.candidate.Store(nil)
	}
}

// Release ends all locks of a session that has ended and drops its own candidate, and
// undoes its confirmed commit unless that persists. For a session that has any of these
// it waits for the writer at work.
func (s *Store) Release(session uint32) {
	if !s.holds(session) {
		return
	}
	s.writer <- struct{}{}
	defer s.release()
	for _, name := range []Name{Running, Candidate} {
		if session != 0 && s.locks.get(name).Session == session {
			s.unlock(name)
		}
	}
	s.parts.drop(func(h heldPart) bool { return session != 0 && h.Session == session })
	s.privates.drop(session)
	s.leave(session)
}

// holds says whether a session has something that its end gives back. What it has
// it got by itself, so the answer stays true while it asks for nothing.
func (s *Store) holds(session uint32) bool {
	p := s.pending.Load()
	_, own := s.privates.get(session)
	return p != nil && p.Session == session || own || s.parts.heldBy(session) ||
		s.locks.get(Running).Session == session || s.locks.get(Candidate).Session == session
}
