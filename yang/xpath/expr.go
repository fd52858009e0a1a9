package xpath

import (
	"errors"
	"fmt"
	"slices"
)

// Expr is a compiled expression. It is immutable and safe for concurrent use.
type Expr struct {
	root expr
	text string
	// sought is root for Seek: it selects those of root's nodes whose value is
	// the one sought; nil when root is of a form that Seek does not know.
	sought nodeExpr
}

// Context is where an expression is evaluated.
type Context struct {
	Node    Node // the context node
	Current Node // what current() returns; Node if nil
	Root    Node // where absolute paths start; the topmost ancestor of Node if nil

	// MaxVisits bounds the nodes that one evaluation may visit, so that an
	// expression from the network can't keep the evaluator busy for ever. Zero
	// means no bound.
	MaxVisits int
}

// String returns the expression in a normal form that compiles to the same
// expression again.
func (e *Expr) String() string { return e.text }

// Bool evaluates the expression as boolean() does. Errors: those of
// Typed.Deref, of a re-match pattern or identity prefix that is computed from
// data, and ErrTooManyVisits.
func (e *Expr) Bool(ctx Context) (bool, error) {
	return evaluate(e, ctx, evalBool)
}

// StringValue evaluates the expression as string() does; errors as Bool.
func (e *Expr) StringValue(ctx Context) (string, error) {
	return evaluate(e, ctx, evalText)
}

// NumberValue evaluates the expression as number() does; errors as Bool.
func (e *Expr) NumberValue(ctx Context) (float64, error) {
	return evaluate(e, ctx, evalNumber)
}

// Nodes returns the selected nodes in document order, each once. Those of Kind
// Text belong to this package: an implementation of Node must not be asked to
// compare them. Errors: ErrNotNodeSet, and as Bool.
func (e *Expr) Nodes(ctx Context) ([]Node, error) {
	set, ok := e.root.(nodeExpr)
	if !ok {
		return nil, fmt.Errorf("evaluate XPath %q: %w", e.text, ErrNotNodeSet)
	}
	return evaluate(e, ctx, func(_ expr, f *focus) []Node { return sortedNodes(set, f) })
}

// Seeks says whether Seek has a better way than Nodes: the expression is a path
// that ends in a name and has no predicates that count.
func (e *Expr) Seeks() bool { return e.sought != nil }

// Seek returns those of the selected nodes whose value is the one given. Where
// the expression is a path that ends at a key or a leaf-list, it asks
// Node.Lookup instead of visiting all that the path selects. Errors as Nodes.
func (e *Expr) Seek(ctx Context, value string) ([]Node, error) {
	if e.sought == nil {
		nodes, err := e.Nodes(ctx)
		return slices.DeleteFunc(nodes, func(n Node) bool { return n.Value() != value }), err
	}
	return evaluate(e, ctx, func(_ expr, f *focus) []Node {
		f.run.sought = value
		return sortedNodes(e.sought, f)
	})
}

func evaluate[T any](e *Expr, ctx Context, eval func(expr, *focus) T) (T, error) {
	var zero T
	if ctx.Node == nil {
		return zero, fmt.Errorf("evaluate XPath %q: %w", e.text, errors.New("no context node"))
	}
	r := &run{current: ctx.Current, root: ctx.Root, limit: ctx.MaxVisits}
	if r.current == nil {
		r.current = ctx.Node
	}
	v := eval(e.root, &focus{node: ctx.Node, pos: 1, size: 1, run: r})
	if r.err != nil {
		return zero, fmt.Errorf("evaluate XPath %q: %w", e.text, r.err)
	}
	return v, nil
}
