package xpath

// predicate is a filter in brackets (section 2.4).
type predicate struct {
	e        expr
	numeric  bool    // the value is a position
	sized    bool    // reads the context size
	fixed    bool    // e is the number literal position
	position float64 // if fixed
}

func newPredicate(e expr) predicate {
	p := predicate{e: e, sized: e.uses()&usesLast != 0}
	if s, ok := e.(scalarExpr); ok {
		p.numeric = s.static() == numberType
	}
	if l, ok := e.(*literal); ok {
		p.position, p.fixed = l.val.(float64)
	}
	return p
}

func (p *predicate) holds(f *focus) bool {
	if p.numeric {
		return evalNumber(p.e, f) == float64(f.pos)
	}
	return evalBool(p.e, f)
}

// filterSized applies predicates in turn to nodes, in place.
func filterSized(r *run, nodes []Node, preds []predicate) []Node {
	for i := range preds {
		f := focus{size: len(nodes), run: r}
		kept := nodes[:0]
		for j, n := range nodes {
			if !r.visit() {
				return nil
			}
			f.node, f.pos = n, j+1
			if preds[i].holds(&f) {
				kept = append(kept, n)
			}
		}
		nodes = kept
	}
	return nodes
}
