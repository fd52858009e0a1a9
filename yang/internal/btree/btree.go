// Package btree holds persistent ordered maps: versions that share structure.
package btree

import (
	"iter"
	"slices"
	"strings"
)

// Owner marks the nodes that one writer made and may still change in place. A
// writer takes a new Owner when it hands a version out.
type Owner struct{ _ byte }

// Map is a persistent B-tree from byte-ordered string keys to values. A copy
// of the struct is a version; versions share nodes. Updates copy the nodes on
// the path to the root unless the given owner made them. The zero Map is empty.
type Map[V any] struct {
	root *node[V]
	n    int
}

const (
	maxItems = 32
	minItems = maxItems / 2
)

type item[V any] struct {
	key string
	val V
}

type node[V any] struct {
	owner *Owner
	items []item[V]
	kids  []*node[V] // len(items)+1, or none in a leaf
}

func (n *node[V]) search(key string) (int, bool) {
	return slices.BinarySearchFunc(n.items, key, func(it item[V], k string) int { return strings.Compare(it.key, k) })
}

// Len returns the number of keys.
func (m *Map[V]) Len() int { return m.n }

// Get returns the value stored under key.
func (m *Map[V]) Get(key string) (v V, ok bool) {
	for n := m.root; n != nil; {
		i, found := n.search(key)
		if found {
			return n.items[i].val, true
		}
		if n.kids == nil {
			break
		}
		n = n.kids[i]
	}
	return v, false
}

// editable returns n if o owns it, else a copy that o owns.
func (n *node[V]) editable(o *Owner) *node[V] {
	if n.owner == o && o != nil {
		return n
	}
	c := &node[V]{owner: o, items: make([]item[V], len(n.items), maxItems+1)}
	copy(c.items, n.items)
	if n.kids != nil {
		c.kids = make([]*node[V], len(n.kids), maxItems+2)
		copy(c.kids, n.kids)
	}
	return c
}

// Set stores val under key, replacing what is there.
func (m *Map[V]) Set(o *Owner, key string, val V) {
	if m.root == nil {
		m.root = &node[V]{owner: o}
	}
	m.root = m.root.editable(o)
	if m.root.set(o, key, val) {
		m.n++
	}
	if len(m.root.items) > maxItems {
		left := m.root
		mid, right := left.split(o)
		m.root = &node[V]{owner: o, items: []item[V]{mid}, kids: []*node[V]{left, right}}
	}
}

// set works on an editable node and says whether the key is new. The node may
// be left with maxItems+1 items, which the caller splits.
func (n *node[V]) set(o *Owner, key string, val V) bool {
	i, found := n.search(key)
	if found {
		n.items[i].val = val
		return false
	}
	if n.kids == nil {
		n.items = slices.Insert(n.items, i, item[V]{key, val})
		return true
	}
	kid := n.kids[i].editable(o)
	n.kids[i] = kid
	added := kid.set(o, key, val)
	if len(kid.items) > maxItems {
		mid, right := kid.split(o)
		n.items = slices.Insert(n.items, i, mid)
		n.kids = slices.Insert(n.kids, i+1, right)
	}
	return added
}

// split halves an overfull editable node, returning the item between the halves.
func (n *node[V]) split(o *Owner) (item[V], *node[V]) {
	at := len(n.items) / 2
	mid := n.items[at]
	right := &node[V]{owner: o, items: append(make([]item[V], 0, maxItems+1), n.items[at+1:]...)}
	clear(n.items[at:])
	n.items = n.items[:at]
	if n.kids != nil {
		right.kids = append(make([]*node[V], 0, maxItems+2), n.kids[at+1:]...)
		clear(n.kids[at+1:])
		n.kids = n.kids[:at+1]
	}
	return mid, right
}

// Delete removes key and says whether it was there.
func (m *Map[V]) Delete(o *Owner, key string) bool {
	if _, ok := m.Get(key); !ok {
		return false
	}
	m.root = m.root.editable(o)
	m.root.delete(o, key)
	m.n--
	if len(m.root.items) == 0 {
		if m.root.kids == nil {
			m.root = nil
		} else {
			m.root = m.root.kids[0]
		}
	}
	return true
}

// Delete removes a key known to be below the editable node n.
func (n *node[V]) delete(o *Owner, key string) {
	i, found := n.search(key)
	if n.kids == nil {
		n.items = slices.Delete(n.items, i, i+1)
		return
	}
	kid := n.kids[i].editable(o)
	n.kids[i] = kid
	if found {
		n.items[i] = kid.takeLast(o)
	} else {
		kid.delete(o, key)
	}
	n.refill(o, i)
}

// takeLast removes and returns the greatest item below the editable node n.
func (n *node[V]) takeLast(o *Owner) item[V] {
	last := len(n.items) - 1
	if n.kids == nil {
		it := n.items[last]
		n.items = slices.Delete(n.items, last, last+1)
		return it
	}
	kid := n.kids[last+1].editable(o)
	n.kids[last+1] = kid
	it := kid.takeLast(o)
	n.refill(o, last+1)
	return it
}

// refill restores the least size of child i, which is editable, by borrowing
// from a sibling or merging with it.
func (n *node[V]) refill(o *Owner, i int) {
	kid := n.kids[i]
	if len(kid.items) >= minItems {
		return
	}
	switch {
	case i > 0 && len(n.kids[i-1].items) > minItems:
		n.borrowLeft(o, i)
	case i < len(n.items) && len(n.kids[i+1].items) > minItems:
		n.borrowRight(o, i)
	case i > 0:
		n.merge(o, i-1)
	default:
		n.merge(o, i)
	}
}

func (n *node[V]) borrowLeft(o *Owner, i int) {
	left, kid := n.kids[i-1].editable(o), n.kids[i]
	n.kids[i-1] = left
	last := len(left.items) - 1
	kid.items = slices.Insert(kid.items, 0, n.items[i-1])
	n.items[i-1] = left.items[last]
	left.items = slices.Delete(left.items, last, last+1)
	if left.kids != nil {
		kid.kids = slices.Insert(kid.kids, 0, left.kids[last+1])
		left.kids = slices.Delete(left.kids, last+1, last+2)
	}
}

func (n *node[V]) borrowRight(o *Owner, i int) {
	right, kid := n.kids[i+1].editable(o), n.kids[i]
	n.kids[i+1] = right
	kid.items = append(kid.items, n.items[i])
	n.items[i] = right.items[0]
	right.items = slices.Delete(right.items, 0, 1)
	if right.kids != nil {
		kid.kids = append(kid.kids, right.kids[0])
		right.kids = slices.Delete(right.kids, 0, 1)
	}
}

// merge joins children i and i+1 around item i.
func (n *node[V]) merge(o *Owner, i int) {
	left, right := n.kids[i].editable(o), n.kids[i+1]
	n.kids[i] = left
	left.items = append(append(left.items, n.items[i]), right.items...)
	left.kids = append(left.kids, right.kids...)
	n.items = slices.Delete(n.items, i, i+1)
	n.kids = slices.Delete(n.kids, i+1, i+2)
}

// All yields the items in key order.
func (m *Map[V]) All() iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		if m.root != nil {
			m.root.walk(yield)
		}
	}
}

func (n *node[V]) walk(yield func(string, V) bool) bool {
	for i, it := range n.items {
		if n.kids != nil && !n.kids[i].walk(yield) {
			return false
		}
		if !yield(it.key, it.val) {
			return false
		}
	}
	return n.kids == nil || n.kids[len(n.items)].walk(yield)
}

// Prefixed yields the items whose keys begin with prefix, in key order.
func (m *Map[V]) Prefixed(prefix string) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		if m.root != nil {
			m.root.walkPrefix(prefix, yield)
		}
	}
}

func (n *node[V]) walkPrefix(prefix string, yield func(string, V) bool) bool {
	i, _ := n.search(prefix)
	for ; ; i++ {
		if n.kids != nil && !n.kids[i].walkPrefix(prefix, yield) {
			return false
		}
		if i == len(n.items) {
			return true
		}
		it := n.items[i]
		if !strings.HasPrefix(it.key, prefix) || !yield(it.key, it.val) {
			return false
		}
	}
}

// Last returns the greatest key.
func (m *Map[V]) Last() (key string, ok bool) {
	n := m.root
	if n == nil {
		return "", false
	}
	for n.kids != nil {
		n = n.kids[len(n.kids)-1]
	}
	return n.items[len(n.items)-1].key, true
}

// Next returns the least key above key.
func (m *Map[V]) Next(key string) (string, bool) {
	best, ok := "", false
	for n := m.root; n != nil; {
		i, found := n.search(key)
		if found {
			i++
		}
		if i < len(n.items) {
			best, ok = n.items[i].key, true
		}
		if n.kids == nil {
			break
		}
		n = n.kids[i]
	}
	return best, ok
}

// Prev returns the greatest key below key.
func (m *Map[V]) Prev(key string) (string, bool) {
	best, ok := "", false
	for n := m.root; n != nil; {
		i, _ := n.search(key)
		if i > 0 {
			best, ok = n.items[i-1].key, true
		}
		if n.kids == nil {
			break
		}
		n = n.kids[i]
	}
	return best, ok
}
