package generate

import (
	"math/rand/v2"
	"slices"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Repair changes the document where a validator found fault with it: it adds
// what is missing, makes a reference refer, or removes the node. It can cause
// other faults.
func (g *Generator) Repair(r *rand.Rand, root *Element, fault *tree.Error) {
	g.r, g.left = r, 0
	defer prune(root)
	line, rest := locate(root, fault.Path)
	at := last(line)
	if root.Schema == nil && operation(line) == 0 {
		return // the fault is outside the operation
	}
	for _, info := range fault.Info {
		if info[0] == "missing-choice" && len(rest) == 0 {
			if len(line) > operation(line)+1 && r.IntN(4) == 0 {
				g.drop(line)
				return
			}
			g.chooseCase(at, info[1])
			return
		}
	}
	switch {
	case len(rest) > 0 && rest[0].IsData():
		g.extendEmpty(at, rest)
	case fault.AppTag == "too-few-elements":
		g.add(line[len(line)-2], at.Schema)
	case isReference(at) && r.IntN(4) > 0:
		g.link(root)
	case len(line) <= operation(line)+1:
	case fault.Tag == tree.TagUnknownElement:
		line[len(line)-2].Remove(at)
	default:
		g.drop(line)
	}
}

// drop removes the last element of line, or its parent where that cannot be
// without it.
func (g *Generator) drop(line []*Element) {
	top := operation(line) + 2
	for len(line) > top && last(line).Schema != nil && (last(line).Schema.IsKey() || last(line).Schema.Mandatory) {
		line = line[:len(line)-1]
	}
	if len(line) > top && g.r.IntN(4) == 0 {
		line = line[:len(line)-1]
	}
	line[len(line)-2].Remove(last(line))
}

func isReference(e *Element) bool {
	return e.Value != nil && e.Schema != nil && e.Schema.Type != nil &&
		(e.Schema.Type.Base == schema.Leafref || e.Schema.Type.Base == schema.InstanceIdentifier)
}

// locate follows the path as far as there are elements; rest is what is left.
func locate(root *Element, path tree.Path) (line []*Element, rest []*schema.Node) {
	line = []*Element{root}
	for i, step := range path {
		k := last(line).at(step)
		if k == nil {
			for _, s := range path[i:] {
				rest = append(rest, s.Node)
			}
			return line, rest
		}
		line = append(line, k)
	}
	return line, nil
}

// at returns the child that the step leads to; nil when there is none.
func (e *Element) at(step schema.PathStep) *Element {
	for _, k := range e.Kids {
		if k.Schema == nil || operationOf(k.Schema) != step.Node {
			continue
		}
		if step.Value != nil && step.Value.String() != k.Value.Canonical {
			continue
		}
		keys, ok := k.tuple()
		if len(step.Keys) == 0 || ok && slices.EqualFunc(step.Keys, keys, func(v schema.Value, s string) bool { return v.String() == s }) {
			return k
		}
	}
	return nil
}

func (g *Generator) extendEmpty(at *Element, steps []*schema.Node) {
	for _, s := range steps {
		next := at.child(s)
		if next == nil {
			next = g.add(at, s)
		}
		if next == nil {
			return
		}
		at = next
	}
}

func (g *Generator) chooseCase(e *Element, choice string) {
	var find func(s *schema.Node) *schema.Node
	find = func(s *schema.Node) *schema.Node {
		for _, c := range s.Children {
			if c.Kind == schema.Choice && c.Name == choice {
				return c
			}
			if c.Kind == schema.Choice || c.Kind == schema.Case {
				if found := find(c); found != nil {
					return found
				}
			}
		}
		return nil
	}
	if c := find(e.Schema); c != nil {
		e.Kids = slices.DeleteFunc(e.Kids, func(k *Element) bool { return k.inside(c) })
		g.produce(e, c)
	}
}

// inside says whether e was made for a node of the choice.
func (e *Element) inside(choice *schema.Node) bool {
	for s := e.Schema; s != nil; s = s.Parent {
		if s == choice {
			return true
		}
	}
	return false
}
