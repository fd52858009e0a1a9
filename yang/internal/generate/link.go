package generate

import (
	"slices"
	"strings"

	"github.com/optical-net/waveguard/yang/schema"
)

// link makes references refer: to what is there, or to what it adds.
func (g *Generator) link(root *Element) {
	root.walk(func(line []*Element) {
		e := line[len(line)-1]
		if e.Schema == nil || e.Schema.Type == nil || e.Value == nil {
			return
		}
		switch {
		case e.Schema.Type.Base == schema.Leafref && e.Schema.Type.RequireInstance:
			g.linkLeafref(line)
		case e.Value.Type.Base == schema.InstanceIdentifier:
			g.linkInstance(root, e)
		}
	})
}

// linkLeafref gives the leaf a value of its target, or the target its value.
func (g *Generator) linkLeafref(line []*Element) {
	e, target := last(line), last(line).Schema.Type.Target
	if target == nil || target.Type == nil {
		return
	}
	depth := meeting(line, target)
	if deps := e.Schema.Type.Path.Deps(); len(deps) > 0 && deps[0].Absolute && g.r.IntN(2) == 0 && operation(line) == 0 {
		depth = 0
	}
	in := line[depth]
	if depth < operation(line) {
		in = g.data
	}
	var found []*Element
	in.walk(func(at []*Element) {
		if t := at[len(at)-1]; t.Schema == target && t != e && t.Value != nil {
			found = append(found, t)
		}
	})
	if len(found) > 0 {
		e.Value = pick(g.r, found).Value
		return
	}
	if in == line[depth] {
		g.extend(line[:depth+1], target, e.Value)
	}
}

func last(line []*Element) *Element { return line[len(line)-1] }

// meeting returns the position in line of the deepest element that an instance
// of target can stand below.
func meeting(line []*Element, target *schema.Node) int {
	for i := len(line) - 2; i > 0; i-- {
		for s := target; s != nil; s = s.DataParent {
			if s == line[i].Schema {
				return i
			}
		}
	}
	return 0
}

// extend adds an instance of target with that value, and its ancestors, below
// the last element of line.
func (g *Generator) extend(line []*Element, target *schema.Node, v *Value) {
	at := last(line)
	var steps []*schema.Node
	for s := target; s != at.Schema && s != nil; s = s.DataParent {
		steps = append(steps, s)
	}
	slices.Reverse(steps)
	for _, s := range steps {
		next := at.child(s)
		if next == nil || s.Kind == schema.List {
			if next = g.add(at, s); next == nil {
				return
			}
		}
		at = next
	}
	at.Value = v
}

// anyInstance is what an instance-identifier holds until it is linked: some leaf
// that need not be there.
func (g *Generator) anyInstance(t *schema.Type) (*Value, bool) {
	line := []*Element{{Schema: g.set.Root}}
	for {
		next := slices.IndexFunc(last(line).Schema.DataChildren, func(s *schema.Node) bool {
			return s.Config && (s.Kind == schema.Container || s.Kind == schema.Leaf && !s.IsKey())
		})
		if next < 0 {
			return nil, false
		}
		line = append(line, newElement(last(line).Schema.DataChildren[next]))
		if last(line).Schema.Kind == schema.Leaf {
			return instanceValue(t, line[1:]), true
		}
	}
}

// linkInstance has the leaf name one of the elements of the document.
func (g *Generator) linkInstance(root, e *Element) {
	if root.subject().isOperation() {
		root = g.data
	}
	var found []*Value
	root.walk(func(line []*Element) {
		if t := last(line); t.Schema == nil || t.Schema.Kind == schema.Container && !t.Schema.Presence {
			return // it may exist without being there
		}
		if v := instanceValue(e.Value.Type, line[1:]); v != nil && (len(found) == 0 || g.r.IntN(8) == 0) {
			found = append(found, v)
		}
	})
	slices.Reverse(found)
	for _, v := range found {
		if g.accept(e.Schema, e.Schema.Type, v) {
			e.Value = v
			return
		}
	}
}

// instanceValue returns the instance-identifier of the last element of line
// (RFC 7950 section 9.13, RFC 7951 section 6.11); nil where none can be written.
func instanceValue(t *schema.Type, line []*Element) *Value {
	v := &Value{Type: t}
	var inXML, inJSON strings.Builder
	module := ""
	for _, e := range line {
		if e.Schema == nil || e.Schema.Kind == schema.List && len(e.Schema.Keys) == 0 {
			return nil
		}
		inXML.WriteString("/" + e.Module + ":" + e.Name)
		inJSON.WriteByte('/')
		if e.Module != module {
			module = e.Module
			inJSON.WriteString(module + ":")
		}
		inJSON.WriteString(e.Name)
		v.uses(module)
		for _, p := range predicates(e) {
			if p.value == nil || strings.Contains(p.value.Canonical, "'") {
				return nil
			}
			name := p.name
			if name != "." {
				name = e.Module + ":" + name
			}
			inXML.WriteString("[" + name + "='" + p.value.XML + "']")
			inJSON.WriteString("[" + p.name + "='" + p.value.Canonical + "']")
			v.uses(p.value.Modules...)
		}
	}
	v.XML, v.JSON = inXML.String(), quote(inJSON.String())
	return v
}

func (v *Value) uses(modules ...string) {
	for _, m := range modules {
		if !slices.Contains(v.Modules, m) {
			v.Modules = append(v.Modules, m)
		}
	}
}

type keyPredicate struct {
	name  string
	value *Value
}

// predicates returns what tells e from its siblings.
func predicates(e *Element) (out []keyPredicate) {
	if e.Schema.Kind == schema.LeafList {
		return []keyPredicate{{".", e.Value}}
	}
	for _, s := range e.Schema.Keys {
		p := keyPredicate{name: s.Name}
		if k := e.child(s); k != nil {
			p.value = k.Value
		}
		out = append(out, p)
	}
	return out
}
