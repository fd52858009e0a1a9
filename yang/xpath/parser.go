package xpath

import (
	"strconv"
	"unicode/utf8"
)

const (
	maxExprBytes = 64 << 10
	maxDepth     = 200 // of parentheses, predicates, arguments, minus signs
)

// Parse compiles an expression. Prefixes are resolved by resolve; if that is
// nil, a prefix is a module name and a name without prefix is of any module.
// Errors are of type *SyntaxError: besides bad syntax, an unknown function or
// variable, wrong arguments, an unresolved prefix, more than 64 KiB, and
// nesting deeper than 200.
func Parse(src string, resolve Resolver) (*Expr, error) {
	if resolve == nil {
		resolve = func(prefix string) (string, error) { return prefix, nil }
	}
	p := &parser{src: src, resolve: resolve}
	e, err := p.parse()
	if err != nil {
		return nil, err
	}
	return &Expr{root: e, text: render(e), sought: seeking(e)}, nil
}

// parse reads the whole expression.
func (p *parser) parse() (_ expr, err error) {
	src := p.src
	if len(src) > maxExprBytes {
		return nil, syntaxError(src, maxExprBytes, "longer than %d bytes", maxExprBytes)
	}
	if !utf8.ValidString(src) {
		return nil, syntaxError(src, 0, "not valid UTF-8")
	}
	if p.tokens, err = tokenize(src); err != nil {
		return nil, err
	}
	e, err := p.expr()
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != tokenEnd {
		return nil, p.unexpected(t)
	}
	return e, nil
}

// parser descends recursively; each method parses one production.
type parser struct {
	src     string
	tokens  []token
	pos     int
	depth   int
	resolve Resolver
	// variables can stand in the expression: it is read, but not to be evaluated.
	variables bool
}

func (p *parser) peek() token { return p.tokens[p.pos] }

// take returns the next token; the end is never passed.
func (p *parser) take() token {
	t := p.tokens[p.pos]
	if t.kind != tokenEnd {
		p.pos++
	}
	return t
}

func (p *parser) accept(kind tokenKind, text string) bool {
	if p.peek().is(kind, text) {
		p.pos++
		return true
	}
	return false
}

func (p *parser) expect(text string) error {
	if p.accept(tokenPunct, text) {
		return nil
	}
	t := p.peek()
	return syntaxError(p.src, t.offset, "%s where %q is expected", t, text)
}

func (p *parser) unexpected(t token) error {
	return syntaxError(p.src, t.offset, "unexpected %s", t)
}

// enter counts one level of nesting; the caller must leave.
func (p *parser) enter() error {
	p.depth++
	if p.depth > maxDepth {
		return syntaxError(p.src, p.peek().offset, "nested deeper than %d", maxDepth)
	}
	return nil
}

func (p *parser) leave() { p.depth-- }

func (p *parser) expr() (expr, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	return p.binary(precOr)
}

// binary parses a left-associative chain of the operators of one level.
func (p *parser) binary(level int) (expr, error) {
	if level == precUnary {
		return p.unary()
	}
	left, err := p.binary(level + 1)
	if err != nil {
		return nil, err
	}
	var chain *logical
	for {
		op, ok := p.operatorAt(level)
		if !ok {
			return left, nil
		}
		right, err := p.binary(level + 1)
		if err != nil {
			return nil, err
		}
		switch {
		case chain != nil:
			chain.args = append(chain.args, right)
		case level <= precAnd:
			chain = &logical{op: op, args: []expr{left, right}}
			left = chain
		case level <= precRelational:
			left = p.comparison(op, left, right)
		default:
			left = &arithmetic{op: op, left: left, right: right}
		}
	}
}

func (p *parser) comparison(op operator, left, right expr) expr {
	c := newComparison(op, left, right)
	if c.identity = namedIdentity(right, p.resolve); c.identity == nil {
		c.identity = namedIdentity(left, p.resolve)
	}
	return c
}

// operatorAt takes the next token if it is an operator of the level.
func (p *parser) operatorAt(level int) (operator, bool) {
	t := p.peek()
	op, ok := operators[t.text]
	if t.kind != tokenOperator || !ok || op.precedence() != level {
		return 0, false
	}
	p.pos++
	return op, true
}

func (p *parser) unary() (expr, error) {
	if !p.accept(tokenOperator, "-") {
		return p.union()
	}
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	arg, err := p.unary()
	if err != nil {
		return nil, err
	}
	return &negation{arg: arg}, nil
}

func (p *parser) union() (expr, error) {
	at := p.peek()
	first, err := p.path()
	if err != nil || !p.peek().is(tokenOperator, "|") {
		return first, err
	}
	u := &union{}
	for e := first; ; {
		set, err := p.nodeSet(e, at)
		if err != nil {
			return nil, err
		}
		u.args = append(u.args, set)
		if !p.accept(tokenOperator, "|") {
			return u, nil
		}
		at = p.peek()
		if e, err = p.path(); err != nil {
			return nil, err
		}
	}
}

// nodeSet requires e, which starts at a token, to be a node-set.
func (p *parser) nodeSet(e expr, at token) (nodeExpr, error) {
	set, ok := e.(nodeExpr)
	if !ok {
		return nil, syntaxError(p.src, at.offset, "%s does not select nodes", render(e))
	}
	return set, nil
}

func (p *parser) primary() (expr, error) {
	t := p.take()
	switch {
	case t.kind == tokenLiteral:
		return &literal{val: t.text, src: t.text}, nil
	case t.kind == tokenNumber:
		n, _ := strconv.ParseFloat(t.text, 64) // out of range gives the infinity we want
		return &literal{val: n, src: t.text}, nil
	case t.kind == tokenFunction:
		return p.call(t)
	case t.kind == tokenVariable && p.variables:
		return &literal{val: "", src: t.text}, nil
	case t.kind == tokenVariable:
		return nil, syntaxError(p.src, t.offset, "unknown variable $%s: YANG binds none", t.text)
	case t.is(tokenPunct, "("):
		e, err := p.expr()
		if err != nil {
			return nil, err
		}
		return e, p.expect(")")
	}
	return nil, p.unexpected(t)
}
