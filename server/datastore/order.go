package datastore

import (
	"slices"
	"sort"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// sequential returns the changes from old to next so that performing them one
// by one leads there. They say the same but for the places of user-ordered
// entries: tree.Diff tells which entries follow another one than before, which
// is less than it takes to get them there. New entries go last, unless a Moved
// change behind all others of the list says otherwise.
func sequential(changes []tree.Change, old, next *tree.Tree) []tree.Change {
	var orders []*order
	out := changes
	for i, c := range changes {
		s := c.Path.Schema()
		if !s.OrderedByUser || !s.Config || !c.Moved && c.Old != nil || c.New == nil {
			continue
		}
		if orders == nil {
			out = slices.Clone(changes)
		}
		if n := len(orders); n == 0 || !orders[n-1].holds(c.Path, next) {
			orders = append(orders, newOrder(c.Path, old, next))
		}
		if c.Moved {
			out[i].Path = nil
			continue
		}
		orders[len(orders)-1].append(identity(c.New))
	}
	if orders == nil {
		return changes
	}
	out = slices.DeleteFunc(out, func(c tree.Change) bool { return c.Path == nil })
	for _, o := range orders {
		out = append(out, o.moves()...)
	}
	return out
}

// order is the content of one user-ordered list or leaf-list before and after.
type order struct {
	above tree.Path // of the parent
	node  *schema.Node
	next  tree.Node      // the whole list as it shall be
	was   map[string]int // position before, by identity; what is new comes last
}

func newOrder(entry tree.Path, old, next *tree.Tree) *order {
	above, s := parent(entry), entry.Schema()
	whole := append(above, schema.PathStep{Node: s})
	o := &order{above: above, node: s, next: next.Find(whole), was: map[string]int{}}
	for _, n := range entriesOf(old.Find(whole)) {
		o.append(identity(n))
	}
	return o
}

func (o *order) append(id []schema.Value) { o.was[key(id)] = len(o.was) }

// holds says whether the entry at path is one of the list's.
func (o *order) holds(entry tree.Path, next *tree.Tree) bool {
	return entry.Schema() == o.node && next.Find(append(parent(entry), schema.PathStep{Node: o.node})) == o.next
}

// moves returns the fewest moves that lead to the order wanted, front to back:
// those entries stay whose positions before make a longest rising sequence.
func (o *order) moves() []tree.Change {
	entries := entriesOf(o.next)
	at := make([]int, len(entries))
	for i, n := range entries {
		at[i] = o.was[key(identity(n))]
	}
	var moves []tree.Change
	var after []schema.Value
	stays := rising(at)
	for i, n := range entries {
		id := identity(n)
		if !stays[i] {
			moves = append(moves, tree.Change{Path: append(o.above, o.step(id)), Old: n, New: n, Moved: true, After: after})
		}
		after = id
	}
	return moves
}

func (o *order) step(id []schema.Value) schema.PathStep {
	if o.node.Kind == schema.LeafList {
		return schema.PathStep{Node: o.node, Value: &id[0]}
	}
	return schema.PathStep{Node: o.node, Keys: id}
}

// rising marks the members of a longest rising subsequence of at, whose
// elements differ.
func rising(at []int) []bool {
	var tails []int // tails[n]: index of the least end of a sequence of n+1
	before := make([]int, len(at))
	for i, v := range at {
		n := sort.Search(len(tails), func(n int) bool { return at[tails[n]] >= v })
		before[i] = -1
		if n > 0 {
			before[i] = tails[n-1]
		}
		if n == len(tails) {
			tails = append(tails, i)
		}
		tails[n] = i
	}
	marks := make([]bool, len(at))
	if len(tails) > 0 {
		for i := tails[len(tails)-1]; i >= 0; i = before[i] {
			marks[i] = true
		}
	}
	return marks
}

// entriesOf returns the entries of a whole list or leaf-list, in their order.
func entriesOf(n tree.Node) []tree.Node {
	var out []tree.Node
	switch l := n.(type) {
	case *tree.List:
		for entry := range l.All() {
			out = append(out, entry)
		}
	case *tree.LeafList:
		for leaf := range l.All() {
			out = append(out, leaf)
		}
	}
	return out
}

// identity returns the keys of a list entry, or the value of a leaf-list entry.
func identity(n tree.Node) []schema.Value {
	if leaf, ok := n.(*tree.Leaf); ok {
		return []schema.Value{leaf.Value()}
	}
	return n.(*tree.Container).Keys()
}

func key(id []schema.Value) string {
	var b []byte
	for _, v := range id {
		b = v.AppendKey(b)
	}
	return string(b)
}
