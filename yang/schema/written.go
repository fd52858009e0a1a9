package schema

// Statement is a statement of a module as it is written (RFC 7950 section 6.3):
// no uses is expanded, no if-feature evaluated.
type Statement struct{ st *stmt }

// Keyword returns the keyword; an extension's with the prefix it is written with.
func (s Statement) Keyword() string { return s.st.keyword }

// Argument returns the argument, "" when there is none.
func (s Statement) Argument() string { return s.st.arg }

// Substatements returns the statements directly below, in order.
func (s Statement) Substatements() []Statement {
	subs := make([]Statement, len(s.st.subs))
	for i, sub := range s.st.subs {
		subs[i] = Statement{sub}
	}
	return subs
}

// Extension returns the module and name of the extension whose statement this
// is (RFC 7950 section 7.19), or "" and the keyword for a statement of YANG.
func (s Statement) Extension() (module, name string) {
	prefix, name := splitPrefix(s.st.keyword)
	if m := s.st.unit.module(prefix); prefix != "" && m != nil {
		module = m.name
	}
	return module, name
}

// Augment is one augment or augment-structure statement at the top of a module
// (RFC 7950 section 7.17, RFC 8791 section 2.2).
type Augment struct {
	Statement // its argument is the path of what it adds to
	// Into is the module that the path starts in.
	Into *Module
}

// noteAugments enters the augments of a module in the order they are written.
func (c *compiler) noteAugments(u *unit) {
	m := c.modules[u]
	m.Augments = nil
	for _, s := range u.augments() {
		into, _ := c.schemaStep(s, firstStep(s.arg), u)
		if into != nil {
			m.Augments = append(m.Augments, &Augment{Statement{s}, c.modules[into]})
		}
	}
}
