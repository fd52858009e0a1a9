package schema

import "slices"

// unit is one parsed module or submodule, linked to what it imports. Units are
// made once per Compile; what is compiled from them hangs on the compiler.
type unit struct {
	file     string
	text     []byte
	root     *stmt
	name     string
	revision string
	isSub    bool
	v11      bool

	main *unit   // the module it belongs to; itself for a module
	subs []*unit // module: all its submodules, in order of inclusion

	prefixes map[string]*unit // own and imported prefixes, to modules
	imports  []unitImport     // statement order

	// Definitions at the top level of a module and all its submodules.
	typedefs, groupings, features, identities, extensions map[string]*stmt

	extensionUses []*stmt // statements of extensions, in this part
}

type unitImport struct {
	prefix string
	unit   *unit
}

// parts are the module itself and its submodules.
func (u *unit) parts() []*unit { return append([]*unit{u}, u.subs...) }

// each calls f for the top-level statements of that keyword in all parts.
func (u *unit) each(keyword string, f func(*stmt)) {
	for _, p := range u.parts() {
		p.root.each(keyword, f)
	}
}

// module returns the module a prefix stands for; an empty prefix is the unit's own module.
func (u *unit) module(prefix string) *unit {
	if prefix == "" {
		return u.main
	}
	return u.prefixes[prefix]
}

// loader finds, parses and links modules.
type loader struct {
	lib  *library
	errs errorList

	units       map[string]*unit // "name@revision"
	loading     map[string]bool  // circular imports
	order       []*unit          // modules, every import before its importer
	implemented map[string]*unit
	reserved    map[string]string // name to revision of what will be implemented
}

func newLoader(lib *library) *loader {
	return &loader{
		lib: lib, units: map[string]*unit{}, loading: map[string]bool{},
		implemented: map[string]*unit{}, reserved: map[string]string{},
	}
}

// module loads a module; an empty revision means the implemented, else the newest one.
func (l *loader) module(name, revision string, from *stmt) *unit {
	if revision == "" {
		revision = l.reserved[name]
	}
	f := l.lib.find(name, revision)
	if f == nil {
		l.missing("module", name, revision, from)
		return nil
	}
	id := name + "@" + f.revisionOf()
	if u, ok := l.units[id]; ok {
		return u
	}
	if l.loading[id] {
		l.errs.breaks(from, ruleImports, "closes a circle of imports")
		return nil
	}
	l.loading[id] = true
	u := l.read(f)
	if u != nil && u.isSub {
		l.errs.at(from, "is not a module")
		u = nil
	}
	if u != nil {
		l.link(u)
		l.order = append(l.order, u)
	}
	l.units[id] = u
	return u
}

func (l *loader) missing(what, name, revision string, from *stmt) {
	msg := what + " " + name
	if revision != "" {
		msg += " of revision " + revision
	}
	msg += " is not among the sources"
	if from == nil {
		l.errs.add(&Error{Message: msg})
		return
	}
	l.errs.breaks(from, "", "%s", msg)
}

// read parses a file and checks the form of its statements.
func (l *loader) read(f *file) *unit {
	u, fault := f.parse()
	if fault != nil {
		l.errs.add(fault)
		return nil
	}
	before := len(l.errs.list)
	l.checkGrammar(u)
	if len(l.errs.list) > before {
		return nil
	}
	return u
}

// link resolves the imports and includes of a module and gathers its definitions.
func (l *loader) link(u *unit) {
	u.main = u
	u.typedefs, u.groupings = map[string]*stmt{}, map[string]*stmt{}
	u.features, u.identities, u.extensions = map[string]*stmt{}, map[string]*stmt{}, map[string]*stmt{}
	u.prefixes = map[string]*unit{u.root.text("prefix"): u}
	l.link1(u, map[string]*unit{})
	for _, p := range u.parts() {
		l.gather(u, p)
	}
}

// link1 resolves the imports and includes of one part. including maps the names of
// the submodules met to their units, nil while being linked.
func (l *loader) link1(u *unit, including map[string]*unit) {
	u.root.each("import", func(s *stmt) { l.linkImport(u, s) })
	u.root.each("include", func(s *stmt) {
		sub, met := including[s.arg]
		switch {
		case met && sub == nil:
			l.errs.breaks(s, ruleImports, "closes a circle of includes")
		case met:
			l.checkIncludedRevision(sub, s)
		default:
			including[s.arg] = nil
			including[s.arg] = l.include(u, s, including)
		}
	})
}

func (l *loader) linkImport(u *unit, s *stmt) {
	prefix := s.text("prefix")
	if u.prefixes[prefix] != nil {
		l.errs.breaks(s, rulePrefix, "prefix %q is taken", prefix)
		return
	}
	if m := l.module(s.arg, s.text("revision-date"), s); m != nil {
		if m.v11 && !u.v11 && s.first("revision-date") != nil {
			l.errs.breaks(s, ruleCoexistence, "by revision needs yang-version 1.1, because the module imported is of it")
		}
		u.prefixes[prefix] = m
		u.imports = append(u.imports, unitImport{prefix, m})
	}
}

func (l *loader) include(u *unit, s *stmt, including map[string]*unit) *unit {
	f := l.lib.find(s.arg, s.text("revision-date"))
	if f == nil {
		l.missing("submodule", s.arg, s.text("revision-date"), s)
		return nil
	}
	sub := l.read(f)
	if sub == nil {
		return nil
	}
	belongs := sub.root.first("belongs-to")
	switch {
	case !sub.isSub:
		l.errs.at(s, "is not a submodule")
		return nil
	case belongs.arg != u.main.name:
		l.errs.at(s, "belongs to module %s", belongs.arg)
		return nil
	case sub.v11 != u.main.v11:
		l.errs.breaks(s, ruleCoexistence, "has another yang-version than its module")
		return nil
	case sub.v11 && u.isSub && !u.main.includes(s.arg):
		l.errs.at(s, "is not included by module %s", u.main.name)
		return nil
	}
	sub.main = u.main
	sub.prefixes = map[string]*unit{belongs.text("prefix"): u.main}
	u.main.subs = append(u.main.subs, sub)
	l.link1(sub, including)
	return sub
}

// includes says whether the module or submodule has an include of that name.
func (u *unit) includes(name string) bool {
	return slices.ContainsFunc(u.root.subs, func(s *stmt) bool { return s.keyword == "include" && s.arg == name })
}

func (l *loader) checkIncludedRevision(sub *unit, s *stmt) {
	if want := s.text("revision-date"); want != "" && want != sub.revision {
		l.errs.at(s, "revision %s is included elsewhere", sub.revision)
	}
}

// gather enters the top-level definitions of one part.
func (l *loader) gather(u, part *unit) {
	tables := map[string]map[string]*stmt{
		"typedef": u.typedefs, "grouping": u.groupings, "feature": u.features,
		"identity": u.identities, "extension": u.extensions,
	}
	for _, s := range part.root.subs {
		table, ok := tables[s.keyword]
		if !ok {
			continue
		}
		if table[s.arg] != nil {
			l.errs.breaks(s, ruleDistinct, "is defined twice")
			continue
		}
		table[s.arg] = s
	}
}
