package schema

import (
	"maps"
	"slices"
)

// makeIdentities creates the identities of all modules, links their bases and
// enters every identity with all it is derived from. An identity whose
// if-feature is false is derived from nothing: it is no valid value.
func (c *compiler) makeIdentities() {
	var all []*stmt
	for _, u := range c.order {
		u.each("identity", func(s *stmt) {
			id := &Identity{Name: s.arg, Module: c.modules[u], conditional: s.first("if-feature") != nil, derived: map[*Identity]bool{}, byName: map[string]*Identity{}}
			c.identities[s] = id
			c.modules[u].Identities[s.arg] = id
			all = append(all, s)
		})
	}
	for _, s := range all {
		c.linkBases(s)
	}
	c.checkIdentityCircles(all)
	for _, s := range all {
		if c.ifFeatures(s) && c.derived <= maxDerived {
			c.derive(s)
		}
	}
}

func (c *compiler) linkBases(s *stmt) {
	id := c.identities[s]
	s.each("base", func(b *stmt) {
		if base := c.identity(b); base != nil {
			id.Bases = append(id.Bases, base)
		}
	})
	if len(id.Bases) > 1 && !s.unit.v11 {
		c.errs.breaks(s, ruleVersion, "several bases need yang-version 1.1")
	}
}

// identity resolves a base statement.
func (c *compiler) identity(b *stmt) *Identity {
	prefix, name := splitPrefix(b.arg)
	m := b.unit.module(prefix)
	if m == nil {
		c.errs.breaks(b, rulePrefix, "prefix %q is not imported", prefix)
		return nil
	}
	s := m.identities[name]
	if s == nil {
		c.errs.at(b, "module %s defines no identity %s", m.name, name)
		return nil
	}
	c.errs.checkStatus(b, s)
	return c.identities[s]
}

// checkIdentityCircles refuses identities that are among their own ancestors,
// and cuts them off so that later walks end.
func (c *compiler) checkIdentityCircles(all []*stmt) {
	ids := make([]*Identity, len(all))
	for i, s := range all {
		ids[i] = c.identities[s]
	}
	circular := onCircle(ids, func(i *Identity) []*Identity { return i.Bases })
	for i, s := range all {
		if circular[ids[i]] {
			c.errs.breaks(s, "RFC 7950 section 7.18.2", "is derived from itself")
			ids[i].Bases = nil
		}
	}
}

// maxDerived bounds how often an identity is derived from another one, in one set.
const maxDerived = 250_000

// derive records the identity of s as derived from all of its bases and theirs.
func (c *compiler) derive(s *stmt) {
	id := c.identities[s]
	name, seen := id.String(), map[*Identity]bool{id: true}
	var enter func(bases []*Identity)
	enter = func(bases []*Identity) {
		for _, b := range bases {
			if seen[b] || c.derived > maxDerived {
				continue
			}
			c.derived++
			seen[b] = true
			b.derived[id] = true
			if old := b.byName[name]; old == nil || id.Module.Implemented {
				b.byName[name] = id
			}
			enter(b.Bases)
		}
	}
	if enter(id.Bases); c.derived > maxDerived {
		c.errs.breaks(s, "", "identities are derived from others more than %d times, bases of bases counted", maxDerived)
	}
}

// Derived returns the canonical names of all identities derived from i, sorted.
func (i *Identity) Derived() []string { return slices.Sorted(maps.Keys(i.byName)) }
