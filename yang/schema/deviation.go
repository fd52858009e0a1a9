package schema

import "slices"

// applyDeviations applies the deviations of all implemented modules (RFC 7950 section 7.20.3).
func (c *compiler) applyDeviations() {
	for _, u := range c.order {
		if !c.isImplemented(u) {
			continue
		}
		u.each("deviation", func(s *stmt) {
			d, fault := c.absolute(s)
			if fault != "" {
				c.errs.at(s, "%s", fault)
			}
			if d == nil {
				return
			}
			m := c.modules[d.unit]
			if !slices.Contains(m.Deviations, u.name) {
				m.Deviations = append(m.Deviations, u.name)
			}
			s.each("deviate", func(dev *stmt) { c.deviate(d, dev, s) })
		})
	}
}

func (c *compiler) deviate(d *draft, dev, deviation *stmt) {
	if dev.arg == "not-supported" {
		if slices.ContainsFunc(dev.subs, (*stmt).isYANG) || count(deviation, "deviate") > 1 {
			c.errs.at(dev, "stands alone and has no substatements")
		}
		d.disabled, d.unsupported = true, true
	}
	if d.unsupported && d.deviated {
		c.errs.breaks(dev, ruleDeviations, "another deviation changes or removes the node")
	}
	d.deviated = true
	replaced := map[string]bool{}
	for _, s := range dev.subs {
		if s.isExtension() {
			c.deviateExtension(d, prop{s, dev.unit.main}, dev.arg)
			continue
		}
		if !d.allows(s.keyword) {
			c.errs.breaks(s, ruleDeviate, "does not apply to %s", d.st.keyword)
			continue
		}
		p := prop{s, d.unit}
		switch dev.arg {
		case "add":
			c.deviateAdd(d, p)
		case "replace":
			c.deviateReplace(d, p, replaced)
		case "delete":
			c.deviateDelete(d, p)
		}
	}
}

func count(st *stmt, keyword string) int {
	n := 0
	st.each(keyword, func(*stmt) { n++ })
	return n
}

func (c *compiler) deviateAdd(d *draft, p prop) {
	_, exists := d.prop(p.st.keyword)
	single := grammar[d.st.keyword][p.st.keyword].max == 1
	switch {
	case p.st.keyword == "type":
		c.errs.breaks(p.st, ruleDeviate, "cannot be added")
	case exists && single:
		c.errs.breaks(p.st, ruleDeviate, "exists already in the node")
	default:
		d.props = append(d.props, p)
	}
}

func (c *compiler) deviateReplace(d *draft, p prop, replaced map[string]bool) {
	k := p.st.keyword
	_, exists := d.prop(k)
	switch {
	case k == "must" || k == "unique":
		c.errs.breaks(p.st, ruleDeviate, "cannot be replaced")
	case replaced[k]:
		c.errs.breaks(p.st, ruleDeviate, "stands more than once in deviate")
	case !exists:
		c.errs.breaks(p.st, ruleDeviate, "does not exist in the node")
	default:
		d.remove(k)
		replaced[k] = true
		d.props = append(d.props, p)
	}
}

func (c *compiler) deviateDelete(d *draft, p prop) {
	switch p.st.keyword {
	case "must", "unique", "units", "default":
	default:
		c.errs.breaks(p.st, ruleDeviate, "cannot be deleted")
		return
	}
	i := slices.IndexFunc(d.props, func(q prop) bool { return q.st.keyword == p.st.keyword && q.st.arg == p.st.arg })
	if i < 0 {
		c.errs.breaks(p.st, ruleDeviate, "does not exist in the node")
		return
	}
	d.props = slices.Delete(d.props, i, i+1)
}

// deviateExtension adds the use of an extension to a node, or takes an equal one from it.
func (c *compiler) deviateExtension(d *draft, p prop, how string) {
	if how != "delete" {
		d.props = append(d.props, p)
		return
	}
	gone := c.extension(p.st)
	i := slices.IndexFunc(d.props, func(q prop) bool {
		x := c.extension(q.st)
		return x != nil && *x == *gone
	})
	if i >= 0 {
		d.props = slices.Delete(d.props, i, i+1)
	}
}
