package access

import (
	"strconv"
	"sync/atomic"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// counters are what /nacm tells of refusals since the start.
type counters struct{ operations, writes, notifications atomic.Uint32 }

// State returns /nacm with its state, the counters of what was refused; nil when
// the schema has none.
func (a *Authority) State() tree.Node {
	nacm := a.model().nacm
	if nacm == nil {
		return nil
	}
	var kids []tree.Node
	for name, c := range map[string]*atomic.Uint32{
		"denied-operations":    &a.counters.operations,
		"denied-data-writes":   &a.counters.writes,
		"denied-notifications": &a.counters.notifications,
	} {
		leaf := nacm.Child("", name)
		kids = append(kids, tree.NewLeaf(leaf, leaf.Type.Unchecked(strconv.FormatUint(uint64(c.Load()), 10))))
	}
	return tree.NewContainer(nacm, kids)
}

// marksOf returns what the marks of ietf-netconf-acm deny, by node: a mark holds
// for all below as well. Nodes without are left out.
func marksOf(set *schema.Set) map[*schema.Node]actions {
	marks := map[*schema.Node]actions{}
	var visit func(n *schema.Node, denied actions)
	visit = func(n *schema.Node, denied actions) {
		if n.Extensions.Find("ietf-netconf-acm", "default-deny-write") != nil {
			denied |= writes
		}
		if n.Extensions.Find("ietf-netconf-acm", "default-deny-all") != nil {
			denied = everything
		}
		if denied != 0 {
			marks[n] = denied
		}
		for _, c := range n.Children {
			visit(c, denied)
		}
	}
	visit(set.Root, 0)
	for _, m := range set.Modules {
		for _, n := range append(m.RPCs[:len(m.RPCs):len(m.RPCs)], m.Notifications...) {
			visit(n, 0)
		}
	}
	return marks
}
