package xpath

// run is the state of one evaluation. Once err is set every loop ends and the
// result is meaningless.
type run struct {
	current Node
	root    Node // nil until asked for, if the caller gave none
	visits  int
	limit   int
	err     error
	sought  string // the value that Seek wants

	// What fixed operands were evaluated to.
	values map[expr]value
	sets   map[expr][]string
}

// focus is XPath's evaluation context (section 1): the context node, its
// position and the context size.
type focus struct {
	node      Node
	pos, size int
	run       *run
}

// visit counts one node and tells whether to go on.
func (r *run) visit() bool {
	r.visits++
	if r.limit > 0 && r.visits > r.limit {
		r.fail(ErrTooManyVisits)
	}
	return r.err == nil
}

func (r *run) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (f *focus) rootNode() Node {
	if f.run.root == nil {
		n := f.node
		for p := n.Parent(); p != nil; p = p.Parent() {
			n = p
		}
		f.run.root = n
	}
	return f.run.root
}

// texts returns the distinct values of the set, sorted; those of a fixed one are
// worked out once in a run.
func (f *focus) texts(set nodeExpr, fixed bool) []string {
	if !fixed {
		return distinctTexts(set, f)
	}
	texts, ok := f.run.sets[set]
	if !ok {
		texts = distinctTexts(set, f)
		if f.run.sets == nil {
			f.run.sets = map[expr][]string{}
		}
		f.run.sets[set] = texts
	}
	return texts
}

// scalar is the same for a boolean, number or string.
func (f *focus) scalar(e expr, fixed bool) value {
	if !fixed {
		return e.(scalarExpr).eval(f)
	}
	v, ok := f.run.values[e]
	if !ok {
		v = e.(scalarExpr).eval(f)
		if f.run.values == nil {
			f.run.values = map[expr]value{}
		}
		f.run.values[e] = v
	}
	return v
}
