package tree

import (
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/xpath"
)

// implied yields the instances of s that exist below k although none is stored.
func (c *Cursor) implied(k *Container, s *schema.Node, yield func(xpath.Node) bool) bool {
	presumed := s.Kind == schema.Container && !s.Presence
	if !presumed && len(s.Defaults) == 0 || !inUse(k, s) || !c.holds(s) {
		return true
	}
	if presumed {
		return yield(c.Down(&Container{schema: s}))
	}
	for _, v := range s.Defaults {
		if !yield(c.Down(NewLeaf(s, v))) {
			return false
		}
	}
	return true
}

// holds evaluates the conditions for an instance of s, a child or choice of c's
// node, to exist. A condition that cannot be evaluated does not hold.
func (c *Cursor) holds(s *schema.Node) bool {
	if len(s.Whens) == 0 {
		return true
	}
	// RFC 7950 section 7.21.5: a dummy stands for a node that is not there.
	at := c
	if s.IsData() {
		at = c.Down(&Container{schema: s})
	}
	for _, w := range s.Whens {
		if !at.meets(w, s.Config) {
			return false
		}
	}
	return true
}

// Holds evaluates a condition of c's node. One that cannot be evaluated, or
// depends on itself, does not hold. That of configuration sees configuration
// only (RFC 7950 section 6.4.1).
func (c *Cursor) Holds(w *schema.When) bool { return c.meets(w, c.node.Schema().Config) }

func (c *Cursor) meets(w *schema.When, config bool) bool {
	for v := c.view; v != nil; v = v.outer {
		if v.asking == w {
			return false
		}
	}
	for c != nil && c.node.Schema() != w.Context {
		c = c.parent
	}
	if c == nil {
		return false
	}
	scope := c.view.scope
	if config {
		scope = ConfigOnly
	}
	at := c.under(c.view.with(scope, w))
	ok, err := w.Expr.Bool(xpath.Context{Node: at})
	return err == nil && ok
}

// In returns the cursor of the same node that sees what is in scope.
func (c *Cursor) In(scope Scope) *Cursor {
	if c.view.scope == scope {
		return c
	}
	return c.under(c.view.with(scope, nil))
}

// under returns c in another view.
func (c *Cursor) under(v *view) *Cursor {
	at := &Cursor{node: c.node, view: v}
	if c.parent != nil {
		at.parent = c.parent.under(v)
	}
	return at
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
	return c.holds(s)
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
