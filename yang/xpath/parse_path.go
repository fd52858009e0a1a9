package xpath

// path parses a union's operand: a location path, or a primary expression that
// predicates and steps may follow.
func (p *parser) path() (expr, error) {
	t := p.peek()
	switch {
	case t.is(tokenOperator, "/"):
		p.take()
		if !startsStep(p.peek()) {
			return newPath(nil, true, nil), nil
		}
		return p.steps(nil, true, nil)
	case t.is(tokenOperator, "//"):
		p.take()
		return p.steps(nil, true, []step{descent()})
	case startsStep(t):
		return p.steps(nil, false, nil)
	}
	return p.filtered()
}

// filtered parses a primary expression and what follows it.
func (p *parser) filtered() (expr, error) {
	at := p.peek()
	e, err := p.primary()
	if err != nil {
		return nil, err
	}
	preds, err := p.predicates()
	if err != nil {
		return nil, err
	}
	slash := p.peek()
	deep := slash.is(tokenOperator, "//")
	more := deep || slash.is(tokenOperator, "/")
	if len(preds) == 0 && !more {
		return e, nil
	}
	set, err := p.nodeSet(e, at)
	if err != nil {
		return nil, err
	}
	if len(preds) > 0 {
		set = &filter{primary: set, preds: preds}
	}
	switch {
	case deep:
		p.take()
		return p.steps(set, false, []step{descent()})
	case more:
		p.take()
		return p.steps(set, false, nil)
	}
	return set, nil
}

// descent is the step that // stands for.
func descent() step {
	return step{axis: DescendantOrSelf, test: nodeTest{kind: testNode}}
}

func startsStep(t token) bool {
	switch t.kind {
	case tokenName, tokenNodeType, tokenAxis:
		return true
	case tokenPunct:
		return t.text == "." || t.text == ".." || t.text == "@"
	}
	return false
}

// steps parses at least one step and appends to those given.
func (p *parser) steps(start nodeExpr, absolute bool, steps []step) (expr, error) {
	for {
		s, err := p.step()
		if err != nil {
			return nil, err
		}
		steps = append(steps, s)
		switch {
		case p.accept(tokenOperator, "/"):
		case p.accept(tokenOperator, "//"):
			steps = append(steps, descent())
		default:
			return newPath(start, absolute, steps), nil
		}
	}
}

func (p *parser) step() (step, error) {
	s := step{axis: Child}
	switch t := p.peek(); {
	case p.accept(tokenPunct, "."):
		return step{axis: Self, test: nodeTest{kind: testNode}}, nil
	case p.accept(tokenPunct, ".."):
		return step{axis: Parent, test: nodeTest{kind: testNode}}, nil
	case p.accept(tokenPunct, "@"):
		s.axis = Attribute
	case t.kind == tokenAxis:
		axis, ok := axisByName(t.text)
		if !ok {
			return s, syntaxError(p.src, t.offset, "unknown axis %s", t)
		}
		s.axis = axis
		p.take()
	}
	var err error
	if s.test, err = p.nodeTest(); err != nil {
		return s, err
	}
	if s.preds, err = p.predicates(); err != nil {
		return s, err
	}
	s.keys = findKeys(&s)
	return s, nil
}

func (p *parser) nodeTest() (nodeTest, error) {
	switch t := p.take(); t.kind {
	case tokenName:
		return p.nameTest(t)
	case tokenNodeType:
		return p.typeTest(t)
	default:
		return nodeTest{}, syntaxError(p.src, t.offset, "%s where a name is expected", t)
	}
}

func (p *parser) nameTest(t token) (nodeTest, error) {
	test := nodeTest{prefix: t.prefix, local: t.text}
	if test.local == "*" {
		test.local = ""
		if t.prefix == "" {
			return test, nil
		}
	}
	module, err := p.resolve(t.prefix)
	if err != nil {
		return test, syntaxError(p.src, t.offset, "%v", err)
	}
	test.module = module
	return test, nil
}

func (p *parser) typeTest(t token) (nodeTest, error) {
	kinds := map[string]testKind{
		"node": testNode, "text": testText, "comment": testComment, "processing-instruction": testInstruction,
	}
	test := nodeTest{kind: kinds[t.text]}
	if err := p.expect("("); err != nil {
		return test, err
	}
	if arg := p.peek(); test.kind == testInstruction && arg.kind == tokenLiteral {
		test.target = arg.text
		p.take()
	}
	return test, p.expect(")")
}

func (p *parser) predicates() ([]predicate, error) {
	var preds []predicate
	for p.accept(tokenPunct, "[") {
		e, err := p.expr()
		if err != nil {
			return nil, err
		}
		if err := p.expect("]"); err != nil {
			return nil, err
		}
		preds = append(preds, newPredicate(e))
	}
	return preds, nil
}
