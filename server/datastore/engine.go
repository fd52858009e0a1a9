package datastore

import (
	"context"

	"github.com/optical-net/waveguard/yang/tree"
)

// Engine makes a change of the running configuration effective.
type Engine interface {
	// Prepare does everything that can fail. Exactly one of commit and abort
	// must be called; neither can fail.
	Prepare(ctx context.Context, c Change) (commit, abort func(), err error)
}

// Change is the step from one running configuration to the next.
type Change struct {
	Old, New *tree.Tree
	Changes  []tree.Change // from Old to New
	Actor    Actor
}

// Actor is on whose behalf something is done.
type Actor struct {
	User     string
	Protocol string // "netconf", "gnmi"
	Session  uint32 // NETCONF session; 0 for whoever has none and so holds no locks
	Source   string // address of the client
	Comment  string // on what is done, for the history; may be empty
	Access   Access // nil: the appliance itself, which may do everything
}

// Access decides what an actor may change. Its errors have the tag
// access-denied and the path of the offending node.
type Access interface {
	// CheckEdit decides on the nodes that an edit names.
	CheckEdit(*tree.Edit) error
	// CheckChanges decides on the nodes that really change.
	CheckChanges([]tree.Change) error
}

func (a Actor) checkEdit(ed *tree.Edit) error {
	if a.Access == nil {
		return nil
	}
	return a.Access.CheckEdit(ed)
}

func (a Actor) checkChanges(changes []tree.Change) error {
	if a.Access == nil {
		return nil
	}
	return a.Access.CheckChanges(changes)
}
