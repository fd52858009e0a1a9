package push

import (
	"time"

	"github.com/optical-net/waveguard/server/notify"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// The modules.
const (
	moduleSN = "ietf-subscribed-notifications"
	moduleYP = "ietf-yang-push"
)

// model has what of the schema the publisher writes.
type model struct {
	set                                               *schema.Set
	establish, entry                                  *schema.Node
	replayed, modified, resumed, suspended, ended     *schema.Node
	update, change                                    *schema.Node
	streams, subscriptions, streamFilters, selections *schema.Node
}

// newModel returns nil when the schema does not implement both modules.
func newModel(set *schema.Set) *model {
	sn, yp := set.Module(moduleSN), set.Module(moduleYP)
	if sn == nil || yp == nil || !sn.Implemented || !yp.Implemented {
		return nil
	}
	m := &model{
		set: set, establish: set.RPC(moduleSN, "establish-subscription"),
		replayed: set.Notification(moduleSN, "replay-completed"), modified: set.Notification(moduleSN, "subscription-modified"),
		resumed: set.Notification(moduleSN, "subscription-resumed"), suspended: set.Notification(moduleSN, "subscription-suspended"),
		ended:  set.Notification(moduleSN, "subscription-terminated"),
		update: set.Notification(moduleYP, "push-update"), change: set.Notification(moduleYP, "push-change-update"),
		streams: set.Root.Child(moduleSN, "streams"), subscriptions: set.Root.Child(moduleSN, "subscriptions"),
	}
	m.entry = m.subscriptions.Child(moduleSN, "subscription")
	filters := set.Root.Child(moduleSN, "filters")
	m.streamFilters, m.selections = filters.Child(moduleSN, "stream-filter"), filters.Child(moduleYP, "selection-filter")
	return m
}

// structure returns the container in the yang-data of that name.
func (m *model) structure(module, name string) *schema.Node {
	for _, s := range m.set.Module(module).Structures {
		if s.Name == name {
			return s.Child(module, name)
		}
	}
	return nil
}

// made returns a container with leafs, pairs of name and canonical value, and what
// else is to be in it. A leaf that the schema has not, for want of a feature, or
// whose value it refuses is left out.
func made(of *schema.Node, kids []tree.Node, pairs ...string) *tree.Container {
	for i := 0; i < len(pairs); i += 2 {
		s := of.Child("", pairs[i])
		if s == nil {
			continue
		}
		if v, err := s.ParseValue(pairs[i+1]); err == nil {
			kids = append(kids, tree.NewLeaf(s, v))
		}
	}
	return tree.NewContainer(of, kids)
}

// happened returns a notification of this moment.
func happened(content *tree.Container) notify.Notification {
	return notify.Notification{Time: time.Now(), Content: content}
}

// transplanted returns the children of c as children of another node, as far as
// that has them: those of one grouping.
func transplanted(c *tree.Container, to *schema.Node) (kids []tree.Node) {
	for k := range c.Children() {
		if s := to.Child(k.Schema().Module.Name, k.Schema().Name); s != nil {
			kids = append(kids, transplant(k, s))
		}
	}
	return kids
}

func transplant(n tree.Node, to *schema.Node) tree.Node {
	switch x := n.(type) {
	case *tree.Leaf:
		return tree.NewLeaf(to, x.Value())
	case *tree.LeafList:
		var values []schema.Value
		for leaf := range x.All() {
			values = append(values, leaf.Value())
		}
		return tree.NewLeafList(to, values)
	case *tree.Any:
		return tree.NewAny(to, x.Content())
	case *tree.Container:
		return tree.NewContainer(to, transplanted(x, to))
	}
	return n
}
