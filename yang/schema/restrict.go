package schema

import (
	"strconv"

	"github.com/optical-net/waveguard/yang/xpath"
	"github.com/optical-net/waveguard/yang/xsdre"
)

// restrict applies the substatements of a type statement to t.
func (c *compiler) restrict(t *Type, st *stmt, cur *unit) {
	if t.Base == Leafref || t.Base == InstanceIdentifier {
		c.restrictReference(t, st, cur)
	}
	if digits := st.first("fraction-digits"); digits != nil {
		n, _ := strconv.ParseUint(digits.arg, 10, 8)
		t.FractionDigits = uint8(n)
	}
	if s := st.first("range"); s != nil && len(t.Range) > 0 {
		t.Range, t.RangeError = c.parts(s, t.Range, t.FractionDigits), restrictionError(s)
	}
	if s := st.first("length"); s != nil {
		base := t.Length
		if len(base) == 0 {
			base = []Interval{lengthBounds}
		}
		t.Length, t.LengthError = c.parts(s, base, 0), restrictionError(s)
	}
	st.each("pattern", func(s *stmt) { c.pattern(t, s) })
	if st.first("enum") != nil {
		c.enums(t, st)
	}
	if st.first("bit") != nil {
		c.bits(t, st)
	}
	c.restrictIdentityref(t, st)
	c.members(t, st, cur)
}

func (c *compiler) parts(s *stmt, base []Interval, digits uint8) []Interval {
	parts, err := parseParts(s.arg, base, digits)
	if err != nil {
		c.errs.at(s, "%s", err)
	}
	return parts
}

func restrictionError(s *stmt) *RestrictionError {
	e := RestrictionError{Message: s.text("error-message"), AppTag: s.text("error-app-tag")}
	if e == (RestrictionError{}) {
		return nil
	}
	return &e
}

func (c *compiler) pattern(t *Type, s *stmt) {
	re, ok := c.patterns[s]
	if !ok {
		var err error
		if re, err = xsdre.Compile(s.arg); err != nil {
			c.errs.at(s, "%s", err)
		}
		c.patterns[s] = re
	}
	if re == nil {
		return
	}
	p := &Pattern{Source: s.arg, Regexp: re, Invert: s.text("modifier") == "invert-match"}
	if e := restrictionError(s); e != nil {
		p.RestrictionError = *e
	}
	t.Patterns = append(t.Patterns, p)
}

// restrictReference handles leafref and instance-identifier, whose instances
// are required unless the type says otherwise.
func (c *compiler) restrictReference(t *Type, st *stmt, cur *unit) {
	if len(t.Typedefs) == 0 {
		t.RequireInstance = true
	}
	if s := st.first("require-instance"); s != nil {
		if t.Base == Leafref && !st.unit.v11 {
			c.errs.breaks(s, ruleVersion, "in a leafref needs yang-version 1.1")
		}
		t.RequireInstance = s.arg == "true"
	}
	if s := st.first("path"); s != nil {
		t.path, t.PathText = prop{s, cur}, s.arg
		t.Path = c.expr(t.path)
	}
}

func (c *compiler) restrictIdentityref(t *Type, st *stmt) {
	st.each("base", func(s *stmt) {
		if id := c.identity(s); id != nil {
			t.IdentityBases = append(t.IdentityBases, id)
		}
	})
	if len(t.IdentityBases) > 1 && !st.unit.v11 {
		c.errs.breaks(st, ruleVersion, "several bases need yang-version 1.1")
	}
}

// members compiles a union's types and lays nested unions flat, which chooses
// the same member for every value.
func (c *compiler) members(t *Type, st *stmt, cur *unit) {
	st.each("type", func(s *stmt) {
		m := c.typeOf(s, cur)
		switch {
		case m == nil:
		case !st.unit.v11 && (m.Base == Empty || m.Base == Leafref):
			c.errs.breaks(s, ruleVersion, "in a union needs yang-version 1.1")
		case m.Base == Union:
			t.Members = append(t.Members, m.Members...)
		default:
			t.Members = append(t.Members, m)
		}
	})
	if len(t.Members) > maxMembers {
		c.errs.breaks(st, "", "has more than %d members", maxMembers)
		t.Members = nil
	}
}

// expr compiles an XPath argument. Prefixes are those of the module where the
// statement is written, names without one belong to p.cur.
func (c *compiler) expr(p prop) *xpath.Expr {
	key := typeKey(p)
	if e, ok := c.exprs[key]; ok {
		return e
	}
	e, err := xpath.Parse(p.st.arg, p.resolve)
	if err != nil {
		c.errs.breaks(p.st, ruleXPath, "%s", err)
		e = nil
	}
	c.exprs[key] = e
	return e
}
