package schema

// Extension is one use of an extension (RFC 7950 section 7.19).
type Extension struct {
	Module      *Module // that defines the extension
	Name        string
	Argument    string
	HasArgument bool
}

// Extensions are the uses of extensions in one statement, in order.
type Extensions []*Extension

// Find returns the first use of the extension of that name that the module of
// that name defines, or nil.
func (e Extensions) Find(module, name string) *Extension {
	for _, x := range e {
		if x.Name == name && x.Module.Name == module {
			return x
		}
	}
	return nil
}

// extension is nil for a statement of YANG itself.
func (c *compiler) extension(s *stmt) *Extension {
	if !s.isExtension() {
		return nil
	}
	prefix, name := splitPrefix(s.keyword)
	return &Extension{Module: c.modules[s.unit.module(prefix)], Name: name, Argument: s.arg, HasArgument: s.hasArg}
}

// noteExtension remembers an extension's statement for checkExtensions, once
// prefixes are known, with all below it.
func (l *loader) noteExtension(s *stmt) {
	s.unit.extensionUses = append(s.unit.extensionUses, s)
	for _, sub := range s.subs {
		switch {
		case sub.isExtension():
			l.noteExtension(sub)
		case grammar[sub.keyword] == nil:
			l.errs.breaks(sub, ruleGrammar, "is not a YANG statement")
		default:
			l.checkStatement(sub)
		}
	}
}

// checkExtensions checks that every extension used is one that an imported
// module defines, and has an argument if and only if the definition says so.
func (l *loader) checkExtensions(u *unit) {
	for _, p := range u.parts() {
		for _, s := range p.extensionUses {
			l.checkExtension(p, s)
		}
	}
}

func (l *loader) checkExtension(u *unit, s *stmt) {
	prefix, name := splitPrefix(s.keyword)
	m := u.module(prefix)
	if m == nil {
		l.errs.breaks(s, rulePrefix, "prefix %q is not imported", prefix)
		return
	}
	def := m.extensions[name]
	switch {
	case def == nil:
		l.errs.at(s, "module %s defines no extension %s", m.name, name)
	case s.hasArg && def.first("argument") == nil:
		l.errs.breaks(s, "RFC 7950 section 7.19.2", "takes no argument")
	case !s.hasArg && def.first("argument") != nil:
		l.errs.breaks(s, "RFC 7950 section 7.19.2", "lacks its argument %s", def.text("argument"))
	default:
		l.errs.checkStatus(s, def)
		l.adopt(s, m.name, name)
	}
}
