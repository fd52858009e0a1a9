package xpath

import "slices"

// soughtValue is the value that Seek wants.
type soughtValue struct{}

func (soughtValue) precedence() int     { return precPrimary }
func (soughtValue) uses() focusUse      { return 0 }
func (soughtValue) static() valueType   { return textType }
func (soughtValue) eval(f *focus) value { return f.run.sought }
func (soughtValue) print(p *printer)    { p.quote("") }

// seeking returns the path e with the predicates that Seek needs: its last step
// selects only what has the value sought, and the step before only what has it
// in the child of that name, which for a key is an entry to look up. It is nil
// when e does not end in a plain name or counts positions.
func seeking(e expr) nodeExpr {
	p, ok := e.(*path)
	if !ok || len(p.steps) == 0 {
		return nil
	}
	steps := slices.Clone(p.steps)
	last := len(steps) - 1
	if !plainChild(&steps[last]) || slices.ContainsFunc(steps, func(s step) bool { return s.positional() }) {
		return nil
	}
	leaf := steps[last]
	steps[last] = narrowed(leaf, newPath(nil, false, nil))
	if last > 0 && len(leaf.preds) == 0 && plainChild(&steps[last-1]) {
		steps[last-1] = narrowed(steps[last-1], newPath(nil, false, []step{leaf}))
	}
	return newPath(p.start, p.absolute, steps)
}

func plainChild(s *step) bool {
	return s.axis == Child && s.test.kind == testName && s.test.local != ""
}

// narrowed returns s with the further predicate that of has the value sought.
func narrowed(s step, of *path) step {
	s.preds = append(slices.Clip(s.preds), newPredicate(newComparison(opEqual, of, soughtValue{})))
	s.keys = findKeys(&s)
	return s
}
