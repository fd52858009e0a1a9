package xpath

// expr is a part of a compiled expression: a scalarExpr or a nodeExpr.
type expr interface {
	print(*printer)
	precedence() int
	uses() focusUse
}

// scalarExpr is an expression whose value is a boolean, a number or a string.
type scalarExpr interface {
	expr
	static() valueType
	eval(*focus) value
}

// nodeExpr is an expression whose value is a node-set.
type nodeExpr interface {
	expr
	// each calls yield with every node of the set until yield returns false,
	// and returns false then. Order and repetition are as order says.
	each(f *focus, yield func(Node) bool) bool
	order() order
}

// focusUse says what an expression reads of its focus.
type focusUse uint8

const (
	usesNode focusUse = 1 << iota
	usesPosition
	usesLast
)

// Precedence levels, loosest first (section 3.5 and its grammar).
const (
	precLoosest = iota - 1
	precOr
	precAnd
	precEquality
	precRelational
	precAdditive
	precMultiplicative
	precUnary
	precUnion
	precPath
	precPrimary
)

// literal is a string or a number as written.
type literal struct {
	val value
	src string // digits of a number, unquoted text of a string
}

func (*literal) precedence() int     { return precPrimary }
func (*literal) uses() focusUse      { return 0 }
func (l *literal) static() valueType { return typeOf(l.val) }
func (l *literal) eval(*focus) value { return l.val }

// logical is a chain of one of and, or.
type logical struct {
	op   operator
	args []expr
}

func (l *logical) precedence() int { return l.op.precedence() }
func (l *logical) uses() focusUse  { return usesOf(l.args) }
func (*logical) static() valueType { return boolType }

func (l *logical) eval(f *focus) value {
	decisive := l.op == opOr
	for _, a := range l.args {
		if evalBool(a, f) == decisive {
			return decisive
		}
	}
	return !decisive
}

// arithmetic is one of + - * div mod.
type arithmetic struct {
	op          operator
	left, right expr
}

func (a *arithmetic) precedence() int { return a.op.precedence() }
func (a *arithmetic) uses() focusUse  { return a.left.uses() | a.right.uses() }
func (*arithmetic) static() valueType { return numberType }

func (a *arithmetic) eval(f *focus) value {
	return calculate(a.op, evalNumber(a.left, f), evalNumber(a.right, f))
}

// negation is unary minus.
type negation struct{ arg expr }

func (*negation) precedence() int       { return precUnary }
func (n *negation) uses() focusUse      { return n.arg.uses() }
func (*negation) static() valueType     { return numberType }
func (n *negation) eval(f *focus) value { return -evalNumber(n.arg, f) }

// union is a chain of |.
type union struct{ args []nodeExpr }

func (*union) precedence() int { return precUnion }
func (*union) order() order    { return order{} }

func (u *union) uses() focusUse { return usesOf(u.args) }

func (u *union) each(f *focus, yield func(Node) bool) bool {
	for _, a := range u.args {
		if !a.each(f, yield) {
			return false
		}
	}
	return true
}

// filter is a primary expression with predicates, which count in document
// order (section 3.3).
type filter struct {
	primary nodeExpr
	preds   []predicate
}

func (*filter) precedence() int  { return precPath }
func (x *filter) uses() focusUse { return x.primary.uses() }

func (x *filter) order() order {
	o := x.primary.order()
	o.ordered, o.distinct = true, true
	return o
}

func (x *filter) each(f *focus, yield func(Node) bool) bool {
	nodes := sortedNodes(x.primary, f)
	return eachOf(filterSized(f.run, nodes, x.preds), yield)
}

func usesOf[E expr](args []E) focusUse {
	var u focusUse
	for _, a := range args {
		u |= a.uses()
	}
	return u
}
