package tree

import (
	"github.com/optical-net/waveguard/yang/internal/btree"
	"github.com/optical-net/waveguard/yang/schema"
)

// entries is the ordered content of a list or leaf-list.
//
// System-ordered entries stand in nodes under their encoded key, so they sort
// by key. User-ordered entries stand in nodes under a label that says their
// place, and labels finds it from the key. Entries without a key (keyless lists
// and state leaf-lists, which may repeat values) are labelled by arrival.
type entries struct {
	nodes  btree.Map[Node]
	labels btree.Map[string]
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

// userOrdered says that entries of s keep the order they were given although they
// have an identity.
func userOrdered(s *schema.Node) bool { return s.OrderedByUser && !keyless(s) }

// spot returns where the entry with that key stands in nodes; "" when there is
// no such user-ordered entry.
func (e *entries) spot(s *schema.Node, key string) string {
	if userOrdered(s) {
		key, _ = e.labels.Get(key)
	}
	return key
}

func (e *entries) lookup(s *schema.Node, key string) Node {
	n, _ := e.nodes.Get(e.spot(s, key))
	return n
}

// locate returns the entry that a path step selects, and where it stands in
// nodes; nil when there is none.
func (e *entries) locate(step schema.PathStep) (spot string, n Node) {
	switch s := step.Node; {
	case len(step.Keys) > 0:
		spot = e.spot(s, encodeKeys(step.Keys))
		n, _ = e.nodes.Get(spot)
		return spot, n
	case step.Value != nil && !keyless(s):
		spot = e.spot(s, encodeKeys([]schema.Value{*step.Value}))
		n, _ = e.nodes.Get(spot)
		return spot, n
	}
	i := uint64(0)
	for at, n := range e.nodes.All() {
		if i++; i == step.Position || step.Value != nil && n.(*Leaf).Value() == *step.Value {
			return at, n
		}
	}
	return "", nil
}

// put stores n under key; a new user-ordered or keyless entry goes last.
func (e *entries) put(o *btree.Owner, n Node, key string) {
	s := n.Schema()
	switch {
	case userOrdered(s):
		if at, ok := e.labels.Get(key); ok {
			e.nodes.Set(o, at, n)
			return
		}
		last, _ := e.nodes.Last()
		e.insert(o, n, key, last)
	case key == "": // without identity
		last, _ := e.nodes.Last()
		e.nodes.Set(o, label(unlabel(last)+1), n)
	default:
		e.nodes.Set(o, key, n)
	}
}

// remove drops the entry under key.
func (e *entries) remove(o *btree.Owner, s *schema.Node, key string) {
	at := e.spot(s, key)
	if userOrdered(s) {
		e.labels.Delete(o, key)
	}
	e.nodes.Delete(o, at)
}

// removeAt drops the entry n that stands at spot.
func (e *entries) removeAt(o *btree.Owner, spot string, n Node) {
	if userOrdered(n.Schema()) {
		e.labels.Delete(o, entryKey(n))
	}
	e.nodes.Delete(o, spot)
}
