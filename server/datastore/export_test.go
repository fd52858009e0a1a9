package datastore

import (
	"github.com/optical-net/waveguard/server/datastore/journal"
	"github.com/optical-net/waveguard/yang/tree"
)

// OpenIn is Open in a directory made for the test.
func OpenIn(cfg Config, fs journal.FS) (*Store, error) { return open(cfg, fs) }

// OperationalOf is the operational tree of a configuration, made from nothing.
func (s *Store) OperationalOf(config *tree.Tree) *tree.Tree { return s.mirror.operational(config) }

// WaitForFold waits until no journal is being folded.
func (s *Store) WaitForFold() { s.background.Wait() }

// Rebased is what mine becomes on theirs, and where both changed base.
func Rebased(base, mine, theirs *tree.Tree, mode Resolution) (*tree.Tree, []tree.Path, error) {
	r, winner := newRebase(base, mine, theirs), theirSide
	if mode == PreferCandidate {
		winner = mySide
	}
	t, err := r.onto(winner)
	return t, r.conflicts.topmost(), err
}
