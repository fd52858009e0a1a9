package xpath

import (
	"math"
	"slices"
)

// comparison is one of = != < <= > >= (section 3.4).
type comparison struct {
	op          operator
	left, right expr
	identity    *identityRef // what a literal operand names as an identity, or nil

	// leftFixed and rightFixed say that an operand is the same wherever in a run
	// it is evaluated, but takes some work.
	leftFixed, rightFixed bool
	used                  focusUse
}

func newComparison(op operator, left, right expr) *comparison {
	l, r := left.uses(), right.uses()
	return &comparison{op: op, left: left, right: right, leftFixed: fixed(left, l), rightFixed: fixed(right, r), used: l | r}
}

func fixed(e expr, uses focusUse) bool {
	_, isLiteral := e.(*literal)
	return !isLiteral && uses == 0
}

func (c *comparison) precedence() int { return c.op.precedence() }
func (c *comparison) uses() focusUse  { return c.used }
func (*comparison) static() valueType { return boolType }

func (c *comparison) eval(f *focus) value {
	leftSet, _ := c.left.(nodeExpr)
	rightSet, _ := c.right.(nodeExpr)
	switch {
	case leftSet != nil && rightSet != nil:
		if c.leftFixed && !c.rightFixed {
			return compareSets(c.op.mirrored(), rightSet, f.texts(leftSet, true), f)
		}
		return compareSets(c.op, leftSet, f.texts(rightSet, c.rightFixed), f)
	case leftSet != nil:
		return c.compareSet(c.op, leftSet, f.scalar(c.right, c.rightFixed), f)
	case rightSet != nil:
		return c.compareSet(c.op.mirrored(), rightSet, f.scalar(c.left, c.leftFixed), f)
	}
	return compareValues(c.op, f.scalar(c.left, c.leftFixed), f.scalar(c.right, c.rightFixed))
}

func compareValues(op operator, l, r value) bool {
	if op != opEqual && op != opNotEqual {
		return compareNumbers(op, numberOf(l), numberOf(r))
	}
	lt, rt := typeOf(l), typeOf(r)
	switch {
	case lt == boolType || rt == boolType:
		return (boolOf(l) == boolOf(r)) == (op == opEqual)
	case lt == numberType || rt == numberType:
		return compareNumbers(op, numberOf(l), numberOf(r))
	}
	return (textOf(l) == textOf(r)) == (op == opEqual)
}

func compareNumbers(op operator, l, r float64) bool {
	switch op {
	case opEqual:
		return l == r
	case opNotEqual:
		return l != r
	case opLess:
		return l < r
	case opLessEqual:
		return l <= r
	case opGreater:
		return l > r
	case opGreaterEqual:
		return l >= r
	}
	return false
}

// compareSet tells whether some node of the set compares to v; a boolean
// compares to the set as a whole.
func (c *comparison) compareSet(op operator, set nodeExpr, v value, f *focus) bool {
	if b, ok := v.(bool); ok {
		return compareValues(op, exists(set, f), b)
	}
	text, isText := v.(string)
	if isText && (op == opEqual || op == opNotEqual) {
		return anyNode(set, f, func(n Node) bool { return (n.Value() == text || c.identity.is(n)) == (op == opEqual) })
	}
	return anyNumber(set, f, op, numberOf(v))
}

func anyNumber(set nodeExpr, f *focus, op operator, r float64) bool {
	return anyNode(set, f, func(n Node) bool { return compareNumbers(op, parseNumber(n.Value()), r) })
}

// compareSets tells whether some pair of nodes compares, given the distinct
// values of those on the right: the cost is the sum of the sizes, not the product.
func compareSets(op operator, left nodeExpr, texts []string, f *focus) bool {
	if len(texts) == 0 {
		return false
	}
	switch op {
	case opEqual:
		return anyNode(left, f, member(texts))
	case opNotEqual:
		if len(texts) > 1 {
			return exists(left, f)
		}
		return anyNode(left, f, func(n Node) bool { return n.Value() != texts[0] })
	}
	return anyNumber(left, f, op, extreme(op, texts))
}

// member returns a test of a node's value against texts, which are sorted.
func member(texts []string) func(Node) bool {
	const few = 8
	if len(texts) <= few {
		return func(n Node) bool { return slices.Contains(texts, n.Value()) }
	}
	return func(n Node) bool {
		_, ok := slices.BinarySearch(texts, n.Value())
		return ok
	}
}

// extreme returns the number that is easiest to satisfy op with, NaN if texts
// has no number.
func extreme(op operator, texts []string) float64 {
	best := math.NaN()
	for _, t := range texts {
		n := parseNumber(t)
		greater := op == opLess || op == opLessEqual
		if math.IsNaN(best) || greater && n > best || !greater && n < best {
			best = n
		}
	}
	return best
}

func distinctTexts(set nodeExpr, f *focus) []string {
	var texts []string
	set.each(f, func(n Node) bool {
		texts = append(texts, n.Value())
		return true
	})
	slices.Sort(texts)
	return slices.Compact(texts)
}
