package tree

import (
	"math"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/xpath"
)

// operation is an rpc, action or notification that a view shows as the last
// child of its host (RFC 7950 section 6.4.1).
type operation struct {
	host *Cursor
	node *Container
}

// DocumentCursor returns the cursor of c, the content of a structure or of
// yang-data, which is a tree of its own (RFC 8791 section 2, RFC 8040 section
// 8): a structure is the one child of the root, yang-data is the root itself.
// It is nil when c is anything else.
func DocumentCursor(c *Container) *Cursor {
	all := &view{scope: ConfigAndState}
	switch c.schema.Kind {
	case schema.Structure:
		host := &Cursor{node: &Container{schema: &schema.Node{Kind: schema.Root}}, view: all}
		return host.hosting(c).Down(c)
	case schema.YangData:
		return &Cursor{node: c, view: all}
	}
	return nil
}

// hosting returns c in a view that shows op below it.
func (c *Cursor) hosting(op *Container) *Cursor {
	return c.under(&view{scope: ConfigAndState, operation: &operation{c, op}})
}

// OperationCursor returns the cursor of op, the content of an rpc's or action's
// input or output or of a notification, within the state and configuration of t:
// below the root, or for an action or a nested notification below the instance
// of its parent at path. It is nil when there is no such instance.
func OperationCursor(t *Tree, parent Path, op *Container) *Cursor {
	host := NewCursor(t, ConfigAndState).Reach(parent)
	if host == nil || host.node.Schema() != operationOf(op.schema).DataParent {
		return nil
	}
	return host.hosting(op).Down(op)
}

// operationOf returns the node that stands for s in paths: an input or output is
// none itself, its rpc or action is.
func operationOf(s *schema.Node) *schema.Node {
	if s.Kind == schema.Input || s.Kind == schema.Output {
		return s.Parent
	}
	return s
}

// eachOperation yields the operation that c's node is the host of, if it has
// that name.
func (c *Cursor) eachOperation(module, local string, yield func(xpath.Node) bool) {
	op := c.view.operation
	if op == nil || op.host.node.Schema() != c.node.Schema() || !op.host.Same(c) {
		return
	}
	s := operationOf(op.node.schema)
	at := c.Down(op.node)
	switch {
	case (local == "" || s.Name == local) && (module == "" || s.Module.Name == module):
		yield(at)
	case s.Kind == schema.Structure && local != "": // paths that leave the structure out are understood too
		at.Children(module, local, yield)
	}
}

// siblingIndex returns where instances of s stand among their siblings: an operation
// comes last.
func siblingIndex(s *schema.Node) int {
	if s.IsData() {
		return s.Index
	}
	return math.MaxInt
}
