package tree

import (
	"slices"
	"strings"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/xpath"
)

// Scope says which nodes a Cursor can see.
type Scope uint8

// The scopes of the accessible tree (RFC 7950 section 6.4.1).
const (
	ConfigOnly     Scope = iota // constraints on configuration
	ConfigAndState              // constraints on state, filters
)

// Cursor is a node of the accessible tree with its way up to the root, as XPath
// needs it. Besides the stored nodes it shows the default values in use and the
// non-presence containers that are always there.
type Cursor struct {
	parent *Cursor
	node   Node
	view   *view
}

// view is what the cursors of one walk have in common.
type view struct {
	scope Scope
	// asking is the condition being evaluated in this view, within those of the
	// outer views: one that depends on itself does not hold.
	asking *schema.When
	outer  *view
	// operation is what the view shows besides the tree; nil for nothing.
	operation *operation
}

// with returns the view that asks w, nil for none, in scope.
func (v *view) with(scope Scope, w *schema.When) *view {
	return &view{scope: scope, asking: w, outer: v, operation: v.operation}
}

func (v *view) sees(s *schema.Node) bool {
	return s.IsData() && (s.Config || v.scope == ConfigAndState)
}

// NewCursor returns the cursor of t's root.
func NewCursor(t *Tree, scope Scope) *Cursor {
	return &Cursor{node: t.root, view: &view{scope: scope}}
}

// Node returns the data node the cursor stands on; for a default in use it is
// a node made from the schema that no tree holds.
func (c *Cursor) Node() Node { return c.node }

// Up returns the parent's cursor, nil for the root.
func (c *Cursor) Up() *Cursor { return c.parent }

// Down returns the cursor of n, a child of c's node.
func (c *Cursor) Down(n Node) *Cursor { return &Cursor{c, n, c.view} }

// At returns the cursor of the stored node that path, relative to c,
// identifies; nil when there is none.
func (c *Cursor) At(path Path) *Cursor {
	for _, step := range path {
		k, ok := c.node.(*Container)
		if !ok {
			return nil
		}
		n := descend(k, step)
		if n == nil {
			return nil
		}
		c = c.Down(n)
	}
	return c
}

// Reach is At for the accessible tree: it also finds default values in use and
// implied containers.
func (c *Cursor) Reach(path Path) *Cursor {
	for _, step := range path {
		k, ok := c.node.(*Container)
		if !ok {
			return nil
		}
		if !c.view.sees(step.Node) {
			return nil
		}
		n := descend(k, step)
		if n != nil {
			c = c.Down(n)
			continue
		}
		if c = c.impliedAt(k, step); c == nil {
			return nil
		}
	}
	return c
}

// impliedAt returns the implied node that step selects below k, or nil.
func (c *Cursor) impliedAt(k *Container, step schema.PathStep) (found *Cursor) {
	if k.Child(step.Node) != nil {
		return nil
	}
	i := uint64(0)
	c.implied(k, step.Node, func(n xpath.Node) bool {
		at := n.(*Cursor)
		i++
		if step.Value != nil && at.node.(*Leaf).text != step.Value.String() || step.Position > 0 && step.Position != i {
			return true
		}
		found = at
		return false
	})
	return found
}

// Path returns the node's path from the root; the entries of a list without keys
// have their positions in it.
func (c *Cursor) Path() Path {
	p := make(Path, 0, c.depth())
	for ; c.parent != nil; c = c.parent {
		p = append(p, c.step())
	}
	slices.Reverse(p)
	return p
}

// step returns the last step of c's path.
func (c *Cursor) step() schema.PathStep {
	s := entryStep(operationOf(c.node.Schema()), c.node, nil)
	switch {
	case s.Node.Kind == schema.Leaf:
		s.Value = nil
	case s.Node.Kind == schema.List && len(s.Node.Keys) == 0:
		if k, ok := c.parent.node.(*Container); ok {
			es := entriesOf(k.Child(s.Node))
			s.Position = es.count(c.node)
		}
	}
	return s
}

func (c *Cursor) depth() int {
	n := 0
	for ; c.parent != nil; c = c.parent {
		n++
	}
	return n
}

// Kind implements xpath.Node.
func (c *Cursor) Kind() xpath.Kind {
	switch c.node.Schema().Kind {
	case schema.Leaf, schema.LeafList, schema.AnyData, schema.AnyXML:
		return xpath.Leaf
	case schema.Root, schema.YangData:
		return xpath.Root
	}
	return xpath.Element
}

// Name implements xpath.Node.
func (c *Cursor) Name() (module, local string) {
	s := operationOf(c.node.Schema())
	if c.Kind() == xpath.Root {
		return "", ""
	}
	return s.Module.Name, s.Name
}

// Namespace implements xpath.Namespaced.
func (c *Cursor) Namespace() string {
	if c.Kind() == xpath.Root {
		return ""
	}
	return c.node.Schema().Module.Namespace
}

// Parent implements xpath.Node.
func (c *Cursor) Parent() xpath.Node {
	if c.parent == nil {
		return nil
	}
	return c.parent
}

// Children implements xpath.Node.
func (c *Cursor) Children(module, local string, yield func(xpath.Node) bool) {
	k, ok := c.node.(*Container)
	if !ok {
		return
	}
	if module != "" && local != "" {
		if s := k.schema.Child(module, local); s != nil {
			c.instances(k, s, yield)
			return
		}
		c.eachOperation(module, local, yield)
		return
	}
	for _, s := range k.schema.DataChildren {
		if (local == "" || s.Name == local) && (module == "" || s.Module.Name == module) && !c.instances(k, s, yield) {
			return
		}
	}
	c.eachOperation(module, local, yield)
}

// instances yields the instances of s below k, stored or implied.
func (c *Cursor) instances(k *Container, s *schema.Node, yield func(xpath.Node) bool) bool {
	if !c.view.sees(s) {
		return true
	}
	switch x := k.Child(s).(type) {
	case nil:
		return c.implied(k, s, yield)
	case *List:
		return c.each(&x.entries, yield)
	case *LeafList:
		return c.each(&x.entries, yield)
	default:
		return yield(c.Down(x))
	}
}

func (c *Cursor) each(e *entries, yield func(xpath.Node) bool) bool {
	for _, n := range e.nodes.All() {
		if !yield(c.Down(n)) {
			return false
		}
	}
	return true
}

// Value implements xpath.Node.
func (c *Cursor) Value() string {
	switch x := c.node.(type) {
	case *Leaf:
		return x.text
	case *Any:
		return x.XML()
	}
	var b strings.Builder
	c.Children("", "", func(n xpath.Node) bool {
		b.WriteString(n.Value())
		return true
	})
	return b.String()
}
