package datastore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/optical-net/waveguard/yang/tree"
)

// PartialLock is a lock on some nodes of running, with all that is or will be below
// them (RFC 5717).
type PartialLock struct {
	ID      uint32
	Session uint32
	Since   time.Time
	Select  []string // what the nodes were selected by, as the holder said it
	Nodes   []tree.Path
}

// The bounds of what a session can lock. Sessions do not share nodes, so that there is
// an end to all of them, too.
const (
	maxPartialLocks = 100
	maxLockedNodes  = 10_000 // of all locks; a node counts in each
)

// partialLocks are changed only by the writer, and read by anybody.
type partialLocks struct {
	count atomic.Int32 // of all: commits need not look when there is none
	mu    sync.Mutex
	last  uint32
	all   []heldPart // by ID
}

// heldPart is a partial lock, ready to be asked about paths.
type heldPart struct {
	PartialLock
	nodes map[string]bool // the locked ones
	above map[string]bool // their ancestors
}

func newHeldPart(lock PartialLock) heldPart {
	h := heldPart{PartialLock: lock, nodes: map[string]bool{}, above: map[string]bool{}}
	for _, node := range lock.Nodes {
		h.nodes[node.String()] = true
		for i := 1; i < len(node); i++ {
			h.above[node[:i].String()] = true
		}
	}
	return h
}

// holds says whether the node at path is locked: itself or what it stands in.
func (h *heldPart) holds(path tree.Path) bool {
	for i := 1; i <= len(path); i++ {
		if h.nodes[path[:i].String()] {
			return true
		}
	}
	return false
}

// PartialLocks returns the partial locks that are held.
func (s *Store) PartialLocks() []PartialLock {
	s.parts.mu.Lock()
	defer s.parts.mu.Unlock()
	all := make([]PartialLock, len(s.parts.all))
	for i, h := range s.parts.all {
		all[i] = h.PartialLock
	}
	return all
}

// LockNodes locks the nodes of running that choose finds for the session, all or
// none. TagLockDenied, with the session in the way, says that one of them is locked by
// another session, that running is, or that a confirmed commit of another session
// waits. Which nodes are locked is settled once: choose may be asked again, when
// running changes meanwhile.
func (s *Store) LockNodes(ctx context.Context, session uint32, selects []string, choose func(running *tree.Tree) ([]tree.Path, error)) (PartialLock, error) {
	if session == 0 {
		return PartialLock{}, &Error{Tag: tree.TagOperationFailed, Message: "only a session can hold a lock"}
	}
	// Finding the nodes can take a while, and commits go on meanwhile, unless they
	// would go on for ever.
	const patience = 3
	for range patience {
		running := s.Running()
		nodes, err := choose(running)
		if err != nil {
			return PartialLock{}, err
		}
		unchanged := func(now *tree.Tree) ([]tree.Path, error) {
			if now != running {
				return nil, errChanged
			}
			return nodes, nil
		}
		if lock, err := s.lockNodes(ctx, PartialLock{Session: session, Select: selects}, unchanged); err != errChanged {
			return lock, err
		}
	}
	return s.lockNodes(ctx, PartialLock{Session: session, Select: selects}, choose)
}

var errChanged = errors.New("running changed meanwhile")

// lockNodes grants a lock of the nodes that choose finds, which runs as the writer.
func (s *Store) lockNodes(ctx context.Context, lock PartialLock, choose func(*tree.Tree) ([]tree.Path, error)) (PartialLock, error) {
	if err := s.acquire(ctx); err != nil {
		return lock, err
	}
	defer s.release()
	nodes, err := choose(s.Running())
	if err != nil {
		return lock, err
	}
	lock.Nodes = nodes
	// RFC 5717 section 2.4.1: no lock of the whole and of a part at a time, nor
	// beside changes that may be undone.
	if h := s.locks.get(Running).Session; h != 0 {
		return lock, partDenied("locked", h, fmt.Sprintf("the running datastore is locked by session %d", h))
	}
	if p := s.pending.Load(); p != nil && p.Session != lock.Session {
		return lock, partDenied("outstanding-confirmed-commit", p.Session, fmt.Sprintf("a confirmed commit of user %q waits for its confirmation", p.User))
	}
	return s.parts.grant(lock)
}

// partDenied refuses a partial lock, with the error-app-tag that says what for.
func partDenied(appTag string, session uint32, message string) error {
	e := lockDenied(session, message)
	e.AppTag = appTag
	return e
}

// grant gives the lock a number, unless another session or a bound is in the way.
func (ps *partialLocks) grant(lock PartialLock) (PartialLock, error) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	own, nodes := 0, len(lock.Nodes)
	for _, h := range ps.all {
		if h.Session == lock.Session {
			own, nodes = own+1, nodes+len(h.Nodes)
			continue
		}
		for _, node := range lock.Nodes {
			if h.holds(node) || h.above[node.String()] {
				return lock, partDenied("locked", h.Session, fmt.Sprintf("%s is locked in part or whole by session %d (lock-id %d)", node, h.Session, h.ID))
			}
		}
	}
	if own >= maxPartialLocks || nodes > maxLockedNodes {
		return lock, &Error{Tag: TagResourceDenied, Message: fmt.Sprintf("a session can have %d partial locks, of %d nodes in all; "+
			"select the nodes above instead of each below", maxPartialLocks, maxLockedNodes)}
	}
	lock.ID, lock.Since = ps.freeID(), time.Now()
	ps.all = append(ps.all, newHeldPart(lock))
	ps.count.Store(int32(len(ps.all)))
	return lock, nil
}

// freeID returns the next number: above zero, and not in use after they have gone round.
func (ps *partialLocks) freeID() uint32 {
	for {
		ps.last++
		if ps.last != 0 && !slices.ContainsFunc(ps.all, func(h heldPart) bool { return h.ID == ps.last }) {
			return ps.last
		}
	}
}

// UnlockNodes ends a partial lock of the session; TagInvalidValue says that it has
// none of that number.
func (s *Store) UnlockNodes(ctx context.Context, session, id uint32) error {
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	if !s.parts.drop(func(h heldPart) bool { return h.ID == id && h.Session == session }) {
		return &Error{Tag: tree.TagInvalidValue, Message: fmt.Sprintf("this session holds no partial lock %d", id)}
	}
	return nil
}

// drop ends the locks that match, and says whether any did.
func (ps *partialLocks) drop(match func(heldPart) bool) bool {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	before := len(ps.all)
	ps.all = slices.DeleteFunc(ps.all, match)
	ps.count.Store(int32(len(ps.all)))
	return len(ps.all) < before
}

// holder returns a session that holds a partial lock; 0 for none.
func (ps *partialLocks) holder() uint32 {
	if ps.count.Load() == 0 {
		return 0
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	return ps.all[0].Session
}

// heldBy says whether a session holds a partial lock.
func (ps *partialLocks) heldBy(session uint32) bool {
	if ps.count.Load() == 0 {
		return false
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	return slices.ContainsFunc(ps.all, func(h heldPart) bool { return h.Session == session })
}

// check refuses changes of what others than the session have locked.
func (ps *partialLocks) check(session uint32, changes []tree.Change) error {
	if ps.count.Load() == 0 {
		return nil
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for i := range ps.all {
		h := &ps.all[i]
		if h.Session == session {
			continue
		}
		for _, c := range changes {
			if h.holds(c.Path) || !c.Moved && h.above[c.Path.String()] {
				return &Error{Tag: TagInUse, Path: c.Path, Message: fmt.Sprintf("session %d has locked this part of running (lock-id %d); "+
					"try again when it is unlocked, or end that session with kill-session", h.Session, h.ID)}
			}
		}
	}
	return nil
}
