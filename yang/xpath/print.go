package xpath

import "strings"

// printer writes the normal form: abbreviated steps, one space around
// operators, and only the parentheses that matter.
type printer struct{ strings.Builder }

func render(e expr) string {
	var p printer
	e.print(&p)
	return p.String()
}

// operand prints e in parentheses if it binds looser than min.
func (p *printer) operand(e expr, min int) {
	if e.precedence() >= min {
		e.print(p)
		return
	}
	p.WriteByte('(')
	e.print(p)
	p.WriteByte(')')
}

func (p *printer) quote(s string) {
	quote := byte('\'')
	if strings.IndexByte(s, quote) >= 0 {
		quote = '"'
	}
	p.WriteByte(quote)
	p.WriteString(s)
	p.WriteByte(quote)
}

func (p *printer) predicates(preds []predicate) {
	for i := range preds {
		p.WriteByte('[')
		preds[i].e.print(p)
		p.WriteByte(']')
	}
}

func (l *literal) print(p *printer) {
	if _, ok := l.val.(string); ok {
		p.quote(l.src)
		return
	}
	p.WriteString(l.src)
}

func (l *logical) print(p *printer) {
	for i, a := range l.args {
		if i > 0 {
			p.WriteString(" " + l.op.String() + " ")
		}
		p.operand(a, l.precedence()+1)
	}
}

func (c *comparison) print(p *printer) { printBinary(p, c.op, c.left, c.right) }
func (a *arithmetic) print(p *printer) { printBinary(p, a.op, a.left, a.right) }

func printBinary(p *printer, op operator, left, right expr) {
	p.operand(left, op.precedence())
	p.WriteString(" " + op.String() + " ")
	p.operand(right, op.precedence()+1)
}

func (n *negation) print(p *printer) {
	p.WriteByte('-')
	p.operand(n.arg, precUnary)
}

func (u *union) print(p *printer) {
	for i, a := range u.args {
		if i > 0 {
			p.WriteString(" | ")
		}
		p.operand(a, precPath)
	}
}

func (x *filter) print(p *printer) {
	p.operand(x.primary, precPrimary)
	p.predicates(x.preds)
}

func (c *invocation) print(p *printer) {
	p.WriteString(c.fn.name)
	p.WriteByte('(')
	for i, a := range c.args {
		if i > 0 {
			p.WriteString(", ")
		}
		a.print(p)
	}
	p.WriteByte(')')
}

func (x *path) print(p *printer) {
	x.printStart(p)
	slash := x.absolute || x.start != nil
	for i := range x.steps {
		s := &x.steps[i]
		if s.isDescent() && slash && i < len(x.steps)-1 {
			p.WriteString("//")
			slash = false
			continue
		}
		if slash {
			p.WriteByte('/')
		}
		s.print(p)
		slash = true
	}
	if x.absolute && len(x.steps) == 0 {
		p.WriteByte('/')
	}
}

// printStart writes the primary expression; a filter shows where it ends, a
// path doesn't.
func (x *path) printStart(p *printer) {
	switch start := x.start.(type) {
	case nil:
	case *filter:
		start.print(p)
	default:
		p.operand(start, precPrimary)
	}
}

func (s *step) print(p *printer) {
	switch {
	case s.isSelf():
		p.WriteByte('.')
		return
	case s.axis == Parent && s.test.kind == testNode && len(s.preds) == 0:
		p.WriteString("..")
		return
	case s.axis == Attribute:
		p.WriteByte('@')
	case s.axis != Child:
		p.WriteString(s.axis.String() + "::")
	}
	s.test.print(p)
	p.predicates(s.preds)
}

func (t *nodeTest) print(p *printer) {
	switch t.kind {
	case testNode:
		p.WriteString("node()")
	case testText:
		p.WriteString("text()")
	case testComment:
		p.WriteString("comment()")
	case testInstruction:
		t.printInstruction(p)
	default:
		t.printName(p)
	}
}

func (t *nodeTest) printInstruction(p *printer) {
	p.WriteString("processing-instruction(")
	if t.target != "" {
		p.quote(t.target)
	}
	p.WriteByte(')')
}

func (t *nodeTest) printName(p *printer) {
	if t.prefix != "" {
		p.WriteString(t.prefix + ":")
	}
	if t.local == "" {
		p.WriteByte('*')
		return
	}
	p.WriteString(t.local)
}
