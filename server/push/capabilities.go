package push

import (
	"fmt"
	"time"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

const (
	moduleSysC = "ietf-system-capabilities"
	moduleNotC = "ietf-notification-capabilities"
)

// The values of notification-support (RFC 9196 section 5.2).
const (
	allNodes = "config-changes state-changes"
	noNodes  = ""
)

// capabilities returns /system-capabilities: what RFC 9196 has told of subscriptions
// before anybody asks for one. Nil when the schema has not the modules.
func (p *Publisher) capabilities() tree.Node {
	root, m := p.Schema.Root.Child(moduleSysC, "system-capabilities"), p.Schema.Module(moduleNotC)
	if root == nil || m == nil || !m.Implemented {
		return nil
	}
	all := root.Child(moduleNotC, "subscription-capabilities")
	kinds := all.Child(moduleNotC, "supported-excluded-change-type")
	each, err := kinds.ParseValue("all")
	if err != nil {
		return nil
	}
	general := made(all, []tree.Node{tree.NewLeafList(kinds, []schema.Value{each})},
		"periodic-notifications-supported", allNodes, "on-change-supported", allNodes,
		"minimum-update-period", fmt.Sprint(int64(p.Limits.Period/(10*time.Millisecond))), "minimum-dampening-period", "0")
	unwatched := []string{"/" + moduleSN + ":streams", "/" + moduleSN + ":subscriptions", "/" + moduleSysC + ":system-capabilities"}
	for _, n := range p.Unwatched {
		unwatched = append(unwatched, tree.Path{{Node: n}}.String())
	}
	list := root.Child(moduleSysC, "datastore-capabilities")
	return tree.NewContainer(root, []tree.Node{general, tree.NewList(list, []*tree.Container{
		less(list, "ietf-datastores:candidate", noNodes, ""),
		less(list, operational, allNodes, unwatched...),
	})})
}

// less says of nodes of a datastore, "" for all, that they do not tell of their
// changes, and whether there are periodic updates of them.
func less(list *schema.Node, datastore, periodic string, selectors ...string) *tree.Container {
	nodes := list.Child(moduleSysC, "per-node-capabilities")
	var entries []*tree.Container
	for _, selector := range selectors {
		able := made(nodes.Child(moduleNotC, "subscription-capabilities"), nil, "periodic-notifications-supported", periodic, "on-change-supported", noNodes)
		var pairs []string
		if selector != "" {
			pairs = []string{"node-selector", selector}
		}
		entries = append(entries, made(nodes, []tree.Node{able}, pairs...))
	}
	return made(list, []tree.Node{tree.NewList(nodes, entries)}, "datastore", datastore)
}
