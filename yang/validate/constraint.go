package validate

import (
	"fmt"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xpath"
)

// constraint is one expression that must hold at the instances of a node.
type constraint struct {
	at    *schema.Node // the node that carries it
	must  *schema.Must
	when  *schema.When
	ref   *schema.Type // a leafref whose path has predicates
	order int
}

// dependent is a constraint that a change of some node can affect: at the
// instances below the changed node's instance of anchor.
type dependent struct {
	*constraint
	anchor *schema.Node
	depth  int
}

type constraintPlan struct {
	all []*constraint
	// on has the dependents of each schema node, onBelow those of it and
	// everything below it, own the constraints carried at or below it.
	on, onBelow map[*schema.Node][]dependent
	own         map[*schema.Node][]*constraint
	// anything are the constraints whose dependencies cannot be known.
	anything []dependent
}

func newConstraintPlan() *constraintPlan {
	return &constraintPlan{
		on: map[*schema.Node][]dependent{}, onBelow: map[*schema.Node][]dependent{},
		own: map[*schema.Node][]*constraint{},
	}
}

func (v *Validator) planConstraints(root *schema.Node) {
	walk(root, func(n *schema.Node) {
		for _, m := range n.Musts {
			v.addConstraint(&constraint{at: n, must: m}, n, m.Expr)
		}
		for _, w := range n.Whens {
			v.addConstraint(&constraint{at: n, when: w}, w.Context, w.Expr)
		}
		if t := n.Type; t != nil && t.Base == schema.Leafref && t.RequireInstance && !simplePath(t) {
			v.addConstraint(&constraint{at: n, ref: t}, n, t.Path)
		}
	})
}

// addConstraint registers c, whose expression is evaluated at context.
func (v *Validator) addConstraint(c *constraint, context *schema.Node, expr *xpath.Expr) {
	p := v.constraints
	c.order = len(p.all)
	p.all = append(p.all, c)
	for n := c.at; n != nil; n = n.DataParent {
		p.own[n] = append(p.own[n], c)
	}
	for _, d := range expr.Deps() {
		v.addDep(c, context, d)
	}
}

func (v *Validator) addDep(c *constraint, context *schema.Node, d xpath.Dep) {
	p := v.constraints
	reached, anchor, ok := resolveDep(v.set, context, d)
	if !ok {
		p.anything = append(p.anything, dependent{c, v.set.Root, 0})
		return
	}
	dep := dependent{c, commonAnchor(anchor, c.at), 0}
	dep.depth = depth(dep.anchor)
	for n := range reached {
		p.on[n] = append(p.on[n], dep)
		for up := n; up != nil; up = up.DataParent {
			p.onBelow[up] = append(p.onBelow[up], dep)
		}
	}
}

// commonAnchor returns the nearest node that is anchor or above and has n at or below it.
func commonAnchor(anchor, n *schema.Node) *schema.Node {
	for ; anchor.Kind != schema.Root; anchor = anchor.DataParent {
		for x := n; x != nil; x = x.DataParent {
			if x == anchor {
				return anchor
			}
		}
	}
	return anchor
}

// evaluation is a constraint to be evaluated below one instance of an anchor.
type evaluation struct {
	*constraint
	anchor string
}

// dependents notes the constraints that the change at path can have affected.
func (r *run) dependents(path tree.Path, c tree.Change) {
	p, s := r.constraints, path.Schema()
	deps := p.on[s]
	if c.Old == nil || c.New == nil {
		deps = p.onBelow[s]
	}
	for _, d := range deps {
		r.enqueue(d.constraint, d.anchor, path[:min(d.depth, len(path))])
	}
	for _, d := range p.anything {
		r.enqueue(d.constraint, d.anchor, nil)
	}
	// A new node has to satisfy what it and its children carry; so has one that
	// is now implied where it was stored.
	if c.Old == nil || c.New == nil {
		r.enqueueBelow(s, path)
		return
	}
	for _, own := range p.own[s] {
		r.enqueue(own, s, path)
	}
}

// enqueueBelow notes all constraints carried at or below s for the instance at path.
func (r *run) enqueueBelow(s *schema.Node, path tree.Path) {
	for _, c := range r.constraints.own[s] {
		r.enqueue(c, s, path)
	}
}

// enqueue notes c for the instances of c.at below the instance of anchor at path.
func (r *run) enqueue(c *constraint, anchor *schema.Node, path tree.Path) {
	if len(path) > 0 && path.Schema() != anchor {
		anchor = path.Schema()
	}
	key := evaluation{c, nodeKey(path)}
	if _, ok := r.evals[key]; ok {
		return
	}
	at := r.cursor.At(path)
	if at == nil && len(path) > 0 && anchor.Kind == schema.Container && !anchor.Presence {
		// It is implied now: evaluate from the nearest node that is stored.
		r.enqueue(c, anchor.DataParent, path[:len(path)-1])
		return
	}
	r.evals[key] = at
}

func (r *run) settleEvaluations() {
	for e, at := range r.evals {
		if at == nil {
			continue
		}
		r.each(at, chain(at.Node().Schema(), e.at), func(c *tree.Cursor) { r.evaluate(e.constraint, c) })
	}
}

func (r *run) evaluate(c *constraint, at *tree.Cursor) {
	switch {
	case c.must != nil:
		r.evaluateMust(c.must, at)
	case c.when != nil:
		r.evaluateWhen(c.when, at)
	default:
		r.checkReference(at, &refGroup{target: c.ref.Target})
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
