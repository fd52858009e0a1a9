package tree

import (
	"encoding/binary"
	"iter"

	"github.com/optical-net/waveguard/yang/internal/btree"
	"github.com/optical-net/waveguard/yang/schema"
)

// entries is the ordered content of a list or leaf-list.
//
// System-ordered entries stand in nodes under their encoded key, so they sort
// by key. User-ordered entries stand in nodes under a label that says their
// place, and labels finds it from the key. Entries without a key (keyless lists
// and state leaf-lists, which may repeat values) are keyed by arrival.
type entries struct {
	nodes  btree.Map[Node]
	labels btree.Map[string]
}

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

func encodeKeys(keys []schema.Value) string {
	var buf [64]byte
	b := buf[:0]
	for _, k := range keys {
		b = k.AppendKey(b)
	}
	return string(b)
}

// keyless says that entries of s have no identity but their place.
func keyless(s *schema.Node) bool {
	return s.Kind == schema.List && len(s.Keys) == 0 || s.Kind == schema.LeafList && !s.Config
}

// userOrdered says that entries of s keep the order they were given; the
// statement is ignored for state (RFC 7950 section 7.7.7).
func userOrdered(s *schema.Node) bool { return s.OrderedByUser && s.Config }

func (e *entries) lookup(s *schema.Node, key string) Node {
	if userOrdered(s) {
		label, ok := e.labels.Get(key)
		if !ok {
			return nil
		}
		key = label
	}
	n, _ := e.nodes.Get(key)
	return n
}

// put stores n under key; a new user-ordered or keyless entry goes last.
func (e *entries) put(o *btree.Owner, n Node, key string) {
	s := n.Schema()
	switch {
	case userOrdered(s):
		if label, ok := e.labels.Get(key); ok {
			e.nodes.Set(o, label, n)
			return
		}
		last, _ := e.nodes.Last()
		e.insert(o, n, key, last)
	case keyless(s) && key == "":
		last, _ := e.nodes.Last()
		e.nodes.Set(o, label(unlabel(last)+1), n)
	default:
		e.nodes.Set(o, key, n)
	}
}

// remove drops the entry under key.
func (e *entries) remove(o *btree.Owner, s *schema.Node, key string) {
	if userOrdered(s) {
		label, _ := e.labels.Get(key)
		e.labels.Delete(o, key)
		key = label
	}
	e.nodes.Delete(o, key)
}

// labelStep is the distance between the labels of neighbours when there is room.
const labelStep = 1 << 20

func label(n uint64) string { return string(binary.BigEndian.AppendUint64(nil, n)) }

func unlabel(s string) uint64 {
	if s == "" {
		return 0
	}
	return binary.BigEndian.Uint64([]byte(s))
}

// insert places a new user-ordered entry right behind the label after; "" means first.
func (e *entries) insert(o *btree.Owner, n Node, key, after string) {
	next, ok := e.nodes.Next(after)
	lo, hi := unlabel(after), unlabel(after)+2*labelStep
	if ok {
		hi = unlabel(next)
	}
	if hi < lo || hi-lo < 2 {
		after = e.relabel(o, after)
		e.insert(o, n, key, after)
		return
	}
	at := label(lo + (hi-lo)/2)
	e.nodes.Set(o, at, n)
	e.labels.Set(o, key, at)
}

// relabel spaces all labels out anew and returns the new label of after.
func (e *entries) relabel(o *btree.Owner, after string) string {
	old := *e
	keys := make(map[string]string, old.labels.Len())
	for k, l := range old.labels.All() {
		keys[l] = k
	}
	*e = entries{}
	moved, at := "", uint64(0)
	for l, n := range old.nodes.All() {
		at += labelStep
		e.nodes.Set(o, label(at), n)
		e.labels.Set(o, keys[l], label(at))
		if l == after {
			moved = label(at)
		}
	}
	return moved
}
