package schema

import (
	"slices"
	"strings"
)

// expandUses expands a grouping where it is used (RFC 7950 section 7.13).
func (c *compiler) expandUses(x *expansion, s *stmt) {
	if c.stopped {
		return
	}
	g := c.findDefinition(s, "grouping")
	if g == nil {
		return
	}
	if slices.Contains(x.using, g) {
		c.errs.at(s, "grouping uses itself")
		return
	}
	c.usedGroupings[g] = true
	c.errs.checkStatus(s, g)
	in := &expansion{
		cur: x.cur, using: append(slices.Clip(x.using), g), parent: x.parent,
		whens: x.whens, disabled: x.disabled || !c.ifFeatures(s),
	}
	if when := s.first("when"); when != nil {
		in.whens = append(slices.Clip(x.whens), prop{when, x.cur})
	}
	if in.status = s.first("status"); in.status == nil {
		in.status = x.status
	}
	c.expand(in, g)
	s.each("refine", func(r *stmt) { c.refine(in, r) })
	s.each("augment", func(a *stmt) { c.augmentUses(in, a) })
	x.added = append(x.added, in.added...)
}

// descend finds the draft that a descendant schema node identifier names among
// the drafts a uses has made, or reports the fault at s.
func (c *compiler) descend(x *expansion, s *stmt) *draft {
	var d *draft
	for i, step := range strings.Split(s.arg, "/") {
		m, name := c.schemaStep(s, step, x.cur)
		if m == nil {
			return nil
		}
		if i == 0 {
			d = findAmong(x.added, m, name)
		} else {
			d = d.child(m, name)
		}
		if d == nil {
			c.errs.at(s, "node %q is not in the grouping", step)
			return nil
		}
	}
	return d
}

func findAmong(drafts []*draft, m *unit, name string) *draft {
	for _, d := range drafts {
		if d.name == name && d.unit == m {
			return d
		}
	}
	return nil
}

// schemaStep resolves one step of a schema node identifier. The module is nil after a fault.
func (c *compiler) schemaStep(s *stmt, step string, cur *unit) (*unit, string) {
	step = strings.TrimFunc(step, isSpace)
	prefix, name := splitPrefix(step)
	if referenceFault(step) != "" {
		c.errs.breaks(s, rulePaths, "%q is not a step of a schema path", step)
		return nil, ""
	}
	if prefix == "" {
		return cur, name
	}
	m := s.unit.module(prefix)
	if m == nil {
		c.errs.breaks(s, rulePrefix, "prefix %q is not imported", prefix)
	}
	return m, name
}

// refine edits one node of an expanded grouping (RFC 7950 section 7.13.2).
func (c *compiler) refine(x *expansion, r *stmt) {
	d := c.descend(x, r)
	if d == nil {
		return
	}
	replaced := map[string]bool{}
	for _, s := range r.subs {
		switch {
		case s.isExtension():
			d.props = append(d.props, prop{s, x.cur})
		case !d.refines(s.keyword):
			c.errs.breaks(s, "RFC 7950 section 7.13.2", "does not apply to %s", d.st.keyword)
		case s.keyword == "if-feature":
			d.features = append(d.features, s.arg)
			d.disabled = !c.ifFeature(s) && !c.keepDisabled || d.disabled
		case s.keyword == "default" && d.kind == LeafList && !s.unit.v11:
			c.errs.breaks(s, ruleVersion, "in a leaf-list needs yang-version 1.1")
		case s.keyword == "default" && replaced["default"] && d.kind != LeafList:
			c.errs.breaks(s, "RFC 7950 section 7.13.2", "stands more than once")
		default:
			if s.keyword != "must" && !replaced[s.keyword] {
				d.remove(s.keyword)
				replaced[s.keyword] = true
			}
			d.props = append(d.props, prop{s, x.cur})
		}
	}
}

// refines says whether a refine of the node may have that property: if-feature
// and must only where data is defined.
func (d *draft) refines(keyword string) bool {
	switch d.kind {
	case RPC, Action, Input, Output, Notification:
		return keyword == "description" || keyword == "reference"
	}
	return d.allows(keyword)
}

// allows says whether a property of that keyword can stand in d's statement.
func (d *draft) allows(keyword string) bool {
	if d.kind == Input || d.kind == Output {
		return keyword == "must"
	}
	_, ok := grammar[d.st.keyword][keyword]
	return ok
}

// augmentUses adds nodes to an expanded grouping (RFC 7950 section 7.13).
func (c *compiler) augmentUses(x *expansion, a *stmt) {
	if target := c.descend(x, a); target != nil {
		c.augment(target, a, &expansion{cur: x.cur, using: x.using})
	}
}
