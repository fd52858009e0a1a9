package datastore

import (
	"context"
	"errors"
	"time"

	"github.com/optical-net/waveguard/yang/tree"
)

// ErrNoneWaits is wrapped by what confirming, prolonging or cancelling returns
// when no confirmed commit waits.
var ErrNoneWaits = errors.New("no confirmed commit waits for its confirmation")

// Apply performs the edits in order as one transaction on running: a gNMI Set.
// It is refused with TagInUse while a session has locked running, or a part of it
// that the edits change, or a confirmed commit waits; a candidate with uncommitted
// changes is left as it is.
func (s *Store) Apply(ctx context.Context, actor Actor, edits ...*tree.Edit) error {
	return s.ApplyFor(ctx, actor, Trial{}, edits...)
}

// Trial says that a change of running has to be confirmed. The zero value is a
// change for good.
type Trial struct {
	// ID is what [Store.Confirm], [Store.Prolong] and [Store.CancelCommit] have to
	// say. The confirmed commit is as one that was given it as Persist.
	ID string
	// Timeout, above zero, is how long it waits before it is undone.
	Timeout time.Duration
}

// ApplyFor is Apply whose change may have to be confirmed.
func (s *Store) ApplyFor(ctx context.Context, actor Actor, trial Trial, edits ...*tree.Edit) error {
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	if err := s.checkTarget(Running, actor); err != nil {
		return err
	}
	next, err := s.edited(actor, s.Running(), tree.Merge, edits...)
	if err != nil {
		return err
	}
	if trial == (Trial{}) {
		return s.transact(ctx, actor, next)
	}
	o := CommitOptions{Timeout: trial.Timeout, Persist: trial.ID}
	if o.Timeout <= 0 || o.Persist == "" {
		return &Error{Tag: tree.TagInvalidValue, Message: "a change that has to be confirmed needs an id and a time to wait"}
	}
	p := s.pending.Load()
	if p != nil {
		return p.busy()
	}
	if err := s.perform(ctx, step{actor: actor, next: next, rules: s.cfg.Rules, then: s.followed(nil, actor, o)}); err != nil {
		return err
	}
	s.tellStage(nil, actor, o)
	return nil
}

// Confirm makes the confirmed commit that waits one for good, and leaves the
// candidate alone. The error wraps ErrNoneWaits when none waits; TagInvalidValue
// says that its id is another one.
func (s *Store) Confirm(ctx context.Context, actor Actor, id string) error {
	return s.settle(ctx, actor, id, CommitOptions{})
}

// Prolong has the confirmed commit that waits wait so long from now on. Errors
// are those of Confirm.
func (s *Store) Prolong(ctx context.Context, actor Actor, id string, timeout time.Duration) error {
	if timeout <= 0 {
		return &Error{Tag: tree.TagInvalidValue, Message: "the time to wait must be above zero"}
	}
	return s.settle(ctx, actor, id, CommitOptions{Timeout: timeout})
}

// settle changes how the confirmed commit of that id waits, and nothing else.
func (s *Store) settle(ctx context.Context, actor Actor, id string, o CommitOptions) error {
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	p := s.pending.Load()
	if p == nil {
		return noneWaits()
	}
	if err := p.admits(actor, id); err != nil {
		return err
	}
	if err := s.locks.check(Running, actor.Session); err != nil {
		return err
	}
	if err := s.perform(ctx, step{actor: actor, next: s.Running(), rules: s.cfg.Rules, then: s.followed(p, actor, o)}); err != nil {
		return err
	}
	s.tellStage(p, actor, o)
	return nil
}

func noneWaits() error {
	return &caused{&Error{Tag: tree.TagOperationFailed, Message: ErrNoneWaits.Error()}, ErrNoneWaits}
}
