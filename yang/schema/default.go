package schema

import "slices"

// resolveDefaults parses the default values in use (RFC 7950 sections 7.6.1 and 7.7.2).
func (c *compiler) resolveDefaults() {
	for _, d := range c.defaults {
		for _, p := range d.defaultProps() {
			c.setDefault(d, p)
		}
	}
}

// defaultProps returns the statements in effect: the node's own, else its
// type's unless a value has to be given. A key's default is not used.
func (d *draft) defaultProps() []prop {
	n := d.node
	var own []prop
	for _, p := range d.props {
		if p.st.keyword == "default" {
			own = append(own, p)
		}
	}
	switch {
	case n.IsKey():
		return nil
	case len(own) > 0:
		return own
	case n.Type.def.st == nil, n.Mandatory, n.MinElements > 0:
		return nil
	case n.Kind == LeafList && !d.st.unit.v11:
		return nil
	}
	return []prop{n.Type.def}
}

func (c *compiler) setDefault(d *draft, p prop) {
	n := d.node
	if n.Type.Base == Empty {
		c.errs.breaks(p.st, Empty.rule(), "a type based on empty has no default")
		return
	}
	v, err := n.Type.Parse(c.lexical(p))
	if err != nil {
		c.errs.at(p.st, "%s, at %s", err, n.Path())
		return
	}
	c.checkUnconditional(p.st, v)
	if n.Config && slices.ContainsFunc(n.Defaults, func(w Value) bool { return w.canon == v.canon }) {
		c.errs.at(p.st, "stands twice")
		return
	}
	n.Defaults = append(n.Defaults, v)
}

// lexical reads the argument of a default statement: prefixes are those of the
// module where it is written.
func (c *compiler) lexical(p prop) Lexical {
	return Lexical{
		Text: p.st.arg, Form: XML, statement: true, Module: c.modules[p.cur], Root: c.set.Root,
		Prefix: func(prefix string) (*Module, bool) {
			u := p.st.unit.module(prefix)
			if u == nil {
				return nil, false
			}
			return c.modules[u], true
		},
	}
}

// checkUnconditional refuses a default whose definition depends on a feature
// (RFC 7950 section 7.6.4).
func (c *compiler) checkUnconditional(st *stmt, v Value) {
	names := v.Bits()
	if v.base() == Enumeration {
		names = []string{v.canon}
	}
	id := v.Identity()
	if id != nil && id.conditional || slices.ContainsFunc(names, func(name string) bool { return v.typ.conditional[name] }) {
		c.errs.at(st, "is the name of what has an if-feature")
	}
}
