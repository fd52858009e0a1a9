package tree

import (
	"github.com/optical-net/waveguard/yang/schema"
)

// Operation is what an edit does with a node (RFC 6241 section 7.2).
type Operation uint8

// The operations. Inherit takes the operation of the enclosing node.
const (
	Inherit Operation = iota
	Merge
	Replace
	Create
	Delete
	Remove
	None // only a default-operation: touches nothing but must exist
)

var operationNames = [...]string{"", "merge", "replace", "create", "delete", "remove", "none"}

// String returns the name RFC 6241 gives the operation.
func (o Operation) String() string { return operationNames[o] }

// ParseOperation returns the operation of that name.
func ParseOperation(name string) (Operation, bool) {
	for i, n := range operationNames {
		if n == name && i > 0 {
			return Operation(i), true
		}
	}
	return Inherit, false
}

// Insert says where a user-ordered entry goes (RFC 7950 section 7.8.6).
type Insert uint8

// The places. Keep leaves an existing entry where it is and puts a new one last.
const (
	Keep Insert = iota
	First
	Last
	Before
	After
)

// Edit is one node of an edit: a tree of what a client sent, values already
// parsed, operations attached. The decoders make it and Editor.Apply takes it.
type Edit struct {
	Schema    *schema.Node
	Operation Operation
	Insert    Insert
	// Anchor holds the key values, or the leaf-list value, that Before and
	// After refer to.
	Anchor   []schema.Value
	Value    schema.Value   // leaf; leaf-list entry
	Keys     []schema.Value // list entry, in key order
	Any      Content        // anydata, anyxml
	Meta     []Annotation   // to have, instead of those there are; none: see Editor.Apply
	Children []*Edit        // container, list entry, root; without the entry's keys
	// Valueless marks a leaf or leaf-list that was named without a value, as
	// only a delete or remove may: <mtu nc:operation="delete"/>.
	Valueless bool
	// Default says that the value of a leaf or leaf-list entry is the default and
	// that the node is to be as if nobody had set it (RFC 6243 section 4.5.2).
	Default bool
}

// NewEdit returns an edit of the root with nothing in it.
func NewEdit(set *schema.Set) *Edit { return &Edit{Schema: set.Root} }

// At extends the edit along path and returns the edit of its last node; steps
// already there are shared.
func (ed *Edit) At(path Path) *Edit {
	for _, step := range path {
		ed = ed.step(step)
	}
	return ed
}

func (ed *Edit) step(s schema.PathStep) *Edit {
	for _, k := range ed.Children {
		if k.Schema == s.Node && sameValues(k.Keys, s.Keys) && s.Value == nil {
			return k
		}
	}
	k := &Edit{Schema: s.Node, Keys: s.Keys}
	if s.Value != nil {
		k.Value = *s.Value
	}
	ed.Children = append(ed.Children, k)
	return k
}

func sameValues(a, b []schema.Value) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].String() != b[i].String() {
			return false
		}
	}
	return true
}
