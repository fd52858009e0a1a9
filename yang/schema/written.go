package schema

import (
	"cmp"
	"slices"
)

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
	Statement         // its argument is the path of what it adds to
	Target    *Node   // nil when an if-feature or a deviation removed it
	Into      *Module // which the path starts in

	target *draft
}

// noteAugment enters a resolved augment.
func (c *compiler) noteAugment(s *stmt, target *draft) {
	m := c.modules[s.unit.main]
	m.Augments = append(m.Augments, &Augment{Statement: Statement{s}, Into: c.modules[target.top().unit], target: target})
}

// linkAugments orders the augments of each module as they are written and
// finds the nodes they add to.
func (c *compiler) linkAugments() {
	for _, u := range c.order {
		all := c.modules[u].Augments
		for _, a := range all {
			a.Target = a.target.node
		}
		if len(all) > 1 {
			written := u.augments()
			slices.SortFunc(all, func(a, b *Augment) int {
				return cmp.Compare(slices.Index(written, a.st), slices.Index(written, b.st))
			})
		}
	}
}
