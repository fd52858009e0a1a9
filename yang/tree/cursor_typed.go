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
	// For a leafref the value's own type is that of the leaf referred to.
	if t := leafref(l.schema.Type); t != nil {
		return c.derefLeafref(t, l.value)
	}
	if l.value.Type().Base == schema.InstanceIdentifier {
		return c.derefInstance(l)
	}
	return nil, nil
}

// leafref returns t itself, or the only leafref among a union's members.
func leafref(t *schema.Type) *schema.Type {
	switch t.Base {
	case schema.Leafref:
		return t
	case schema.Union:
		for _, m := range t.Members {
			if r := leafref(m); r != nil {
				return r
			}
		}
	}
	return nil
}

func (c *Cursor) derefLeafref(t *schema.Type, v schema.Value) ([]xpath.Node, error) {
	nodes, err := t.Path.Nodes(xpath.Context{Node: c})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(nodes, func(n xpath.Node) bool { return n.Value() != v.String() }), nil
}

func (c *Cursor) derefInstance(l *Leaf) ([]xpath.Node, error) {
	root := c
	for root.parent != nil {
		root = root.parent
	}
	path, err := schema.ParseInstancePath(schema.Lexical{Text: l.value.String(), Form: schema.Canonical, Root: root.node.Schema()})
	if err != nil {
		return nil, nil //nolint:nilerr // an identifier of nothing refers to nothing
	}
	if at := root.At(path); at != nil {
		return []xpath.Node{at}, nil
	}
	return nil, nil
}

// DerivedFrom implements xpath.Typed.
func (c *Cursor) DerivedFrom(module, identity string, orSelf bool) bool {
	l, ok := c.node.(*Leaf)
	if !ok {
		return false
	}
	id := l.value.Identity()
	if id == nil {
		return false
	}
	return orSelf && isIdentity(id, module, identity) || derives(id, module, identity)
}

func isIdentity(id *schema.Identity, module, name string) bool {
	return id.Name == name && (module == "" || id.Module.Name == module)
}

func derives(id *schema.Identity, module, name string) bool {
	for _, base := range id.Bases {
		if isIdentity(base, module, name) || derives(base, module, name) {
			return true
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
	v, ok := l.value.EnumValue()
	return int64(v), ok
}

// BitSet implements xpath.Typed.
func (c *Cursor) BitSet(name string) bool {
	l, ok := c.node.(*Leaf)
	if !ok || l.value.Type().Base != schema.Bits {
		return false
	}
	return slices.Contains(l.value.Bits(), name)
}
