package validate

import (
	"fmt"
	"slices"

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

// affection is a constraint that a change of some node can affect: at the
// instances below the changed node's instance of anchor that steps lead to.
type affection struct {
	*constraint
	anchor *schema.Node
	depth  int
	steps  []*schema.Node
}

func newAffection(c *constraint, anchor *schema.Node) affection {
	return affection{c, anchor, depth(anchor), chain(anchor, c.at)}
}

type constraintPlan struct {
	// on has what a change of a schema node's value affects, above what its
	// coming or going affects beyond the constraints at or below it, own the
	// constraints that are carried at or below it.
	on, above, own map[*schema.Node][]affection
	// anything are the constraints whose dependencies cannot be known.
	anything []affection
}

func newConstraintPlan() *constraintPlan {
	return &constraintPlan{
		on: map[*schema.Node][]affection{}, above: map[*schema.Node][]affection{}, own: map[*schema.Node][]affection{},
	}
}

// add appends what is not in the list yet.
func add(to map[*schema.Node][]affection, n *schema.Node, a affection) {
	if !has(to[n], a) {
		to[n] = append(to[n], a)
	}
}

func has(list []affection, a affection) bool {
	return slices.ContainsFunc(list, func(b affection) bool { return b.constraint == a.constraint && b.anchor == a.anchor })
}

// evaluation is a constraint that was evaluated below one node.
type evaluation struct {
	*constraint
	below nodeID
}

// affected evaluates what a changed value affects.
func (r *run) affected(path tree.Path) {
	for _, a := range r.constraints.on[path.Schema()] {
		r.evaluateFrom(a, path[:min(a.depth, len(path))])
	}
	r.affectedByAnything()
}

// affectedBelow evaluates what the coming or going of a node affects: the
// constraints that it carries itself, here or where it is implied now, and
// those elsewhere that look at it. at is nil for a node that went.
func (r *run) affectedBelow(path tree.Path, at *tree.Cursor) {
	s := path.Schema()
	for _, a := range r.constraints.own[s] {
		if at != nil {
			r.evaluateAt(a, at, path)
			continue
		}
		r.evaluateFrom(a, path)
	}
	for _, a := range r.constraints.above[s] {
		r.evaluateFrom(a, path[:min(a.depth, len(path))])
	}
	r.affectedByAnything()
}

func (r *run) affectedByAnything() {
	for _, a := range r.constraints.anything {
		r.evaluateFrom(a, nil)
	}
}

// evaluateFrom evaluates a below the instance of its anchor at path. Where that
// is gone, it may be implied: the nearest node that is stored knows.
func (r *run) evaluateFrom(a affection, path tree.Path) {
	at := r.cursor.At(path)
	for at == nil {
		s := path.Schema()
		if s.Kind != schema.Container && s.Kind != schema.Leaf && s.Kind != schema.LeafList || s.Presence {
			return
		}
		path = path[:len(path)-1]
		at = r.cursor.At(path)
		a = newAffection(a.constraint, s.DataParent)
	}
	r.evaluateAt(a, at, path)
}

func (r *run) evaluateAt(a affection, at *tree.Cursor, path tree.Path) {
	key := evaluation{a.constraint, idOf(path)}
	if r.evals[key] {
		return
	}
	r.evals[key] = true
	r.each(at, a.steps, func(c *tree.Cursor) { r.evaluate(a.constraint, c) })
}

func (r *run) evaluate(c *constraint, at *tree.Cursor) {
	switch {
	case c.must != nil:
		r.evaluateMust(c.must, at)
	case c.when != nil:
		r.evaluateWhen(c.when, at)
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
		e.Message = fmt.Sprintf("the condition %q does not hold", m.Expr)
	}
	r.report(e)
}

// evaluateWhen reports as RFC 7950 section 8.3.1 asks.
func (r *run) evaluateWhen(w *schema.When, at *tree.Cursor) {
	ctx := at
	for ctx != nil && ctx.Node().Schema() != w.Context {
		ctx = ctx.Up()
	}
	if ctx == nil {
		return
	}
	if ok, err := w.Expr.Bool(xpath.Context{Node: ctx}); err == nil && ok {
		return
	}
	r.report(&tree.Error{
		Tag: tree.TagUnknownElement, Path: at.Path(),
		Message: fmt.Sprintf("%s exists only when %q holds", at.Node().Schema().Name, w.Expr),
		Info:    [][2]string{{"bad-element", at.Node().Schema().Name}},
	})
}
