package xpath

// Value evaluates the expression to what it is: a []Node as Nodes returns it, a
// bool, a float64 or a string. Errors as Bool.
func (e *Expr) Value(ctx Context) (any, error) {
	return evaluate(e, ctx, func(root expr, f *focus) any {
		switch x := root.(type) {
		case nodeExpr:
			return sortedNodes(x, f)
		case scalarExpr:
			return x.eval(f)
		}
		return nil
	})
}
