package diagram

import (
	"errors"
	"io"
	"strings"

	"github.com/optical-net/waveguard/yang/schema"
)

// WriteNode writes what the diagram of a module has of the node n, of the nodes
// around it, and of all below. It returns an error when n is the root of the
// data tree, and those of w.
func WriteNode(w io.Writer, n *schema.Node) error {
	if n.Kind == schema.Root {
		return errors.New("draw node: the root belongs to no module")
	}
	top := n
	for top.Parent != nil && top.Parent.Kind != schema.Root {
		top = top.Parent
	}
	out := new(strings.Builder)
	out.WriteString("module: " + top.Module.Name)
	if _, ok := structureKeywords[top.Kind]; ok {
		out.WriteByte('\n')
		writeStructure(out, top, wayTo(n, top.Module))
	} else {
		writeRows(out, "  ", wayTo(n, top.Module))
	}
	return flush(w, out)
}

// wayTo makes the rows of the nodes around n, without their other children, and
// of n and all below it. Types stand where they do in the whole diagram.
func wayTo(n *schema.Node, m *schema.Module) []*row {
	if _, ok := structureKeywords[n.Kind]; ok {
		return nodeRows(m, n.Children)
	}
	r := nodeRow(m, n)
	r.column = typeColumn(nodeRows(m, siblings(n)))
	rows := []*row{r}
	for up := n.Parent; up.Parent != nil; up = up.Parent {
		r := nodeRow(m, up)
		r.children = rows
		rows = []*row{r}
	}
	return rows
}

// siblings are the nodes drawn beside n, and n.
func siblings(n *schema.Node) []*schema.Node {
	switch {
	case n.Parent.Kind != schema.Root:
		return n.Parent.Children
	case n.Kind == schema.RPC:
		return n.Module.RPCs
	case n.Kind == schema.Notification:
		return n.Module.Notifications
	}
	return dataNodes(n.Parent, n.Module)
}
