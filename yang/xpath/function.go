package xpath

import "regexp"

const unlimited = -1

// function is an entry of the function library. Exactly one of eval and nodes
// is set.
type function struct {
	name     string
	min, max int       // number of arguments; max may be unlimited
	set      bool      // the first argument must be a node-set
	implicit bool      // without arguments it reads the context node
	reads    focusUse  // what it reads of the focus in any case
	result   valueType // of eval
	bind     func(*invocation) error
	eval     func(*focus, *invocation) value
	nodes    func(*focus, *invocation) []Node
	order    order // of nodes
}

// invocation is a call of a function.
type invocation struct {
	fn      *function
	args    []expr
	resolve Resolver

	// What bind makes of the arguments.
	counted  *children      // count
	pattern  *regexp.Regexp // re-match
	identity *identityRef   // derived-from and derived-from-or-self
}

func (*invocation) precedence() int { return precPrimary }

func (c *invocation) uses() focusUse {
	u := c.fn.reads | usesOf(c.args)
	if c.fn.implicit && len(c.args) == 0 {
		u |= usesNode
	}
	return u
}

// literalArg returns the argument if it is a string literal.
func (c *invocation) literalArg(i int) (string, bool) {
	l, ok := c.args[i].(*literal)
	if !ok {
		return "", false
	}
	s, ok := l.val.(string)
	return s, ok
}

func (c *invocation) text(f *focus, i int) string    { return evalText(c.args[i], f) }
func (c *invocation) number(f *focus, i int) float64 { return evalNumber(c.args[i], f) }

// set returns the first argument, which the parser made sure is a node-set.
func (c *invocation) set() nodeExpr { return c.args[0].(nodeExpr) }

// textOrContext is the first argument, or else the context node's value.
func (c *invocation) textOrContext(f *focus) string {
	if len(c.args) == 0 {
		return f.node.Value()
	}
	return c.text(f, 0)
}

// nodeOrContext is the argument's first node in document order, nil if it has
// none, or the context node if there is no argument.
func (c *invocation) nodeOrContext(f *focus) Node {
	if len(c.args) == 0 {
		return f.node
	}
	return firstNode(c.set(), f)
}

// scalarCall calls a function that returns a boolean, a number or a string.
type scalarCall struct{ invocation }

func (c *scalarCall) static() valueType   { return c.fn.result }
func (c *scalarCall) eval(f *focus) value { return c.fn.eval(f, &c.invocation) }

// nodeCall calls a function that returns nodes.
type nodeCall struct{ invocation }

func (c *nodeCall) order() order { return c.fn.order }

func (c *nodeCall) each(f *focus, yield func(Node) bool) bool {
	return eachOf(c.fn.nodes(f, &c.invocation), yield)
}
