package datastore

import (
	"context"
	"fmt"

	"github.com/optical-net/waveguard/yang/tree"
)

// Point is one of the revisions of [Store.History].
type Point struct {
	Number uint64
	// Back, above zero, is how many revisions before the one that is running; the
	// number does not count then.
	Back int
}

// Rollback makes running again what it was at a point, as one transaction like any
// other: access control, validation, engine and journal have their say, and what
// others changed since is undone with the rest. The candidate stays as it is. It is
// a commit for whoever has, or wants, a confirmed one; the errors are those of
// CommitWith, and TagInvalidValue for a point that the history does not have.
func (s *Store) Rollback(ctx context.Context, actor Actor, to Point, o CommitOptions) (Revision, error) {
	if err := s.acquire(ctx); err != nil {
		return Revision{}, err
	}
	defer s.release()
	if err := s.locks.check(Running, actor.Session); err != nil {
		return Revision{}, err
	}
	p := s.pending.Load()
	if err := p.admits(actor, o.PersistID); err != nil {
		return Revision{}, err
	}
	if o.Timeout > 0 && actor.Session == 0 && o.Persist == "" {
		return Revision{}, &Error{Tag: tree.TagOperationFailed, Message: "without a session, nobody could confirm a rollback that does not persist"}
	}
	r, err := s.Revision(to)
	if err != nil {
		return r, err
	}
	if err := s.perform(ctx, step{actor: actor, next: r.Config, rules: s.cfg.Rules, then: s.followed(p, actor, o)}); err != nil {
		return r, err
	}
	s.tellStage(p, actor, o)
	return r, nil
}

// Revision returns the revision at a point; TagInvalidValue says that the history
// does not have it, and what it has.
func (s *Store) Revision(at Point) (Revision, error) {
	all := s.History()
	if at.Back > 0 {
		if at.Back < len(all) {
			return all[at.Back], nil
		}
		return Revision{}, &Error{Tag: tree.TagInvalidValue, Message: fmt.Sprintf("the history goes back %s, not %d", counted(len(all)-1), at.Back)}
	}
	for _, r := range all {
		if r.Number == at.Number {
			return r, nil
		}
	}
	return Revision{}, &Error{Tag: tree.TagInvalidValue, Message: fmt.Sprintf("there is no revision %d; the oldest that is kept is %d, and %d is running",
		at.Number, all[len(all)-1].Number, all[0].Number)}
}

func counted(revisions int) string {
	if revisions == 1 {
		return "1 revision"
	}
	return fmt.Sprintf("%d revisions", revisions)
}
