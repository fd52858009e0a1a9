package generate

import (
	"math/rand/v2"
	"slices"

	"github.com/optical-net/waveguard/yang/schema"
)

// Operation returns a random rpc, action, reply or notification, whose content is
// that input, output or notification: an element without name that holds it, for
// an action within the nodes that lead to it and their keys. These and what
// references lead to are taken from data. It is nil when data has no instance
// that the action belongs to. The generator has to have the option State.
func (g *Generator) Operation(r *rand.Rand, content *schema.Node, data *Element) *Element {
	g.r, g.left, g.data = r, softLimit, data
	root := &Element{}
	host := g.host(root, operationOf(content).DataParent)
	if host == nil {
		return nil
	}
	op := &Element{Schema: content, Module: content.Module.Name, Name: operationOf(content).Name}
	host.Kids = append(host.Kids, op)
	g.fill(op)
	g.link(root)
	prune(op)
	return root
}

// host adds to root the way to an instance of s that the data has, and returns
// its last element.
func (g *Generator) host(root *Element, s *schema.Node) *Element {
	if s.Kind == schema.Root {
		return root
	}
	var found [][]*Element
	g.data.walk(func(line []*Element) {
		if last(line).Schema == s {
			found = append(found, slices.Clone(line[1:]))
		}
	})
	if len(found) == 0 {
		return nil
	}
	at := root
	for _, e := range pick(g.r, found) {
		next := *e
		next.Kids = slices.DeleteFunc(slices.Clone(e.Kids), func(k *Element) bool { return k.Schema == nil || !k.Schema.IsKey() })
		at.Kids = append(at.Kids, &next)
		at = &next
	}
	return at
}

// operationOf returns the node that names the operation.
func operationOf(content *schema.Node) *schema.Node {
	if content.Kind == schema.Input || content.Kind == schema.Output {
		return content.Parent
	}
	return content
}

// isOperation says whether e is the content of an operation.
func (e *Element) isOperation() bool {
	return e.Schema != nil && (e.Schema.Kind == schema.Input || e.Schema.Kind == schema.Output || e.Schema.Kind == schema.Notification)
}

// operation returns the position in line of the operation, 0 in data and for
// what leads to an operation.
func operation(line []*Element) int {
	return max(0, slices.IndexFunc(line, (*Element).isOperation))
}

// subject returns what the document is about: the operation, or all of it.
func (e *Element) subject() *Element {
	found := e
	e.walk(func(line []*Element) {
		if last(line).isOperation() {
			found = last(line)
		}
	})
	return found
}
