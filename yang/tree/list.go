package tree

import (
	"iter"

	"github.com/optical-net/waveguard/yang/internal/btree"
	"github.com/optical-net/waveguard/yang/schema"
)

// List is a list with its entries.
type List struct {
	schema *schema.Node
	owner  *btree.Owner
	entries
}

// Schema returns the list's definition.
func (l *List) Schema() *schema.Node { return l.schema }

// Len returns the number of entries.
func (l *List) Len() int { return l.nodes.Len() }

// Get returns the entry with those key values, in key order, or nil.
func (l *List) Get(keys ...schema.Value) *Container {
	c, _ := l.lookup(l.schema, encodeKeys(keys)).(*Container)
	return c
}

// All yields the entries: in the user's order for ordered-by user, by key else.
func (l *List) All() iter.Seq[*Container] {
	return func(yield func(*Container) bool) {
		for _, n := range l.nodes.All() {
			if !yield(n.(*Container)) {
				return
			}
		}
	}
}

// WithFirstKeys yields the entries of a system-ordered list whose leading keys
// have the given values.
func (l *List) WithFirstKeys(keys ...schema.Value) iter.Seq[*Container] {
	return func(yield func(*Container) bool) {
		for _, n := range l.nodes.Prefixed(encodeKeys(keys)) {
			if !yield(n.(*Container)) {
				return
			}
		}
	}
}

// LeafList is a leaf-list with its entries.
type LeafList struct {
	schema *schema.Node
	owner  *btree.Owner
	entries
}

// Schema returns the leaf-list's definition.
func (l *LeafList) Schema() *schema.Node { return l.schema }

// Len returns the number of entries.
func (l *LeafList) Len() int { return l.nodes.Len() }

// Has says whether the value is one of the entries of a configuration leaf-list.
func (l *LeafList) Has(v schema.Value) bool {
	return l.lookup(l.schema, encodeKeys([]schema.Value{v})) != nil
}

// All yields the entries: in the user's order for ordered-by user, by value else.
func (l *LeafList) All() iter.Seq[*Leaf] {
	return func(yield func(*Leaf) bool) {
		for _, n := range l.nodes.All() {
			if !yield(n.(*Leaf)) {
				return
			}
		}
	}
}
