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

// Pending tells of a confirmed commit that waits for its confirmation.
type Pending struct {
	User     string // who made it
	Session  uint32 // that made it; 0 when it has none, or has no longer
	Source   string // address of the client
	Persist  string // "": it ends with its session
	Deadline time.Time
}

// Stage is what has become of a confirmed commit (RFC 6470 section 2.2).
type Stage uint8

// The stages.
const (
	Started   Stage = iota // it waits
	Extended               // another one gave it more time
	Cancelled              // it was undone, on request or with its session
	TimedOut               // it was undone because nobody confirmed it in time
	Completed              // it was confirmed
)

// Confirmed tells what has become of a confirmed commit, and through whom.
type Confirmed struct {
	Stage   Stage
	Actor   Actor         // nobody when it timed out
	Timeout time.Duration // left from now on; of what started or was extended
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
	if err := s.locks.check(Running, actor.Session); err != nil {
		return err
	}
	next, err := s.toCommit(actor.Session)
	if err != nil {
		return err
	}
	p := s.pending.Load()
	if err := p.admits(actor, o.PersistID); err != nil {
		return err
	}
	if o.Timeout > 0 && actor.Session == 0 && o.Persist == "" && o.PersistID == "" {
		return &Error{Tag: tree.TagOperationFailed, Message: "without a session, only a confirmed commit that persists can be confirmed"}
	}
	if err := s.perform(ctx, step{actor: actor, next: next, rules: s.cfg.Rules, then: s.followed(p, actor, o)}); err != nil {
		return err
	}
	s.committed(actor.Session)
	s.tellStage(p, actor, o)
	return nil
}

// tellStage tells of a commit that was made while p, which may be nil, waited.
func (s *Store) tellStage(p *pending, actor Actor, o CommitOptions) {
	switch {
	case o.Timeout > 0 && p == nil:
		s.confirmed.tell(Confirmed{Started, actor, o.Timeout})
	case o.Timeout > 0:
		s.confirmed.tell(Confirmed{Extended, actor, o.Timeout})
	case p != nil:
		s.confirmed.tell(Confirmed{Completed, actor, 0})
	}
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
		return noneWaits()
	}
	if err := s.locks.check(Running, actor.Session); err != nil {
		return err
	}
	return s.rollBack(ctx, p, Confirmed{Stage: Cancelled, Actor: actor})
}

// admits says whether the actor may follow up, confirm or cancel p, which may be nil.
func (p *pending) admits(actor Actor, persistID string) error {
	switch {
	case p == nil && persistID == "":
		return nil
	case p == nil:
		return &caused{&Error{Tag: tree.TagInvalidValue, Message: "persist-id is for a confirmed commit that waits for its confirmation, and none does"}, ErrNoneWaits}
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
	return p.busy()
}

func (p *pending) busy() error {
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
	next.User, next.Session, next.Source, next.Deadline = actor.User, actor.Session, actor.Source, time.Now().Add(o.Timeout)
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
		s.giveUp(p, Confirmed{Stage: TimedOut})
	}
}

// giveUp rolls p back now, or as soon as that succeeds; until then p is nobody's.
func (s *Store) giveUp(p *pending, stage Confirmed) {
	s.cfg.Logger.Warn("a confirmed commit was not confirmed and is undone", "user", p.User, "session", p.Session)
	err := s.rollBack(context.Background(), p, stage)
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

// rollBack makes running what it was before p, and tells the stage. That was in force
// once, so that the rules are not asked again, and nobody's permission is.
func (s *Store) rollBack(ctx context.Context, p *pending, stage Confirmed) error {
	actor := stage.Actor
	actor.Protocol, actor.Access = "rollback", nil
	if err := s.perform(ctx, step{actor: actor, next: p.before, undo: true}); err != nil {
		return err
	}
	s.confirmed.tell(stage)
	return nil
}

// ended is the stage that a confirmed commit comes to with its session.
func (p *pending) ended() Confirmed {
	return Confirmed{Stage: Cancelled, Actor: Actor{User: p.User, Session: p.Session, Source: p.Source}}
}

// leave does for p what the end of a session does (RFC 6241 section 8.4.1). The
// caller is the writer.
func (s *Store) leave(session uint32) {
	p := s.pending.Load()
	switch {
	case p == nil || session == 0 || p.Session != session || s.closed:
	case p.Persist == "":
		s.giveUp(p, p.ended())
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
	if p.Persist == "" || !time.Now().Before(p.Deadline) {
		s.expiry.Stop()
		s.giveUp(p, Confirmed{Stage: TimedOut})
	}
}
