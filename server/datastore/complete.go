package datastore

import (
	"fmt"

	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/validate"
)

// checked returns the recovered configuration with what it is known to satisfy. One that
// is not valid, because the schema has more modules than when it was stored, is
// completed, and what that added is in the journal when checked returns.
func (s *Store) checked(t *tree.Tree, waiting *pending) (*validate.State, error) {
	state, errs := s.validator.Check(nil, t)
	if len(errs) == 0 {
		return state, nil
	}
	refusal := fmt.Errorf("the configuration in %s is not valid under the models of this version: %w", s.cfg.Dir, joined(errs))
	if s.cfg.Complete == nil {
		return nil, refusal
	}
	whole, err := s.cfg.Complete(t)
	if err != nil {
		return nil, fmt.Errorf("complete the configuration: %w", err)
	}
	changes := tree.Diff(t, whole)
	if len(changes) == 0 {
		return nil, refusal
	}
	if state, errs = s.validator.Check(nil, whole); len(errs) > 0 {
		return nil, fmt.Errorf("the configuration in %s is not valid though completed: %w", s.cfg.Dir, joined(errs))
	}
	if waiting != nil { // What a rollback returns to lacks the same.
		if waiting.before, err = s.cfg.Complete(waiting.before); err != nil {
			return nil, fmt.Errorf("complete the configuration before the confirmed commit: %w", err)
		}
	}
	c := Change{Old: t, New: state.Tree, Changes: tree.Diff(t, state.Tree), Actor: Actor{Protocol: "startup"}}
	if err := s.log.Append(s.encodeEntry(c, waiting)); err != nil {
		return nil, fmt.Errorf("store what completes the configuration: %w", err)
	}
	s.remember(c)
	return state, nil
}
