package document

import (
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Build returns the instance data that an edit without operations describes:
// a container, a list entry, or the content of an RPC or a notification.
func Build(ed *tree.Edit) *tree.Container {
	kids := make([]tree.Node, 0, room(ed))
	for i, v := range ed.Keys {
		kids = append(kids, tree.NewLeaf(ed.Schema.Keys[i], v))
	}
	entries := map[*schema.Node][]*tree.Container{}
	values := map[*schema.Node][]*tree.Leaf{}
	for _, k := range ed.Children {
		switch n := build(k).(type) {
		case nil:
		case *tree.Container:
			if k.Schema.Kind == schema.List {
				entries[k.Schema] = append(entries[k.Schema], n)
				continue
			}
			kids = append(kids, n)
		case *tree.Leaf:
			switch {
			case k.Schema.IsKey():
				kids[k.Schema.Index] = n
			case k.Schema.Kind == schema.LeafList:
				values[k.Schema] = append(values[k.Schema], n)
			default:
				kids = append(kids, n)
			}
		default:
			kids = append(kids, n)
		}
	}
	for s, e := range entries {
		kids = append(kids, tree.NewList(s, e))
	}
	for s, v := range values {
		kids = append(kids, tree.LeafListOf(s, v))
	}
	c := tree.NewContainer(ed.Schema, kids)
	return tree.WithMeta(c, ed.Meta).(*tree.Container)
}

// room returns how many children the node of ed can have, lists as a whole.
func room(ed *tree.Edit) int {
	n := len(ed.Keys)
	var last *schema.Node
	for _, k := range ed.Children {
		if k.Schema != last {
			n++
		}
		last = k.Schema
	}
	return n
}

// build returns the node of one edit, nil when it is as if nobody had set it.
func build(ed *tree.Edit) tree.Node {
	switch ed.Schema.Kind {
	case schema.Leaf, schema.LeafList:
		if ed.Default {
			return nil
		}
		return tree.WithMeta(tree.NewLeaf(ed.Schema, ed.Value), ed.Meta)
	case schema.AnyData, schema.AnyXML:
		return tree.WithMeta(tree.NewAny(ed.Schema, ed.Any), ed.Meta)
	}
	return Build(ed)
}
