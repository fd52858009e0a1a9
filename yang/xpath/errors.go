package xpath

import (
	"errors"
	"fmt"
)

var (
	// ErrNotNodeSet says that an expression's value is a string, a number or a
	// boolean where nodes are needed.
	ErrNotNodeSet = errors.New("the expression does not select nodes")

	// ErrTooManyVisits says that an evaluation reached Context.MaxVisits.
	ErrTooManyVisits = errors.New("the expression visits more nodes than allowed")
)

// SyntaxError says why an expression can't be compiled.
type SyntaxError struct {
	Expr   string // as given to Parse; cut short when it is over long
	Offset int    // of the offending byte in the expression
	Msg    string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("XPath %q, offset %d: %s", e.Expr, e.Offset, e.Msg)
}

const shownExprBytes = 256

func syntaxError(src string, offset int, format string, args ...any) *SyntaxError {
	if len(src) > shownExprBytes {
		src = src[:shownExprBytes] + "..."
	}
	return &SyntaxError{Expr: src, Offset: offset, Msg: fmt.Sprintf(format, args...)}
}
