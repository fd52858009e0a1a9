package document

import (
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Build returns the instance data that an edit without operations describes:
// a container, a list entry, or the content of an RPC or a notification.
func Build(ed *tree.Edit) *tree.Container {
	kids := make([]tree.Node, 0, len(ed.Keys)+len(ed.Children))
	for i, v := range ed.Keys {
		kids = append(kids, tree.NewLeaf(ed.Schema.Keys[i], v))
	}
	entries := map[*schema.Node][]*tree.Container{}
	values := map[*schema.Node][]schema.Value{}
	for _, k := range ed.Children {
		switch k.Schema.Kind {
		case schema.List:
			entries[k.Schema] = append(entries[k.Schema], Build(k))
		case schema.LeafList:
			values[k.Schema] = append(values[k.Schema], k.Value)
		case schema.Leaf:
			kids = append(kids, tree.NewLeaf(k.Schema, k.Value))
		case schema.AnyData, schema.AnyXML:
			kids = append(kids, tree.NewAny(k.Schema, k.Any))
		default:
			kids = append(kids, Build(k))
		}
	}
	for s, e := range entries {
		kids = append(kids, tree.NewList(s, e))
	}
	for s, v := range values {
		kids = append(kids, tree.NewLeafList(s, v))
	}
	return tree.NewContainer(ed.Schema, kids)
}
