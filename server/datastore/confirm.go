package datastore

import (
	"context"
	"fmt"
	"time"

	"github.com/optical-net/waveguard/yang/tree"
)

// CommitOptions say whether a commit has to be confirmed, and which one it
// confirms (RFC 6241 section 8.4). The zero value is a commit for good.
type CommitOptions struct {
	// Timeout above zero makes a confirmed commit: unless a further commit comes
	// within that time, running becomes again what it was before.
	Timeout time.Duration
	// Persist lets a confirmed commit outlive its session: who says it as
	// PersistID, in any session, can follow it up, confirm or cancel it.
	Persist   string
	PersistID string
}

// Confirm says what a change does to a confirmed commit (RFC 6470 section 2.2).
type Confirm uint8

// The stages of a confirmed commit. Expired is Cancelled by time alone.
const (
	Unconcerned Confirm = iota
	Started
	Extended
	Completed
	Cancelled
	Expired
)

// Pending tells of a confirmed commit that waits for its confirmation.
type Pending struct {
	User     string // who made it
	Session  uint32 // that made it; 0 when it has none, or has no longer
	Persist  string // "": it ends with its session
	Deadline time.Time
}

// pending never changes; another takes its place.
type pending struct {
	Pending
	before *tree.Tree // what running was before the first confirmed commit
}

// retryAfter is when a rollback that failed is tried again.
const retryAfter = time.Second

// Confirming returns the confirmed commit that waits for its confirmation; ok is
// false when none does.
func (s *Store) Confirming() (p Pending, ok bool) {
	if p := s.pending.Load(); p != nil {
		return p.Pending, true
	}
	return p, false
}

// CommitWith is Commit that may have to be confirmed, or confirms. While a
// confirmed commit waits, TagInUse is for whom it does not belong to, and
// TagInvalidValue for a PersistID that is not its own.
func (s *Store) CommitWith(ctx context.Context, actor Actor, o CommitOptions) error {
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
	if err := p.admits(actor, o.PersistID); err != nil {
		return err
	}
	if o.Timeout > 0 && actor.Session == 0 && o.Persist == "" && o.PersistID == "" {
		return &Error{Tag: tree.TagOperationFailed, Message: "without a session, only a confirmed commit that persists can be confirmed"}
	}
	next := s.followed(p, actor, o)
	if err := s.perform(ctx, step{actor, s.Candidate(), s.cfg.Rules, next, stage(p, next)}); err != nil {
		return err
	}
	s.candidate.Store(nil)
	return nil
}

// CancelCommit makes running what it was before the confirmed commit that waits
// (RFC 6241 section 8.4.4.1). TagOperationFailed says that none waits; the other
// errors are those of CommitWith.
func (s *Store) CancelCommit(ctx context.Context, actor Actor, persistID string) error {
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	p := s.pending.Load()
	if err := p.admits(actor, persistID); err != nil {
		return err
	}
	if p == nil {
		return &Error{Tag: tree.TagOperationFailed, Message: "no confirmed commit waits for its confirmation"}
	}
	if err := s.locks.check(Running, actor.Session); err != nil {
		return err
	}
	theirs := *p
	theirs.User, theirs.Session = actor.User, actor.Session
	return s.rollBack(ctx, &theirs, Cancelled)
}

// stage is what a commit does to a confirmed commit that waits before and after.
func stage(before, after *pending) Confirm {
	switch {
	case before == nil && after == nil:
		return Unconcerned
	case before == nil:
		return Started
	case after == nil:
		return Completed
	}
	return Extended
}

// admits says whether the actor may follow up, confirm or cancel p, which may be nil.
func (p *pending) admits(actor Actor, persistID string) error {
	switch {
	case p == nil && persistID == "":
		return nil
	case p == nil:
		return &Error{Tag: tree.TagInvalidValue, Message: "persist-id is for a confirmed commit that waits for its confirmation, and none does"}
	case persistID != p.Persist && persistID != "":
		return &Error{Tag: tree.TagInvalidValue, Message: "persist-id is not what the confirmed commit that waits was given as persist"}
	case persistID != p.Persist:
		return &Error{Tag: TagInUse, Message: fmt.Sprintf("a confirmed commit of user %q waits for its confirmation; give as persist-id what it was given as persist", p.User)}
	case p.Persist == "":
		return p.owned(actor)
	}
	return nil
}

// owned refuses changes of running by others than the session that p, which may be
// nil, belongs to: they would be lost when p is undone.
func (p *pending) owned(actor Actor) error {
	if p == nil || p.Session != 0 && p.Session == actor.Session {
		return nil
	}
	return &Error{Tag: TagInUse, Message: fmt.Sprintf("a confirmed commit of user %q waits for its confirmation; "+
		"try again when it is confirmed, cancelled or undone", p.User)}
}

// followed returns what waits after a commit when p, which may be nil, did before.
// RFC 6241 section 8.4.1: a follow-up moves the deadline, not what to return to.
func (s *Store) followed(p *pending, actor Actor, o CommitOptions) *pending {
	if o.Timeout <= 0 {
		return nil
	}
	next := &pending{before: s.Running()}
	if p != nil {
		*next = *p
	}
	next.User, next.Session, next.Deadline = actor.User, actor.Session, time.Now().Add(o.Timeout)
	if o.Persist != "" {
		next.Persist = o.Persist
	}
	return next
}

// await makes p, nil for none, what waits. The caller is the writer.
func (s *Store) await(p *pending) {
	s.pending.Store(p)
	if s.expiry != nil {
		s.expiry.Stop()
	}
	if p != nil {
		s.expireAfter(time.Until(p.Deadline))
	}
}

func (s *Store) expireAfter(d time.Duration) { s.expiry = time.AfterFunc(max(d, 0), s.expire) }

// expire rolls back what waits if its time has come. After Close that is left to
// the next start.
func (s *Store) expire() {
	if s.acquire(context.Background()) != nil {
		return
	}
	defer s.release()
	p := s.pending.Load()
	switch {
	case p == nil:
	case time.Now().Before(p.Deadline): // the clock was set back, or p was followed up
		s.await(p)
	default:
		s.giveUp(p, Expired)
	}
}

// giveUp rolls p back now, or as soon as that succeeds; until then p is nobody's.
func (s *Store) giveUp(p *pending, why Confirm) {
	s.cfg.Logger.Warn("a confirmed commit was not confirmed and is undone", "user", p.User, "session", p.Session)
	err := s.rollBack(context.Background(), p, why)
	if err == nil {
		return
	}
	s.cfg.Logger.Error("undo a confirmed commit; it is tried again", "error", err)
	late := *p
	late.Session, late.Deadline = 0, time.Now()
	s.await(&late)
	s.expiry.Stop()
	s.expireAfter(retryAfter)
}

// rollBack makes running what it was before p. That was in force once, so that the
// rules are not asked again, and nobody's permission is.
func (s *Store) rollBack(ctx context.Context, p *pending, why Confirm) error {
	actor := Actor{User: p.User, Protocol: "rollback", Session: p.Session}
	return s.perform(ctx, step{actor, p.before, nil, nil, why})
}

// leave does for p what the end of a session does (RFC 6241 section 8.4.1). The
// caller is the writer.
func (s *Store) leave(session uint32) {
	p := s.pending.Load()
	switch {
	case p == nil || session == 0 || p.Session != session || s.closed:
	case p.Persist == "":
		s.giveUp(p, Cancelled)
	default:
		orphan := *p
		orphan.Session = 0
		s.await(&orphan)
	}
}

// resume goes on with what waited when the store was closed or the appliance
// died. Its session is lost.
func (s *Store) resume(p *pending) {
	if p == nil {
		return
	}
	s.await(p)
	switch late := !time.Now().Before(p.Deadline); {
	case late:
		s.expiry.Stop()
		s.giveUp(p, Expired)
	case p.Persist == "":
		s.expiry.Stop()
		s.giveUp(p, Cancelled)
	}
}
