package schema

import "strings"

// augment adds the data definitions of an augment statement below target.
func (c *compiler) augment(target *draft, a *stmt, x *expansion) {
	switch target.kind {
	case Container, List, Choice, Case, Input, Output, Notification, Structure:
	default:
		c.errs.at(a, "%s has no children to add to", target.st.keyword)
		return
	}
	x.parent = target
	x.disabled = !c.ifFeatures(a)
	x.status = a.first("status")
	when := a.first("when")
	if when != nil {
		x.whens = []prop{{when, x.cur}}
	}
	before := len(target.children)
	c.expand(x, a)
	for _, d := range target.children[before:] {
		if (when == nil || !a.unit.v11) && d.unit != target.unit {
			c.augmented = append(c.augmented, augmented{d, a})
		}
	}
}

// augmented is a node that another module adds unconditionally, to be checked
// once built: it must not be mandatory.
type augmented struct {
	d *draft
	a *stmt
}

// checkParent refuses cases, actions and notifications where a uses or augment
// brings them to nodes that cannot have them.
func (c *compiler) checkParent(parent, d *draft) {
	ok := true
	switch d.kind {
	case Case:
		ok = parent.kind == Choice
	case Action:
		ok = parent.kind == Container || parent.kind == List
	case Notification:
		ok = parent.kind == Container || parent.kind == List || parent.kind == Root
	}
	if !ok {
		c.errs.at(d.st, "cannot stand in %s", parent.st.keyword)
	}
}

// applyAugments applies the augments of all implemented modules, in as many
// rounds as augments of augments need.
func (c *compiler) applyAugments() {
	var open []*stmt
	for _, u := range c.order {
		if c.isImplemented(u) {
			open = append(open, u.augments()...)
		}
	}
	for len(open) > 0 {
		var left []*stmt
		for _, a := range open {
			if target, _ := c.augmentTarget(a); target != nil {
				c.noteAugment(a, target)
				before := len(target.children)
				c.augment(target, a, &expansion{cur: a.unit.main})
				for _, d := range target.children[before:] {
					d.augmented = true
				}
			} else {
				left = append(left, a)
			}
		}
		if len(left) == len(open) {
			c.reportTargets(left)
			return
		}
		open = left
	}
}

func (c *compiler) reportTargets(open []*stmt) {
	for _, a := range open {
		if _, fault := c.augmentTarget(a); fault != "" {
			c.errs.at(a, "%s", fault)
		}
	}
}

// augments are the augment and augment-structure statements of a module.
func (u *unit) augments() []*stmt {
	var all []*stmt
	for _, p := range u.parts() {
		for _, s := range p.root.subs {
			if s.keyword == "augment" || s.keyword == "augment-structure" {
				all = append(all, s)
			}
		}
	}
	return all
}

// augmentTarget finds what an augment or augment-structure statement adds to; fault as absolute's.
func (c *compiler) augmentTarget(a *stmt) (d *draft, fault string) {
	if a.keyword == "augment" {
		return c.absolute(a)
	}
	d, fault = c.follow(a, c.structures)
	if d != nil && d.top().kind != Structure {
		return nil, "yang-data cannot be augmented"
	}
	return d, fault
}

// absolute finds the draft that an absolute schema node identifier names. The
// fault is empty when a module it leads through has to be implemented first.
func (c *compiler) absolute(s *stmt) (d *draft, fault string) { return c.follow(s, c.root) }

// follow follows an absolute schema node identifier down from d.
func (c *compiler) follow(s *stmt, d *draft) (_ *draft, fault string) {
	path, ok := strings.CutPrefix(strings.TrimFunc(s.arg, isSpace), "/")
	if !ok {
		return nil, "argument is not an absolute schema path"
	}
	for _, step := range strings.Split(path, "/") {
		m, name := c.schemaStep(s, step, s.unit.main)
		if m == nil {
			return nil, "path cannot be resolved"
		}
		if !c.isImplemented(m) {
			c.implement(m, s)
			return nil, ""
		}
		if d = d.child(m, name); d == nil {
			return nil, "there is no node \"" + step + "\""
		}
	}
	return d, ""
}
