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
	for _, s := range all {
		c.checkIdentityCircle(s)
	}
	for _, s := range all {
		if c.ifFeatures(s) {
			id := c.identities[s]
			id.enter(id.Bases, map[*Identity]bool{id: true})
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

// checkIdentityCircle refuses an identity that is among its own ancestors, and
// cuts it off so that later walks end.
func (c *compiler) checkIdentityCircle(s *stmt) {
	id := c.identities[s]
	seen := map[*Identity]bool{}
	queue := slices.Clone(id.Bases)
	for len(queue) > 0 {
		b := queue[0]
		queue = queue[1:]
		if b == id {
			c.errs.breaks(s, "RFC 7950 section 7.18.2", "is derived from itself")
			id.Bases = nil
			return
		}
		if !seen[b] {
			seen[b] = true
			queue = append(queue, b.Bases...)
		}
	}
}

// enter records i as derived from all of bases and their bases.
func (i *Identity) enter(bases []*Identity, seen map[*Identity]bool) {
	for _, b := range bases {
		if seen[b] {
			continue
		}
		seen[b] = true
		b.derived[i] = true
		if old := b.byName[i.String()]; old == nil || i.Module.Implemented {
			b.byName[i.String()] = i
		}
		i.enter(b.Bases, seen)
	}
}

// Derived returns the canonical names of all identities derived from i, sorted.
func (i *Identity) Derived() []string { return slices.Sorted(maps.Keys(i.byName)) }
