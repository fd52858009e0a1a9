package schema

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
)

// numbering is how the names of an enumeration or bits type get their numbers.
type numbering struct {
	keyword string           // "enum" or "bit"
	number  string           // the substatement that gives the number
	max     int64            // largest number
	base    map[string]int64 // the type that is restricted; nil for the built-in type
}

// numbered is one name of such a type.
type numbered struct {
	name  string
	value int64
}

// number reads the names of a type statement in order, those left out whose
// if-feature is false: they keep their numbers from others all the same.
func (c *compiler) number(t *Type, st *stmt, rule numbering) []numbered {
	t.conditional = maps.Clone(t.conditional)
	var out []numbered
	names, values, next := map[string]bool{}, map[int64]bool{}, int64(0)
	st.each(rule.keyword, func(s *stmt) {
		value := c.numberOf(s, rule, next)
		if names[s.arg] || values[value] {
			c.errs.at(s, "name or %s %d is used twice", rule.number, value)
			return
		}
		if value > rule.max {
			c.errs.at(s, "%s has to be given: the largest is taken", rule.number)
			return
		}
		if next = max(next, value+1); len(values) == 0 {
			next = value + 1
		}
		names[s.arg], values[value] = true, true
		if s.first("if-feature") != nil {
			t.markConditional(s.arg)
		}
		if c.ifFeatures(s) {
			out = append(out, numbered{s.arg, value})
		}
	})
	return out
}

// numberOf returns the number given to a name, the one it has in the type that
// is restricted, or next.
func (c *compiler) numberOf(s *stmt, rule numbering, next int64) int64 {
	value, explicit := next, s.first(rule.number)
	if explicit != nil {
		value, _ = strconv.ParseInt(explicit.arg, 10, 64)
	}
	if rule.base == nil {
		return value
	}
	old, ok := rule.base[s.arg]
	if !ok {
		c.errs.at(s, "is not in the type that is restricted")
		return value
	}
	if explicit != nil && value != old {
		c.errs.at(explicit, "differs from %d in the type that is restricted", old)
	}
	return old
}

func (t *Type) markConditional(name string) {
	if t.conditional == nil {
		t.conditional = map[string]bool{}
	}
	t.conditional[name] = true
}

// enums reads the enum substatements (RFC 7950 section 9.6.4).
func (c *compiler) enums(t *Type, st *stmt) {
	rule := numbering{keyword: "enum", number: "value", max: 1<<31 - 1}
	if t.enumByName != nil {
		rule.base = map[string]int64{}
		for name, e := range t.enumByName {
			rule.base[name] = int64(e.Value)
		}
	}
	t.Enums, t.enumByName = nil, map[string]*Enum{}
	for _, n := range c.number(t, st, rule) {
		e := &Enum{Name: n.name, Value: int32(n.value)}
		t.Enums = append(t.Enums, e)
		t.enumByName[e.Name] = e
	}
}

// checkInhabited refuses the use of a type that if-features leave without values.
func (c *compiler) checkInhabited(st *stmt, t *Type) {
	if t.Base == Enumeration && len(t.Enums) == 0 || t.Base == Bits && len(t.Bits) == 0 {
		c.errs.breaks(st, t.Base.rule(), "if-features leave no value of the type")
	}
	for _, m := range t.Members {
		c.checkInhabited(st, m)
	}
}

// bits reads the bit substatements (RFC 7950 section 9.7.4).
func (c *compiler) bits(t *Type, st *stmt) {
	rule := numbering{keyword: "bit", number: "position", max: 1<<32 - 1}
	if t.bitByName != nil {
		rule.base = map[string]int64{}
		for name, b := range t.bitByName {
			rule.base[name] = int64(b.Position)
		}
	}
	t.Bits, t.bitByName = nil, map[string]*Bit{}
	for _, n := range c.number(t, st, rule) {
		b := &Bit{Name: n.name, Position: uint32(n.value)}
		t.Bits = append(t.Bits, b)
		t.bitByName[b.Name] = b
	}
	slices.SortFunc(t.Bits, func(a, b *Bit) int { return cmp.Compare(a.Position, b.Position) })
}
