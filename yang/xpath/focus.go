package xpath

// run is the state of one evaluation. Once err is set every loop ends and the
// result is meaningless.
type run struct {
	current Node
	root    Node // nil until asked for, if the caller gave none
	visits  int
	limit   int
	err     error
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
