package schema

import (
	"cmp"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/optical-net/waveguard/yang/xpath"
)

// Options choose what of the sources becomes the schema.
type Options struct {
	// Implement names the modules to implement, as "name" or "name@revision".
	// When empty, every module of the first source is, in its newest revision.
	// A module whose nodes an implemented one augments, deviates or refers to
	// is implemented too (RFC 7950 section 5.6.5).
	Implement []string

	// Features says which features are supported; nil means all. A feature
	// whose own if-feature is false cannot be.
	Features func(module, feature string) bool
}

// Compile reads the modules in files NAME.yang and NAME@REVISION.yang at the
// top of the sources, and compiles them. An import without revision takes the
// implemented one, else the newest. The error joins up to 20 of type *Error.
func Compile(sources []fs.FS, opt Options) (*Set, error) {
	return compileBounded(sources, opt, maxNodes)
}

// compileBounded compiles a schema of at most that many nodes.
func compileBounded(sources []fs.FS, opt Options, nodes int) (*Set, error) {
	lib, err := newLibrary(sources)
	if err != nil {
		return nil, err
	}
	l := newLoader(lib)
	l.loadAll(opt.Implement)
	if err := l.errs.err(); err != nil {
		return nil, err
	}
	for {
		c := newCompiler(l, opt)
		c.maxNodes = nodes
		set := c.compile()
		if len(c.missing) == 0 {
			return set, c.errs.err()
		}
		for _, u := range c.missing {
			l.implemented[u.name] = u
		}
	}
}

// loadAll loads the modules to implement and all they import.
func (l *loader) loadAll(names []string) {
	if len(names) == 0 {
		names = l.modulesOfFirstSource()
	}
	for _, n := range names {
		name, revision, _ := strings.Cut(n, "@")
		if old, ok := l.reserved[name]; ok && old != revision {
			l.errs.add(&Error{Message: "module " + name + " cannot be implemented in two revisions"})
		}
		l.reserved[name] = revision
	}
	for _, n := range names {
		name, revision, _ := strings.Cut(n, "@")
		if u := l.module(name, revision, nil); u != nil {
			l.implemented[name] = u
		}
	}
	for _, u := range l.order {
		l.checkExtensions(u)
	}
}

func (l *loader) modulesOfFirstSource() []string {
	var names []string
	for _, name := range l.lib.first {
		f := l.lib.find(name, "")
		f.probe()
		if !f.isSub {
			names = append(names, name)
		}
	}
	return names
}

// compiler turns linked units into a Set, once. When it finds that one more
// module has to be implemented, its work is dropped and another starts.
type compiler struct {
	*loader
	errs         errorList // of this run; shadows the loader's
	opt          Options
	set          *Set
	root         *draft
	structures   *draft // its children are the structures and yang-data of all modules
	keepDisabled bool   // if-feature statements are ignored

	modules       map[*unit]*Module
	features      map[*stmt]featureState
	identities    map[*stmt]*Identity
	types         map[typeKey]*Type
	busyTypes     map[*stmt]bool
	patterns      map[*stmt]*regexp.Regexp
	exprs         map[typeKey]*xpath.Expr
	usedGroupings map[*stmt]bool
	augmented     []augmented
	missing       []*unit // modules found to need implementing
	nodes         int     // made so far, of maxNodes
	maxNodes      int
	derived       int // identities from others, of maxDerived
	stopped       bool

	leafrefs   []leafref
	defaults   []*draft
	conditions []condition
	unused     []*draft // groupings that nothing uses, expanded
	disabled   []*draft // what features and deviations remove, without what is below
	scratch    bool     // nodes are made only for their faults
	unplaced   bool     // and whether they are config is not known
	depsOf     map[*xpath.Expr][]xpath.Dep
}

func newCompiler(l *loader, opt Options) *compiler {
	return &compiler{
		loader: l, opt: opt,
		set:        &Set{byName: map[string]*Module{}, byNamespace: map[string]*Module{}},
		root:       &draft{kind: Root, st: &stmt{keyword: "module"}},
		structures: &draft{kind: Root, st: &stmt{keyword: "module"}},
		modules:    map[*unit]*Module{}, features: map[*stmt]featureState{}, identities: map[*stmt]*Identity{},
		types: map[typeKey]*Type{}, busyTypes: map[*stmt]bool{}, patterns: map[*stmt]*regexp.Regexp{},
		exprs: map[typeKey]*xpath.Expr{}, usedGroupings: map[*stmt]bool{},
		depsOf: map[*xpath.Expr][]xpath.Dep{},
	}
}

func (c *compiler) isImplemented(u *unit) bool { return c.implemented[u.name] == u }

// implement asks for another run with u implemented.
func (c *compiler) implement(u *unit, because *stmt) {
	if other := c.implemented[u.name]; other != nil {
		c.errs.breaks(because, ruleRevisions, "needs module %s in revision %s, but %s is implemented", u.name, u.revision, other.revision)
		return
	}
	if !slices.Contains(c.missing, u) {
		c.missing = append(c.missing, u)
	}
}

// compile runs the phases; each stands on those before it being without fault.
// It returns nil after a fault or when modules are missing.
func (c *compiler) compile() *Set {
	phases := []func(){
		c.makeModules, c.checkFeatures, c.makeIdentities, c.checkAllDefinitions, c.makeAnnotations,
		c.expandModules, c.expandStructures, c.applyAugments, c.expandUnused, c.applyDeviations,
		c.buildNodes, c.buildStructures, c.buildUnused, c.buildDisabled, c.linkAugments,
		c.checkWhens, c.resolveLeafrefs, c.resolveDefaults, c.finish,
	}
	for _, phase := range phases {
		phase()
		if len(c.errs.list) > 0 || len(c.missing) > 0 {
			return nil
		}
	}
	return c.set
}

func (c *compiler) makeModules() {
	for _, u := range c.order {
		m := newModule(u)
		m.Implemented = c.isImplemented(u)
		c.modules[u] = m
		c.set.Modules = append(c.set.Modules, m)
	}
	for _, u := range c.order {
		for _, p := range u.parts() {
			for _, i := range p.imports {
				c.modules[u].addImport(i.prefix, c.modules[i.unit])
			}
			for _, s := range p.root.subs {
				if x := c.extension(s); x != nil {
					c.modules[u].Extensions = append(c.modules[u].Extensions, x)
				}
			}
		}
	}
	slices.SortFunc(c.set.Modules, func(a, b *Module) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Revision, b.Revision))
	})
	for _, m := range c.set.Modules {
		c.registerModule(m)
	}
	c.checkNamespaces()
}

func (c *compiler) checkNamespaces() {
	owners := map[string]string{}
	for _, u := range c.order {
		namespace := u.root.first("namespace")
		if owner := owners[namespace.arg]; owner != "" && owner != u.name {
			c.errs.at(namespace, "is also that of module %s", owner)
		}
		owners[namespace.arg] = u.name
	}
}

// registerModule enters a module by name and namespace; implemented ones, and
// then later ones, win.
func (c *compiler) registerModule(m *Module) {
	if old := c.set.byName[m.Name]; old == nil || !old.Implemented {
		c.set.byName[m.Name] = m
	}
	old := c.set.byNamespace[m.Namespace]
	if old == nil || !old.Implemented {
		c.set.byNamespace[m.Namespace] = m
	}
}

func newModule(u *unit) *Module {
	r := u.root
	m := &Module{
		Name: u.name, Namespace: r.text("namespace"), Prefix: r.text("prefix"), Revision: u.revision,
		YangVersion: "1", Organization: r.text("organization"), Contact: r.text("contact"),
		Description: r.text("description"), Reference: r.text("reference"),
		Features: map[string]bool{}, Identities: map[string]*Identity{}, Source: u.text,
	}
	if u.v11 {
		m.YangVersion = "1.1"
	}
	for _, s := range u.subs {
		m.Submodules = append(m.Submodules, &Submodule{Name: s.name, Revision: s.revision, Source: s.text})
	}
	return m
}

// addImport enters an import once, also when several parts have it.
func (m *Module) addImport(prefix string, of *Module) {
	if i := (Import{prefix, of}); !slices.Contains(m.Imports, i) {
		m.Imports = append(m.Imports, i)
	}
}

func (c *compiler) checkFeatures() {
	for _, u := range c.order {
		u.each("feature", func(s *stmt) { c.modules[u].Features[s.arg] = c.feature(s) })
	}
}

func (c *compiler) checkAllDefinitions() {
	for _, u := range c.order {
		for _, p := range u.parts() {
			c.checkDefinitions(p.root)
		}
	}
}

func (c *compiler) expandModules() {
	for _, u := range c.order {
		if !c.isImplemented(u) {
			continue
		}
		for _, p := range u.parts() {
			c.expand(&expansion{cur: u, parent: c.root}, p.root)
		}
	}
}
