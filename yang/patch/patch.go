package patch

import (
	"fmt"

	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// Operation is what an edit does with its target (RFC 8072 section 2.5).
type Operation string

// The operations.
const (
	Create  Operation = "create"
	Delete  Operation = "delete"
	Insert  Operation = "insert"
	Merge   Operation = "merge"
	Move    Operation = "move"
	Replace Operation = "replace"
	Remove  Operation = "remove"
)

// brings says whether the operation comes with a value.
func (o Operation) brings() bool {
	return o == Create || o == Insert || o == Merge || o == Replace
}

// Where is the place that an insert or a move gives its target.
type Where string

// The places. Before and After are relative to the edit's point.
const (
	Before Where = "before"
	After  Where = "after"
	First  Where = "first"
	Last   Where = "last"
)

// beside says whether the place is next to another entry.
func (w Where) beside() bool { return w == Before || w == After }

// Edit is one edit of a patch.
type Edit struct {
	ID        string
	Operation Operation
	// Target is the node that is edited. It ends at a list without keys, or at a
	// leaf-list of state, for the whole of it.
	Target tree.Path
	Point  tree.Path // of insert and move, for Before and After
	Where  Where     // of insert and move
	// Value is one instance of the target: a list's is an entry of it, unless the
	// target is the whole. It is nil where the operation brings none.
	Value tree.Node
	// Source is what stood at the target before, which RFC 9144 reports; nil when
	// there was nothing. Patches that are read have none.
	Source tree.Node
}

// Patch is a sequence of edits.
type Patch struct {
	ID      string
	Comment string
	Edits   []Edit
}

// Options say how Encode writes values.
type Options struct {
	// Source adds what stood at the targets, if the container has a node
	// source-value for it (RFC 9144).
	Source bool
	// Origin says how the origins of values are written.
	Origin xml.Origin
}

// Error says which edit of a patch is to blame. It wraps a *tree.Error.
type Error struct {
	EditID string
	Err    error
}

// Error implements the error interface.
func (e *Error) Error() string { return fmt.Sprintf("edit %.80q: %v", e.EditID, e.Err) }

// Unwrap returns what is wrong with the edit.
func (e *Error) Unwrap() error { return e.Err }
