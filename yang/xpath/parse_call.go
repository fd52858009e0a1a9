package xpath

// call parses the arguments of a function; t is its name.
func (p *parser) call(t token) (expr, error) {
	fn := functions[t.text]
	if fn == nil || t.prefix != "" {
		return nil, syntaxError(p.src, t.offset, "unknown function %s", t)
	}
	first := p.pos + 1
	args, err := p.arguments()
	if err != nil {
		return nil, err
	}
	if err := p.checkCount(fn, args, t); err != nil {
		return nil, err
	}
	if fn.set && len(args) > 0 {
		if _, err := p.nodeSet(args[0], p.tokens[first]); err != nil {
			return nil, err
		}
	}
	in := invocation{fn: fn, args: args, resolve: p.resolve}
	if fn.bind != nil {
		if err := fn.bind(&in); err != nil {
			return nil, syntaxError(p.src, t.offset, "%s: %v", fn.name, err)
		}
	}
	if fn.nodes != nil {
		return &nodeCall{in}, nil
	}
	return &scalarCall{in}, nil
}

func (p *parser) arguments() ([]expr, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	if p.accept(tokenPunct, ")") {
		return nil, nil
	}
	var args []expr
	for {
		e, err := p.expr()
		if err != nil {
			return nil, err
		}
		args = append(args, e)
		if !p.accept(tokenPunct, ",") {
			return args, p.expect(")")
		}
	}
}

func (p *parser) checkCount(fn *function, args []expr, at token) error {
	switch n := len(args); {
	case n < fn.min:
		return syntaxError(p.src, at.offset, "%s has %d arguments, needs at least %d", fn.name, n, fn.min)
	case n > fn.max && fn.max != unlimited:
		return syntaxError(p.src, at.offset, "%s has %d arguments, takes at most %d", fn.name, n, fn.max)
	}
	return nil
}
