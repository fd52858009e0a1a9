package tree

import (
	"cmp"
	"strings"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/xpath"
)

// Scope says which nodes a Cursor can see.
type Scope uint8

// The scopes of the accessible tree (RFC 7950 section 6.4.1).
const (
	ConfigOnly     Scope = iota // constraints on configuration
	ConfigAndState              // constraints on state, filters
)

// Cursor is a node of the accessible tree with its way up to the root, as XPath
// needs it. Besides the stored nodes it shows the default values in use and the
// non-presence containers that are always there.
type Cursor struct {
	parent *Cursor
	node   Node
	scope  Scope
}

// NewCursor returns the cursor of t's root.
func NewCursor(t *Tree, scope Scope) *Cursor { return &Cursor{node: t.root, scope: scope} }

// Node returns the data node the cursor stands on; for a default in use it is
// a node made from the schema that no tree holds.
func (c *Cursor) Node() Node { return c.node }

// Up returns the parent's cursor, nil for the root.
func (c *Cursor) Up() *Cursor { return c.parent }

// Down returns the cursor of n, a child of c's node.
func (c *Cursor) Down(n Node) *Cursor { return &Cursor{c, n, c.scope} }

// At returns the cursor of the stored node that path, relative to c,
// identifies; nil when there is none.
func (c *Cursor) At(path Path) *Cursor {
	for _, step := range path {
		k, ok := c.node.(*Container)
		if !ok {
			return nil
		}
		n := descend(k, step)
		if n == nil {
			return nil
		}
		c = c.Down(n)
	}
	return c
}

// Path returns the node's path from the root.
func (c *Cursor) Path() Path {
	var p Path
	for ; c.parent != nil; c = c.parent {
		p = append(p, entryStep(c.node.Schema(), c.node, nil))
		if s := &p[len(p)-1]; s.Node.Kind == schema.Leaf {
			s.Value = nil
		}
	}
	for i, j := 0, len(p)-1; i < j; i, j = i+1, j-1 {
		p[i], p[j] = p[j], p[i]
	}
	return p
}

// Kind implements xpath.Node.
func (c *Cursor) Kind() xpath.Kind {
	switch c.node.Schema().Kind {
	case schema.Leaf, schema.LeafList, schema.AnyData, schema.AnyXML:
		return xpath.Leaf
	case schema.Root:
		return xpath.Root
	}
	return xpath.Element
}

// Name implements xpath.Node.
func (c *Cursor) Name() (module, local string) {
	s := c.node.Schema()
	if s.Kind == schema.Root {
		return "", ""
	}
	return s.Module.Name, s.Name
}

// Namespace implements xpath.Namespaced.
func (c *Cursor) Namespace() string {
	if s := c.node.Schema(); s.Kind != schema.Root {
		return s.Module.Namespace
	}
	return ""
}

// Parent implements xpath.Node.
func (c *Cursor) Parent() xpath.Node {
	if c.parent == nil {
		return nil
	}
	return c.parent
}

// Children implements xpath.Node.
func (c *Cursor) Children(module, local string, yield func(xpath.Node) bool) {
	k, ok := c.node.(*Container)
	if !ok {
		return
	}
	if module != "" && local != "" {
		if s := k.schema.Child(module, local); s != nil {
			c.instances(k, s, yield)
		}
		return
	}
	for _, s := range k.schema.DataChildren {
		if (local == "" || s.Name == local) && (module == "" || s.Module.Name == module) && !c.instances(k, s, yield) {
			return
		}
	}
}

// instances yields the instances of s below k, stored or implied.
func (c *Cursor) instances(k *Container, s *schema.Node, yield func(xpath.Node) bool) bool {
	if !s.IsData() || c.scope == ConfigOnly && !s.Config {
		return true
	}
	switch x := k.Child(s).(type) {
	case nil:
		return c.implied(k, s, yield)
	case *List:
		for _, n := range x.nodes.All() {
			if !yield(c.Down(n)) {
				return false
			}
		}
		return true
	case *LeafList:
		for _, n := range x.nodes.All() {
			if !yield(c.Down(n)) {
				return false
			}
		}
		return true
	default:
		return yield(c.Down(x))
	}
}

func (c *Cursor) implied(k *Container, s *schema.Node, yield func(xpath.Node) bool) bool {
	switch {
	case s.Kind == schema.Container && !s.Presence:
		n := c.Down(&Container{schema: s})
		return !inUse(k, s) || !n.exists() || yield(n)
	case len(s.Defaults) > 0 && inUse(k, s):
		for _, v := range s.Defaults {
			n := c.Down(NewLeaf(s, v))
			if !n.exists() {
				return true
			}
			if !yield(n) {
				return false
			}
		}
	}
	return true
}

// exists evaluates the when conditions of an implied node. A condition that
// cannot be evaluated does not hold.
func (c *Cursor) exists() bool {
	for _, w := range c.node.Schema().Whens {
		at := c
		for at != nil && at.node.Schema() != w.Context {
			at = at.parent
		}
		if at == nil {
			return false
		}
		if ok, err := w.Expr.Bool(xpath.Context{Node: at}); err != nil || !ok {
			return false
		}
	}
	return true
}

// inUse says whether the default of s applies below c as far as choices go: its
// case is the one chosen, or none is and it is the default (RFC 7950 section 7.6.1).
func inUse(c *Container, s *schema.Node) bool {
	for x := s.Parent; x != nil && x != c.schema; x = x.Parent {
		if x.Kind != schema.Case {
			continue
		}
		if chosen := ChosenCase(c, x.Parent); chosen != x && (chosen != nil || x.Parent.DefaultCase != x) {
			return false
		}
	}
	return true
}

// Admits says whether an instance of s, a child or choice of c's node, may be
// demanded here: its when conditions hold, and of the choices it stands in, its
// cases are the chosen ones (RFC 7950 sections 7.6.5 and 7.9.4).
func (c *Cursor) Admits(s *schema.Node) bool {
	k, ok := c.node.(*Container)
	if !ok {
		return false
	}
	for x := s.Parent; x != nil && x != k.schema; x = x.Parent {
		if x.Kind == schema.Case && ChosenCase(k, x.Parent) != x {
			return false
		}
	}
	return !s.IsData() || c.Down(&Container{schema: s}).exists()
}

// ChosenCase returns the case of the choice that has nodes in c, or nil.
func ChosenCase(c *Container, choice *schema.Node) *schema.Node {
	for _, k := range c.kids {
		for x := k.Schema().Parent; x != nil && x != c.schema; x = x.Parent {
			if x.Kind == schema.Case && x.Parent == choice {
				return x
			}
		}
	}
	return nil
}

// Lookup implements xpath.Node.
func (c *Cursor) Lookup(module, local string, keys map[string]string) (xpath.Node, bool) {
	k, ok := c.node.(*Container)
	if !ok {
		return nil, false
	}
	s := k.schema.Child(module, local)
	if s == nil || module == "" && ambiguous(k.schema, local) || c.scope == ConfigOnly && !s.Config {
		return nil, false
	}
	values, ok := lookupKeys(s, keys)
	if !ok {
		return nil, false
	}
	var n Node
	switch x := k.Child(s).(type) {
	case *List:
		n = x.lookup(s, encodeKeys(values))
	case *LeafList:
		n = x.lookup(s, encodeKeys(values))
	}
	if n == nil {
		return nil, true
	}
	return c.Down(n), true
}

func ambiguous(s *schema.Node, local string) bool {
	n := 0
	for _, k := range s.DataChildren {
		if k.Name == local {
			n++
		}
	}
	return n > 1
}

// lookupKeys parses canonical key texts; ok is false unless they are exactly the
// keys and all of them can be values.
func lookupKeys(s *schema.Node, keys map[string]string) ([]schema.Value, bool) {
	if keyless(s) {
		return nil, false
	}
	nodes := s.Keys
	if s.Kind == schema.LeafList {
		if text, ok := keys["."]; ok && len(keys) == 1 {
			return parseKeys([]*schema.Node{s}, []string{text})
		}
		return nil, false
	}
	if len(nodes) != len(keys) {
		return nil, false
	}
	texts := make([]string, len(nodes))
	for i, n := range nodes {
		text, ok := keys[n.Name]
		if !ok {
			return nil, false
		}
		texts[i] = text
	}
	return parseKeys(nodes, texts)
}

func parseKeys(nodes []*schema.Node, texts []string) ([]schema.Value, bool) {
	values := make([]schema.Value, len(nodes))
	for i, n := range nodes {
		v, err := n.Type.Parse(schema.Lexical{Text: texts[i], Form: schema.Canonical, Module: n.Module})
		if err != nil || v.String() != texts[i] {
			return nil, false // compared as strings, so not an index question
		}
		values[i] = v
	}
	return values, true
}

// Value implements xpath.Node.
func (c *Cursor) Value() string {
	switch x := c.node.(type) {
	case *Leaf:
		return x.value.String()
	case *Any:
		return x.xml
	}
	var b strings.Builder
	c.Children("", "", func(n xpath.Node) bool {
		b.WriteString(n.Value())
		return true
	})
	return b.String()
}

// Same implements xpath.Node.
func (c *Cursor) Same(other xpath.Node) bool {
	o, ok := other.(*Cursor)
	return ok && (c == o || c.node == o.node || c.Compare(other) == 0)
}

// Compare implements xpath.Node.
func (c *Cursor) Compare(other xpath.Node) int {
	o := other.(*Cursor)
	a, b := c, o
	da, db := c.depth(), o.depth()
	for i := da; i > db; i-- {
		a = a.parent
	}
	for i := db; i > da; i-- {
		b = b.parent
	}
	if r := compareLevel(a, b); r != 0 {
		return r
	}
	return cmp.Compare(da, db)
}

func (c *Cursor) depth() int {
	n := 0
	for ; c.parent != nil; c = c.parent {
		n++
	}
	return n
}

// compareLevel orders two cursors of equal depth.
func compareLevel(a, b *Cursor) int {
	if a == b || a.parent == nil {
		return 0
	}
	if r := compareLevel(a.parent, b.parent); r != 0 {
		return r
	}
	x, y := a.node.Schema(), b.node.Schema()
	if x != y {
		return cmp.Compare(x.Index, y.Index)
	}
	if x.Kind != schema.List && x.Kind != schema.LeafList {
		return 0
	}
	k, ok := a.parent.node.(*Container)
	if !ok {
		return 0
	}
	es := entriesOf(k.Child(x))
	return cmp.Compare(es.position(x, a.node), es.position(x, b.node))
}

// position returns a string that sorts as the entry stands.
func (e *entries) position(s *schema.Node, n Node) string {
	switch {
	case userOrdered(s):
		label, _ := e.labels.Get(entryKey(n))
		return label
	case keyless(s):
		for at, m := range e.nodes.All() {
			if m == n {
				return at
			}
		}
	}
	return entryKey(n)
}
