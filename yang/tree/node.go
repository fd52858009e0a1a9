package tree

import (
	"iter"
	"slices"

	"github.com/optical-net/waveguard/yang/internal/btree"
	"github.com/optical-net/waveguard/yang/schema"
)

// Node is one immutable data node: a *Container, *List, *Leaf, *LeafList or *Any.
type Node interface {
	// Schema returns the node's definition.
	Schema() *schema.Node
}

// Leaf is a leaf, or one entry of a leaf-list.
type Leaf struct {
	schema *schema.Node
	text   string // the value's canonical form
	notes  notes  // with the value's type
}

// NewLeaf returns a leaf with the given value.
func NewLeaf(s *schema.Node, v schema.Value) *Leaf {
	return &Leaf{schema: s, text: v.String(), notes: noteType(s, v)}
}

// Schema returns the leaf's definition.
func (l *Leaf) Schema() *schema.Node { return l.schema }

// Value returns the leaf's value.
func (l *Leaf) Value() schema.Value {
	t := l.notes.typ()
	if t == nil {
		t = l.schema.Type
	}
	return t.Unchecked(l.text)
}

// Any is an anydata or anyxml node. Its content is kept as it was encoded.
type Any struct {
	schema  *schema.Node
	content Content
	notes   notes
}

// NewAny returns an anydata or anyxml node with the given content; nil is empty.
func NewAny(s *schema.Node, c Content) *Any {
	if c == nil {
		c = InnerXML("")
	}
	return &Any{schema: s, content: c}
}

// Schema returns the node's definition.
func (a *Any) Schema() *schema.Node { return a.schema }

// Content returns what the node holds.
func (a *Any) Content() Content { return a.content }

// XML returns the content as XML, translated if it came in another encoding.
func (a *Any) XML() string { return a.content.InnerXML(a.schema) }

// Container is a container, one entry of a list, or the root of a tree.
type Container struct {
	schema *schema.Node
	owner  *btree.Owner
	kids   []Node // by schema Index, at most one for each
	notes  notes
}

// Schema returns the container's definition.
func (c *Container) Schema() *schema.Node { return c.schema }

// Len returns the number of child nodes; a whole list or leaf-list counts as one.
func (c *Container) Len() int { return len(c.kids) }

// Children yields the stored child nodes in schema order, lists and leaf-lists
// as a whole.
func (c *Container) Children() iter.Seq[Node] { return slices.Values(c.kids) }

// Child returns the stored child with definition s, or nil.
func (c *Container) Child(s *schema.Node) Node {
	if i, ok := c.find(s.Index); ok && c.kids[i].Schema() == s {
		return c.kids[i]
	}
	return nil
}

// Leaf returns the value of the stored child leaf with that name in the
// container's own module; ok is false when there is none.
func (c *Container) Leaf(name string) (v schema.Value, ok bool) {
	s := c.schema.Child("", name)
	if s == nil || s.Kind != schema.Leaf {
		return v, false
	}
	if l, ok := c.Child(s).(*Leaf); ok {
		return l.Value(), true
	}
	return v, false
}

// Keys returns the key values of a list entry, in key order; nil for anything else.
func (c *Container) Keys() []schema.Value {
	if c.schema.Kind != schema.List || len(c.schema.Keys) == 0 {
		return nil
	}
	keys := make([]schema.Value, len(c.schema.Keys))
	for i := range keys {
		keys[i] = c.kids[i].(*Leaf).Value() // invariant: keys come first and are always present
	}
	return keys
}

func (c *Container) find(index int) (int, bool) {
	// Linear for the common small container; binary beyond.
	if len(c.kids) <= 8 {
		for i, k := range c.kids {
			if x := k.Schema().Index; x >= index {
				return i, x == index
			}
		}
		return len(c.kids), false
	}
	return slices.BinarySearchFunc(c.kids, index, func(n Node, i int) int { return n.Schema().Index - i })
}

// Tree is one immutable version of a datastore's content.
type Tree struct {
	set  *schema.Set
	root *Container
}

// New returns the empty tree of a schema.
func New(set *schema.Set) *Tree {
	return &Tree{set: set, root: &Container{schema: set.Root}}
}

// FromRoot returns a tree with the given root content, as Filter and the
// encoders' helpers produce it.
func FromRoot(set *schema.Set, root *Container) *Tree { return &Tree{set: set, root: root} }

// Schema returns the schema the tree follows.
func (t *Tree) Schema() *schema.Set { return t.set }

// Root returns the root, whose definition is of kind schema.Root.
func (t *Tree) Root() *Container { return t.root }
