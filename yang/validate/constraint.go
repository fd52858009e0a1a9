package validate

import (
	"fmt"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xpath"
)

// constraint is one rule that must hold at the instances of a node. One of the
// fields below the first says which, if any does.
type constraint struct {
	at   *schema.Node // the node that carries it
	must *schema.Must
	when *schema.When
	ref  *schema.Type // a reference that no index keeps
	// unique is a rule that no index keeps. Without any of these it is what the
	// node demands of its children.
	unique *uniqueRule
}

// evaluate asks c at one of its instances. Constraints on configuration see
// configuration only (RFC 7950 section 6.4.1).
func (r *run) evaluate(c *constraint, at *tree.Cursor) {
	if c.at.Config && (c.must != nil || c.ref != nil) {
		at = at.In(tree.ConfigOnly)
	}
	switch {
	case c.must != nil:
		r.evaluateMust(c.must, at)
	case c.when != nil:
		if !at.Holds(c.when) {
			r.report(unmet(at.Path(), c.when))
		}
	case c.ref != nil:
		r.checkReference(at, c.ref)
	case c.unique != nil:
		r.checkUnique(at, c.unique)
	case r.checks[at.Node().Schema()] != nil:
		r.checkChildren(at)
	}
}

// evaluateMust reports as RFC 7950 section 15.4 asks.
func (r *run) evaluateMust(m *schema.Must, at *tree.Cursor) {
	ok, err := m.Expr.Bool(xpath.Context{Node: at})
	if err == nil && ok {
		return
	}
	e := &tree.Error{Tag: tree.TagOperationFailed, AppTag: m.ErrorAppTag, Path: at.Path(), Message: m.ErrorMessage}
	if e.AppTag == "" {
		e.AppTag = "must-violation"
	}
	switch {
	case err != nil:
		e.Message = fmt.Sprintf("the condition %q cannot be evaluated: %v", m.Expr, err)
	case e.Message == "":
		e.Message = fmt.Sprintf("the condition %q does not hold; change what it compares", m.Expr)
	}
	r.report(e)
}
