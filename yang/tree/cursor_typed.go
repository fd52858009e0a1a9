package tree

import (
	"slices"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/xpath"
)

// Deref implements xpath.Typed.
func (c *Cursor) Deref() ([]xpath.Node, error) {
	l, ok := c.node.(*Leaf)
	if !ok {
		return nil, nil
	}
	return c.deref(l.schema.Type, l.Value())
}

// deref returns what v refers to as a value of type t. The value's own type says
// which member of a union it is, or for a leafref what the leaf referred to is.
func (c *Cursor) deref(t *schema.Type, v schema.Value) ([]xpath.Node, error) {
	switch t.Base {
	case schema.Leafref:
		return c.derefLeafref(t, v)
	case schema.InstanceIdentifier:
		return c.derefInstance(v), nil
	case schema.Union:
		return c.derefUnion(t, v)
	}
	return nil, nil
}

// derefUnion tries the member that the value was read by and, when that is a
// reference to nothing, the references behind it (RFC 7950 section 9.12).
func (c *Cursor) derefUnion(t *schema.Type, v schema.Value) ([]xpath.Node, error) {
	by := slices.IndexFunc(t.Members, func(m *schema.Type) bool { return made(m, v) })
	if by < 0 || !refers(t.Members[by]) {
		return nil, nil
	}
	for _, m := range t.Members[by:] {
		if nodes, err := c.deref(m, v); err != nil || len(nodes) > 0 {
			return nodes, err
		}
	}
	return nil, nil
}

// Dangles says whether c is a leaf whose value has to refer to an instance and
// refers to none (RFC 7950 sections 9.9.3 and 9.13.2). The value of a union
// does when no member takes it in another way (section 9.12).
func (c *Cursor) Dangles() bool {
	l, ok := c.node.(*Leaf)
	return ok && c.dangles(l.schema.Type, l.Value())
}

func (c *Cursor) dangles(t *schema.Type, v schema.Value) bool {
	switch t.Base {
	case schema.Union:
		by := slices.IndexFunc(t.Members, func(m *schema.Type) bool { return made(m, v) })
		return by >= 0 && !slices.ContainsFunc(t.Members[by:], func(m *schema.Type) bool { return c.takes(m, v) && !c.dangles(m, v) })
	case schema.Leafref, schema.InstanceIdentifier:
		nodes, err := c.deref(t, v)
		return t.RequireInstance && (err != nil || len(nodes) == 0)
	}
	return false
}

// takes says whether v, made by this type or another, reads as a value of type t.
func (c *Cursor) takes(t *schema.Type, v schema.Value) bool {
	_, err := t.Parse(schema.Lexical{Text: v.String(), Form: schema.Canonical, Module: c.node.Schema().Module, Root: c.root().node.Schema()})
	return err == nil
}

func (c *Cursor) root() *Cursor {
	for c.parent != nil {
		c = c.parent
	}
	return c
}

func refers(t *schema.Type) bool {
	return t.Base == schema.Leafref || t.Base == schema.InstanceIdentifier || t.Base == schema.Union
}

// made says whether v is a value of type t, or of one of t's members.
func made(t *schema.Type, v schema.Value) bool {
	if t = actual(t); t.Base == schema.Union {
		return slices.ContainsFunc(t.Members, func(m *schema.Type) bool { return made(m, v) })
	}
	return v.Type() == t
}

// actual returns the type of the leaf that a leafref refers to, at last.
func actual(t *schema.Type) *schema.Type {
	for t.Base == schema.Leafref && t.Target != nil {
		t = t.Target.Type
	}
	return t
}

func (c *Cursor) derefLeafref(t *schema.Type, v schema.Value) ([]xpath.Node, error) {
	return t.Path.Seek(xpath.Context{Node: c}, v.String())
}

func (c *Cursor) derefInstance(v schema.Value) []xpath.Node {
	root := c.root()
	path, err := schema.ParseInstancePath(schema.Lexical{Text: v.String(), Form: schema.Canonical, Root: root.node.Schema()})
	if err != nil {
		return nil // an identifier of nothing refers to nothing
	}
	if at := root.Reach(path); at != nil {
		return []xpath.Node{at}
	}
	return nil
}

// DerivedFrom implements xpath.Typed.
func (c *Cursor) DerivedFrom(module, identity string, orSelf bool) bool {
	l, ok := c.node.(*Leaf)
	if !ok {
		return false
	}
	id := l.Value().Identity()
	if id == nil {
		return false
	}
	return orSelf && isIdentity(id, module, identity) || derives(id, module, identity)
}

func isIdentity(id *schema.Identity, module, name string) bool {
	return id.Name == name && (module == "" || id.Module.Name == module)
}

// derives says whether an identity of that name is among the bases of id, or
// theirs.
func derives(id *schema.Identity, module, name string) bool {
	above := slices.Clone(id.Bases)
	for i := 0; i < len(above); i++ {
		if isIdentity(above[i], module, name) {
			return true
		}
		for _, base := range above[i].Bases {
			if !slices.Contains(above, base) {
				above = append(above, base)
			}
		}
	}
	return false
}

// EnumValue implements xpath.Typed.
func (c *Cursor) EnumValue() (int64, bool) {
	l, ok := c.node.(*Leaf)
	if !ok {
		return 0, false
	}
	v, ok := l.Value().EnumValue()
	return int64(v), ok
}

// BitSet implements xpath.Typed.
func (c *Cursor) BitSet(name string) bool {
	l, ok := c.node.(*Leaf)
	if !ok || l.Value().Type().Base != schema.Bits {
		return false
	}
	return slices.Contains(l.Value().Bits(), name)
}
