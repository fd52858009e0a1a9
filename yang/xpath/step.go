package xpath

// step is one location step.
type step struct {
	axis  Axis
	test  nodeTest
	preds []predicate
	keys  []keyTest // what leading predicates pin; see lookup.go
}

type testKind uint8

const (
	testName        testKind = iota // a name, prefix:* or *
	testNode                        // node()
	testText                        // text()
	testComment                     // comment(): selects nothing
	testInstruction                 // processing-instruction(): selects nothing
)

// nodeTest is what follows the axis. An empty local name is *.
type nodeTest struct {
	kind   testKind
	prefix string // as written
	module string
	local  string
	target string // quoted argument of processing-instruction, if any
}

func (t *nodeTest) matches(n Node) bool {
	switch t.kind {
	case testNode:
		return true
	case testText:
		return n.Kind() == Text
	case testName:
		return t.matchesName(n)
	}
	return false
}

func (t *nodeTest) matchesName(n Node) bool {
	if k := n.Kind(); k != Element && k != Leaf {
		return false
	}
	module, local := n.Name()
	return (t.local == "" || t.local == local) && (t.module == "" || t.module == module)
}

// isSelf tells whether the step is "." or equivalent.
func (s *step) isSelf() bool { return s.axis == Self && s.test.kind == testNode && len(s.preds) == 0 }

// isDescent tells whether the step is what // stands for.
func (s *step) isDescent() bool {
	return s.axis == DescendantOrSelf && s.test.kind == testNode && len(s.preds) == 0
}

// positional tells whether a predicate depends on position or size.
func (s *step) positional() bool {
	for i := range s.preds {
		if s.preds[i].numeric || s.preds[i].e.uses()&(usesPosition|usesLast) != 0 {
			return true
		}
	}
	return false
}

// each calls yield with what the step selects from n, in the axis's order.
func (s *step) each(r *run, n Node, yield func(Node) bool) bool {
	if done, more := s.lookup(r, n, yield); done {
		return more
	}
	w := walk{run: r, test: &s.test, yield: yield}
	if len(s.preds) == 0 {
		return w.axis(s.axis, n)
	}
	for i := range s.preds {
		if s.preds[i].sized {
			w.yield = nil
			nodes := collect(func(yield func(Node) bool) {
				w.yield = yield
				w.axis(s.axis, n)
			})
			return eachOf(filterSized(r, nodes, s.preds), yield)
		}
	}
	return s.eachCounted(w, n)
}

// eachCounted filters as the axis is walked, which needs positions but not the
// context size; it ends early behind a fixed position.
func (s *step) eachCounted(w walk, n Node) bool {
	yield := w.yield
	more := true
	counts := make([]float64, len(s.preds))
	w.yield = func(m Node) bool {
		behind := false
		for i := range s.preds {
			p := &s.preds[i]
			counts[i]++
			behind = behind || p.fixed && counts[i] >= p.position
			if !p.holds(&focus{node: m, pos: int(counts[i]), run: w.run}) {
				return !behind
			}
		}
		more = yield(m)
		return more && !behind
	}
	w.axis(s.axis, n)
	return more && w.run.err == nil
}
