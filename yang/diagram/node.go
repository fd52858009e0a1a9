package diagram

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/optical-net/waveguard/yang/schema"
)

// nodeRows makes the rows of sibling nodes in the diagram of module m: data
// nodes first, a list's keys before all others, then actions, then notifications.
func nodeRows(m *schema.Module, nodes []*schema.Node) []*row {
	var data, actions, notifications []*row
	for _, n := range keysFirst(nodes) {
		switch r := nodeRow(m, n); {
		case (n.Kind == schema.Input || n.Kind == schema.Output) && len(r.children) == 0:
		case n.Kind == schema.Action || n.Kind == schema.RPC:
			actions = append(actions, r)
		case n.Kind == schema.Notification:
			notifications = append(notifications, r)
		default:
			data = append(data, r)
		}
	}
	return slices.Concat(data, actions, notifications)
}

// keysFirst orders the children of a list as its instances have them (RFC 7950 section 7.8.5).
func keysFirst(nodes []*schema.Node) []*schema.Node {
	rank := func(n *schema.Node) int {
		if n.IsKey() {
			return n.Index
		}
		return math.MaxInt
	}
	sorted := slices.Clone(nodes)
	slices.SortStableFunc(sorted, func(a, b *schema.Node) int { return cmp.Compare(rank(a), rank(b)) })
	return sorted
}

func nodeRow(m *schema.Module, n *schema.Node) *row {
	r := &row{status: statusSigns[n.Status], flags: flags(n), name: n.Name, mark: mark(n), typ: typeText(n), features: n.IfFeatures}
	if n.Module != m {
		r.name = n.Module.Prefix + ":" + n.Name
	}
	switch n.Kind {
	case schema.Choice:
		r.shape = choiceShape
	case schema.Case:
		r.shape = caseShape
	}
	var keys []string
	for _, k := range n.Keys {
		keys = append(keys, k.Name)
	}
	r.keys = strings.Join(keys, " ")
	r.children = nodeRows(m, n.Children)
	return r
}

var statusSigns = map[schema.Status]string{schema.Current: "+", schema.Deprecated: "x", schema.Obsolete: "o"}

// The extension that makes a container or list a mount point (RFC 8528 section 3.1).
const mountModule, mountName = "ietf-yang-schema-mount", "mount-point"

// flags says what the node is (RFC 8340 section 2.6).
func flags(n *schema.Node) string {
	below := flagsBelow(n)
	switch {
	case below == "":
		return ""
	case n.Extensions.Find(mountModule, mountName) != nil:
		return "mp"
	case n.Kind == schema.RPC || n.Kind == schema.Action:
		return "-x"
	case n.Kind == schema.Notification:
		return "-n"
	}
	return below
}

// flagsBelow are the flags of nodes below n that do not say better.
func flagsBelow(n *schema.Node) string {
	for up := n; up != nil; up = up.Parent {
		switch up.Kind {
		case schema.Input:
			return "-w"
		case schema.Output:
			return "ro"
		case schema.Notification, schema.YangData:
			return "--"
		case schema.Structure: // RFC 8791 section 3: no flags
			return ""
		}
	}
	if n.Config {
		return "rw"
	}
	return "ro"
}

// mark is what stands behind the name.
func mark(n *schema.Node) string {
	switch n.Kind {
	case schema.Container:
		if n.Presence {
			return "!"
		}
	case schema.List, schema.LeafList:
		return "*"
	case schema.Leaf, schema.Choice, schema.AnyData, schema.AnyXML:
		if !n.Mandatory && !n.IsKey() {
			return "?"
		}
	}
	return ""
}

// typeText is the type's name as it is written, or the path of a leafref.
func typeText(n *schema.Node) string {
	switch {
	case n.Kind == schema.AnyData:
		return "anydata"
	case n.Kind == schema.AnyXML:
		return "anyxml"
	case n.Type == nil:
		return ""
	case n.Type.Base == schema.Leafref && len(n.Type.Typedefs) == 0:
		return "-> " + n.Type.PathText
	}
	return n.Type.Name
}
