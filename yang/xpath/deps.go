package xpath

import (
	"slices"
	"strings"
)

// Dep is a location path that an expression can touch.
type Dep struct {
	Absolute bool // from the root; else from the context node
	Deref    bool // a step has axis Deref
	Current  bool // from what current() returns
	Value    bool // what it leads to is read, not only found or named
	Steps    []DepStep
}

// DepStep is one step of a Dep. An empty name matches anything. The step of
// axis Deref goes to where the leaf before it refers to, and has no name.
type DepStep struct {
	Axis          Axis
	Module, Local string
}

// String returns the path in XPath's manner, with module names as prefixes.
func (d Dep) String() string {
	var b strings.Builder
	for i, s := range d.Steps {
		if i > 0 || d.Absolute {
			b.WriteByte('/')
		}
		b.WriteString(s.String())
	}
	if len(d.Steps) > 0 {
		return b.String()
	}
	if d.Absolute {
		return "/"
	}
	return "."
}

func (s DepStep) String() string {
	name := s.Module + ":" + s.Local
	if s.Local == "" {
		name = s.Module + ":*"
	}
	name = strings.TrimPrefix(name, ":")
	if s.Axis == Child {
		return name
	}
	return s.Axis.String() + "::" + name
}

// depBudget bounds the steps that the analysis may produce.
const depBudget = 1 << 17

// Deps returns every path that the expression can touch, each once. A path
// stands for all nodes along it, and for what is below its end where the value
// of an interior node is used. Paths in predicates continue the path they
// filter; current() starts at the context node again. An expression with too
// many paths to list gives the one that covers everything,
// /descendant-or-self::*.
func (e *Expr) Deps() []Dep {
	d := deps{budget: depBudget, index: map[depKey]int{}}
	d.expr(e.root, []*trail{contextTrail})
	if d.budget < 0 {
		return []Dep{{Absolute: true, Value: true, Steps: []DepStep{{Axis: DescendantOrSelf}}}}
	}
	return d.list
}

// trail is a path under construction, linked from its end; those that continue
// it share it.
type trail struct {
	up   *trail
	step DepStep
}

// The ends of every trail.
var (
	contextTrail = &trail{}
	currentTrail = &trail{}
	rootTrail    = &trail{}
)

func (t *trail) dep() Dep {
	var d Dep
	for ; t.up != nil; t = t.up {
		d.Steps = append(d.Steps, t.step)
		d.Deref = d.Deref || t.step.Axis == Deref
	}
	d.Absolute, d.Current = t == rootTrail, t == currentTrail
	slices.Reverse(d.Steps)
	return d
}

type depKey struct {
	path    string
	current bool
}

func (d Dep) key() depKey { return depKey{d.String(), d.Current} }

// deps collects paths until the budget is spent.
type deps struct {
	budget int
	index  map[depKey]int // of list
	list   []Dep
}

// expr records what e touches if its context node is where the trails lead,
// and returns where a node-set leads in turn.
func (d *deps) expr(e expr, at []*trail) []*trail {
	if d.budget < 0 {
		return nil
	}
	set, ok := e.(nodeExpr)
	if !ok {
		d.scalar(e, at)
		return nil
	}
	ends := d.set(set, at)
	for _, t := range ends {
		d.record(t)
	}
	return ends
}

func (d *deps) scalar(e expr, at []*trail) {
	switch e := e.(type) {
	case *logical:
		d.all(e.args, at)
	case *comparison:
		d.values([]expr{e.left, e.right}, at)
	case *arithmetic:
		d.values([]expr{e.left, e.right}, at)
	case *negation:
		d.values([]expr{e.arg}, at)
	case *scalarCall:
		d.scalarCall(e, at)
	}
}

func (d *deps) scalarCall(c *scalarCall, at []*trail) {
	if valueless[c.fn.name] {
		d.all(c.args, at)
	} else {
		d.values(c.args, at)
	}
	if c.fn.implicit && len(c.args) == 0 {
		d.recordAll(at)
		if !valueless[c.fn.name] {
			d.markValues(at)
		}
	}
}

// valueless are the functions that do not read the values of the nodes they are given.
var valueless = map[string]bool{
	"boolean": true, "not": true, "count": true, "local-name": true, "namespace-uri": true, "name": true,
}

// values is all for what reads the values of nodes.
func (d *deps) values(args []expr, at []*trail) {
	for _, a := range args {
		d.markValues(d.expr(a, at))
	}
}

// markValues notes that the values of recorded paths are read.
func (d *deps) markValues(trails []*trail) {
	for _, t := range d.afford(trails) {
		if i, ok := d.index[t.dep().key()]; ok {
			d.list[i].Value = true
		}
	}
}

func (d *deps) all(args []expr, at []*trail) {
	for _, a := range args {
		d.expr(a, at)
	}
}

// set returns where a node-set leads, without recording that.
func (d *deps) set(e nodeExpr, at []*trail) []*trail {
	switch e := e.(type) {
	case *path:
		return d.path(e, at)
	case *filter:
		ends := d.set(e.primary, at)
		d.predicates(e.preds, ends)
		return ends
	case *union:
		var ends []*trail
		for _, a := range e.args {
			ends = append(ends, d.set(a, at)...)
		}
		return d.afford(ends)
	case *nodeCall:
		return d.call(e, at)
	}
	return nil
}

func (d *deps) call(c *nodeCall, at []*trail) []*trail {
	switch c.fn.name {
	case "current":
		return []*trail{currentTrail}
	case "deref":
		return d.extend(d.expr(c.args[0], at), DepStep{Axis: Deref})
	}
	d.all(c.args, at)
	return nil
}

func (d *deps) path(p *path, at []*trail) []*trail {
	switch {
	case p.start != nil:
		at = d.set(p.start, at)
	case p.absolute:
		at = []*trail{rootTrail}
	}
	for i := range p.plan {
		s := &p.plan[i]
		at = d.step(s, at)
		d.predicates(s.preds, at)
	}
	return at
}

// step extends the trails; a leaf's text is the leaf.
func (d *deps) step(s *step, at []*trail) []*trail {
	switch {
	case s.axis == Attribute, s.axis == Namespace, s.test.kind == testComment, s.test.kind == testInstruction:
		return nil
	case s.axis == Self && s.test.kind != testName, s.axis == Child && s.test.kind == testText:
		return at
	}
	return d.extend(at, DepStep{Axis: s.axis, Module: s.test.module, Local: s.test.local})
}

func (d *deps) extend(at []*trail, s DepStep) []*trail {
	at = d.afford(at)
	ends := make([]*trail, len(at))
	for i, t := range at {
		ends[i] = &trail{up: t, step: s}
	}
	return ends
}

// afford charges for trails, and returns none once the budget is spent.
func (d *deps) afford(trails []*trail) []*trail {
	if d.budget -= len(trails); d.budget < 0 {
		return nil
	}
	return trails
}

func (d *deps) predicates(preds []predicate, at []*trail) {
	for i := range preds {
		d.expr(preds[i].e, at)
	}
}

func (d *deps) recordAll(at []*trail) {
	for _, t := range at {
		d.record(t)
	}
}

func (d *deps) record(t *trail) {
	if d.budget < 0 {
		return
	}
	dep := t.dep()
	d.budget -= len(dep.Steps) + 1
	if _, ok := d.index[dep.key()]; !ok {
		d.index[dep.key()] = len(d.list)
		d.list = append(d.list, dep)
	}
}
