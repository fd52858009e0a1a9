package xpath

// path is a location path: steps from the context node, from the root, or from
// the nodes of another expression.
type path struct {
	start    nodeExpr // nil unless the path starts with a primary expression
	absolute bool
	steps    []step // as written
	plan     []step // as evaluated
	legs     []leg  // plan, cut where repeated nodes must be dropped
	result   order
}

// leg is a run of steps that are evaluated depth first, without an
// intermediate set.
type leg struct{ steps []step }

// newPath plans the evaluation of a path.
func newPath(start nodeExpr, absolute bool, steps []step) *path {
	p := &path{start: start, absolute: absolute, steps: steps, plan: simplify(steps)}
	o := singleOrder
	if start != nil {
		o = start.order()
	}
	from := 0
	for i := range p.plan {
		if !o.distinct {
			p.legs = append(p.legs, leg{p.plan[from:i]})
			from, o = i, sortedOrder
		}
		o = o.after(p.plan[i].axis)
	}
	p.legs = append(p.legs, leg{p.plan[from:]})
	p.result = o
	return p
}

// simplify drops steps that select what they start from, and turns the two
// steps of //name into one, unless a predicate counts positions: those count
// among the children of one parent.
func simplify(steps []step) []step {
	var plan []step
	for _, s := range steps {
		if s.isSelf() {
			continue
		}
		last := len(plan) - 1
		if last >= 0 && plan[last].isDescent() && s.axis == Child && !s.positional() {
			s.axis, s.keys = Descendant, nil
			plan[last] = s
			continue
		}
		plan = append(plan, s)
	}
	return plan
}

func (p *path) order() order { return p.result }

// precedence of the bare root is the loosest, so that it gets parentheses as
// an operand: what follows a slash would be read as a step.
func (p *path) precedence() int {
	if p.absolute && len(p.steps) == 0 {
		return precLoosest
	}
	return precPath
}

func (p *path) uses() focusUse {
	switch {
	case p.start != nil:
		return p.start.uses()
	case p.absolute:
		return 0
	}
	return usesNode
}

func (p *path) each(f *focus, yield func(Node) bool) bool {
	last := len(p.legs) - 1
	source := func(yield func(Node) bool) bool { return p.eachStart(f, yield) }
	for _, l := range p.legs[:last] {
		from := source
		nodes := sortNodes(collect(func(yield func(Node) bool) {
			from(func(n Node) bool { return l.each(f.run, n, yield) })
		}))
		source = func(yield func(Node) bool) bool { return eachOf(nodes, yield) }
	}
	return source(func(n Node) bool { return p.legs[last].each(f.run, n, yield) })
}

func (p *path) eachStart(f *focus, yield func(Node) bool) bool {
	switch {
	case p.start != nil:
		return p.start.each(f, yield)
	case p.absolute:
		return yield(f.rootNode())
	}
	return yield(f.node)
}

func (l leg) each(r *run, n Node, yield func(Node) bool) bool {
	if len(l.steps) == 0 {
		return yield(n)
	}
	rest := leg{l.steps[1:]}
	if len(rest.steps) == 0 {
		return l.steps[0].each(r, n, yield)
	}
	return l.steps[0].each(r, n, func(m Node) bool { return rest.each(r, m, yield) })
}
