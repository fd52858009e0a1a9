package schema

import "slices"

// maxMembers bounds the members of a union, nested ones counted.
const maxMembers = 1024

// maxTypedefs bounds the typedefs that a type is derived through.
const maxTypedefs = 256

// typeKey identifies a compiled type: names without prefix in a leafref's path
// belong to the module that uses the type statement.
type typeKey struct {
	st  *stmt
	cur *unit
}

// typeOf compiles a type statement; nil after a fault.
func (c *compiler) typeOf(st *stmt, cur *unit) *Type {
	key := typeKey{st, cur}
	if t, ok := c.types[key]; ok {
		return t
	}
	if c.busyTypes[st] {
		c.errs.at(st, "type is defined by itself")
		return nil
	}
	c.busyTypes[st] = true
	defer delete(c.busyTypes, st)
	t := c.compileType(st, cur)
	c.types[key] = t
	return t
}

func (c *compiler) compileType(st *stmt, cur *unit) *Type {
	base, builtin := baseNames[st.arg]
	var t *Type
	if builtin {
		t = &Type{Base: base}
		if whole, ok := bounds[base]; ok {
			t.Range = []Interval{whole}
		}
	} else if t = c.derivedType(st, cur); t == nil {
		return nil
	}
	t.Name = st.arg
	before := len(c.errs.list)
	c.checkRestrictions(st, t.Base, builtin)
	c.restrict(t, st, cur)
	if len(c.errs.list) > before {
		return nil
	}
	return t
}

// derivedType returns a copy of the typedef's type, with the typedef's name,
// default and units in it.
func (c *compiler) derivedType(st *stmt, cur *unit) *Type {
	td := c.findDefinition(st, "typedef")
	if td == nil {
		return nil
	}
	c.errs.checkStatus(st, td)
	from := c.typeOf(td.first("type"), cur)
	if from == nil {
		return nil
	}
	if len(from.Typedefs) == maxTypedefs {
		c.errs.at(st, "type is derived through more than %d typedefs", maxTypedefs)
		return nil
	}
	t := *from
	t.Typedefs = append([]string{td.unit.main.name + ":" + td.arg}, from.Typedefs...)
	t.XPath = t.XPath || t.Base == String && t.Typedefs[0] == "ietf-yang-types:xpath1.0"
	t.Patterns = slices.Clip(from.Patterns)
	if def := td.first("default"); def != nil {
		t.def = prop{def, td.unit.main}
	}
	if u := td.first("units"); u != nil {
		t.units = u.arg
	}
	return &t
}

// findDefinition looks a typedef or grouping up by the argument of st: in the
// enclosing statements, then in the module, or in the module of the prefix.
func (c *compiler) findDefinition(st *stmt, keyword string) *stmt {
	prefix, name := splitPrefix(st.arg)
	m := st.unit.module(prefix)
	if m == nil {
		c.errs.breaks(st, rulePrefix, "prefix %q is not imported", prefix)
		return nil
	}
	if m == st.unit.main {
		for scope := st.parent; scope != nil && scope.parent != nil; scope = scope.parent {
			for _, s := range scope.subs {
				if s.keyword == keyword && s.arg == name {
					return s
				}
			}
		}
	}
	table := m.typedefs
	if keyword == "grouping" {
		table = m.groupings
	}
	if table[name] == nil {
		c.errs.breaks(st, ruleScope, "%s %q is not defined in module %s", keyword, name, m.name)
		return nil
	}
	return table[name]
}

// checkDefinitions compiles every typedef of a scope, used or not, and checks
// that no name is defined twice in nested scopes (RFC 7950 section 5.5).
func (c *compiler) checkDefinitions(st *stmt) {
	for _, s := range st.subs {
		switch s.keyword {
		case "typedef":
			c.checkShadow(s)
			if baseNames[s.arg] != 0 {
				c.errs.at(s, "has the name of a built-in type")
			}
			c.checkTypedef(s)
		case "grouping":
			c.checkShadow(s)
		}
		if !s.isExtension() {
			c.checkDefinitions(s)
		}
	}
}

func (c *compiler) checkShadow(s *stmt) {
	for scope := s.parent; scope.parent != nil; scope = scope.parent {
		for _, other := range scope.subs {
			if other != s && other.keyword == s.keyword && other.arg == s.arg {
				c.errs.breaks(s, ruleScope, "name is defined already on line %d", other.line)
				return
			}
		}
	}
	table := s.unit.main.typedefs
	if s.keyword == "grouping" {
		table = s.unit.main.groupings
	}
	if other := table[s.arg]; other != nil && other != s {
		c.errs.breaks(s, ruleScope, "name is defined already on line %d of %s", other.line, other.unit.file)
	}
}

// checkTypedef compiles a typedef and checks its default, as far as the type
// does not depend on the data tree.
func (c *compiler) checkTypedef(s *stmt) {
	t := c.typeOf(s.first("type"), s.unit.main)
	if t == nil {
		return
	}
	// RFC 7950 section 7.3.4: the default of the type it is derived from has to fit too.
	def := s.first("default")
	if def == nil {
		def = t.def.st
	}
	switch {
	case def == nil:
		return
	case t.Base == Empty:
		c.errs.breaks(def, Empty.rule(), "a type based on empty has no default")
		return
	case t.needsTree():
		return
	}
	v, err := t.Parse(c.lexical(prop{def, def.unit.main}))
	if err != nil {
		c.errs.at(def, "%s, in %s", err, s)
		return
	}
	c.checkUnconditional(def, v)
}

// needsTree says whether values of the type can be judged only with the data nodes known.
func (t *Type) needsTree() bool {
	return t.Base == Leafref || t.Base == InstanceIdentifier || slices.ContainsFunc(t.Members, (*Type).needsTree)
}

// instance returns the type as one leaf has it: every leafref in it is its own.
func (t *Type) instance() *Type {
	if !t.needsTree() {
		return t
	}
	own := *t
	own.Members = slices.Clone(t.Members)
	for i, m := range own.Members {
		own.Members[i] = m.instance()
	}
	return &own
}
