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

// replaceable are the properties that every node of their kind has, stated or not.
var replaceable = map[string]bool{"config": true, "mandatory": true, "min-elements": true, "max-elements": true}

func (c *compiler) deviate(d *draft, dev, deviation *stmt) {
	if dev.arg == "not-supported" {
		if len(dev.subs) > 0 || count(deviation, "deviate") > 1 {
			c.errs.at(dev, "stands alone and has no substatements")
		}
		d.disabled = true
		return
	}
	replaced := map[string]bool{}
	for _, s := range dev.subs {
		if s.isExtension() {
			continue
		}
		if !d.allows(s.keyword) {
			c.errs.at(s, "does not apply to a %s", d.st.keyword)
			continue
		}
		p := prop{s, dev.unit.main}
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
		c.errs.at(p.st, "cannot be added")
	case exists && single:
		c.errs.at(p.st, "exists already in the node")
	default:
		d.props = append(d.props, p)
	}
}

func (c *compiler) deviateReplace(d *draft, p prop, replaced map[string]bool) {
	k := p.st.keyword
	_, exists := d.prop(k)
	switch {
	case k == "must" || k == "unique":
		c.errs.at(p.st, "cannot be replaced")
	case !exists && !replaceable[k] && !replaced[k]:
		c.errs.at(p.st, "does not exist in the node")
	default:
		if !replaced[k] {
			d.remove(k)
		}
		replaced[k] = true
		d.props = append(d.props, p)
	}
}

func (c *compiler) deviateDelete(d *draft, p prop) {
	switch p.st.keyword {
	case "must", "unique", "units", "default":
	default:
		c.errs.at(p.st, "cannot be deleted")
		return
	}
	i := slices.IndexFunc(d.props, func(q prop) bool { return q.st.keyword == p.st.keyword && q.st.arg == p.st.arg })
	if i < 0 {
		c.errs.at(p.st, "does not exist in the node")
		return
	}
	d.props = slices.Delete(d.props, i, i+1)
}
