package xpath

import "math"

type operator uint8

const (
	opOr operator = iota
	opAnd
	opEqual
	opNotEqual
	opLess
	opLessEqual
	opGreater
	opGreaterEqual
	opAdd
	opSubtract
	opMultiply
	opDivide
	opModulo
)

var operators = map[string]operator{
	"or": opOr, "and": opAnd,
	"=": opEqual, "!=": opNotEqual,
	"<": opLess, "<=": opLessEqual, ">": opGreater, ">=": opGreaterEqual,
	"+": opAdd, "-": opSubtract,
	"*": opMultiply, "div": opDivide, "mod": opModulo,
}

var operatorNames = func() (names [opModulo + 1]string) {
	for name, op := range operators {
		names[op] = name
	}
	return names
}()

func (o operator) String() string { return operatorNames[o] }

func (o operator) precedence() int {
	switch o {
	case opOr:
		return precOr
	case opAnd:
		return precAnd
	case opEqual, opNotEqual:
		return precEquality
	case opLess, opLessEqual, opGreater, opGreaterEqual:
		return precRelational
	case opAdd, opSubtract:
		return precAdditive
	default:
		return precMultiplicative
	}
}

// mirrored returns the comparison that holds with its operands exchanged.
func (o operator) mirrored() operator {
	switch o {
	case opLess:
		return opGreater
	case opLessEqual:
		return opGreaterEqual
	case opGreater:
		return opLess
	case opGreaterEqual:
		return opLessEqual
	}
	return o
}

func calculate(op operator, l, r float64) float64 {
	switch op {
	case opAdd:
		return l + r
	case opSubtract:
		return l - r
	case opMultiply:
		return l * r
	case opDivide:
		return l / r
	case opModulo:
		return math.Mod(l, r)
	}
	return math.NaN()
}
