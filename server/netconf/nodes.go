package netconf

import (
	"strconv"
	"time"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// nodes collects the children of a container or list entry that the server
// itself makes, by the names its module gives them.
type nodes struct {
	of   *schema.Node
	kids []tree.Node
}

// below starts the children of the child called name.
func (n *nodes) below(name string) *nodes { return &nodes{of: n.of.Child("", name)} }

// leaf adds a leaf with a value in canonical form. A value that the type
// refuses is left out: these leafs inform, and a peer may have caused the value.
func (n *nodes) leaf(name, text string) {
	s := n.of.Child("", name)
	if v, err := s.ParseValue(text); err == nil {
		n.kids = append(n.kids, tree.NewLeaf(s, v))
	}
}

func (n *nodes) number(name string, value uint32) {
	n.leaf(name, strconv.FormatUint(uint64(value), 10))
}

func (n *nodes) time(name string, t time.Time) { n.leaf(name, t.UTC().Format(time.RFC3339)) }

// empty adds a leaf of type empty.
func (n *nodes) empty(name string) {
	s := n.of.Child("", name)
	n.kids = append(n.kids, tree.NewLeaf(s, s.Type.Unchecked("")))
}

// leafList adds a leaf-list.
func (n *nodes) leafList(name string, texts []string) {
	s := n.of.Child("", name)
	var values []schema.Value
	for _, text := range texts {
		if v, err := s.ParseValue(text); err == nil {
			values = append(values, v)
		}
	}
	n.kids = append(n.kids, tree.NewLeafList(s, values))
}

// add adds finished nodes.
func (n *nodes) add(kids ...tree.Node) { n.kids = append(n.kids, kids...) }

// container finishes: it returns the container or entry.
func (n *nodes) container() *tree.Container { return tree.NewContainer(n.of, n.kids) }

// list returns the list called name with one entry for each of items.
func list[T any](n *nodes, name string, items []T, fill func(*nodes, T)) *tree.List {
	entries := make([]*tree.Container, len(items))
	for i, item := range items {
		e := n.below(name)
		fill(e, item)
		entries[i] = e.container()
	}
	return tree.NewList(n.of.Child("", name), entries)
}
