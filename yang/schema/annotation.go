package schema

import "slices"

// Annotation is one kind of metadata that instances may carry, defined by an
// annotation statement of ietf-yang-metadata (RFC 7952 section 3).
type Annotation struct {
	Name        string
	Module      *Module // whose namespace the annotation is in
	Type        *Type
	Units       string // own or the typedef's
	Status      Status
	Description string
	Reference   string
}

// String returns the qualified name, "module:name".
func (a *Annotation) String() string { return a.Module.Name + ":" + a.Name }

// Annotation returns the annotation that the implemented module of that name
// defines, or nil.
func (s *Set) Annotation(module, name string) *Annotation {
	m := s.byName[module]
	if m == nil {
		return nil
	}
	return m.Annotations[name]
}

// makeAnnotations compiles the annotations of implemented modules.
func (c *compiler) makeAnnotations() {
	for _, u := range c.order {
		if c.isImplemented(u) {
			u.each("annotation", c.makeAnnotation)
		}
	}
}

// makeAnnotation enters one annotation, unless an if-feature of it is false.
func (c *compiler) makeAnnotation(s *stmt) {
	m := c.modules[s.unit.main]
	t := c.typeOf(s.first("type"), s.unit.main)
	on := c.ifFeatures(s)
	switch {
	case m.Annotations[s.arg] != nil:
		c.errs.at(s, "is defined twice")
		return
	case t == nil || !on:
		return
	case t.hasLeafref():
		c.errs.at(s, "is of a type with a leafref, which has no place to start from")
		return
	}
	a := &Annotation{
		Name: s.arg, Module: m, Type: t, Units: s.text("units"), Status: statuses[s.text("status")],
		Description: s.text("description"), Reference: s.text("reference"),
	}
	if a.Units == "" {
		a.Units = t.units
	}
	if m.Annotations == nil {
		m.Annotations = map[string]*Annotation{}
	}
	m.Annotations[a.Name] = a
}

func (t *Type) hasLeafref() bool {
	return t.Base == Leafref || slices.ContainsFunc(t.Members, (*Type).hasLeafref)
}
