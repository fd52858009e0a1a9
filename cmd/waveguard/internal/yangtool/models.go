package yangtool

import (
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/optical-net/waveguard/yang/schema"
)

// Models says which modules make the schema. The zero value means the
// appliance's own, which are built in.
type Models struct {
	Paths    []string // folders to find modules in, before the built-in ones
	Modules  []string // to implement: NAME or NAME@REVISION
	Features []string // MODULE:FEATURE,... that are on, of modules so named; all else are
	Files    []*File  // module files, all of which are implemented
}

// Schema is a compiled schema.
type Schema struct {
	*schema.Set
	sources []library
}

// Compile compiles the modules. Without Modules and Files, all modules of the
// folders are implemented, or the built-in ones where there are no folders.
func (m Models) Compile() (*Schema, []Problem, error) {
	c := &Schema{}
	opt := schema.Options{}
	if err := m.find(c, &opt); err != nil {
		return nil, nil, err
	}
	on, err := m.features()
	if err != nil {
		return nil, nil, err
	}
	opt.Features = func(module, feature string) bool {
		wanted, limited := on[module]
		return !limited || wanted[feature] || wanted["*"]
	}
	sources := make([]fs.FS, len(c.sources))
	for i, l := range c.sources {
		sources[i] = l
	}
	set, err := schema.Compile(sources, opt)
	if err != nil {
		return nil, c.problems(err), nil
	}
	c.Set = set
	return c, nil, checkFeatures(set, on)
}

// find collects the sources and what is to be implemented of them.
func (m Models) find(c *Schema, opt *schema.Options) error {
	given, found := library{}, library{}
	for _, f := range m.Files {
		name, err := given.add(f)
		if err != nil {
			return err
		}
		opt.Implement = append(opt.Implement, name)
	}
	for _, module := range m.Modules {
		name, _, err := named(module)
		if err != nil {
			return err
		}
		if !slices.Contains(opt.Implement, name) {
			opt.Implement = append(opt.Implement, module)
		}
	}
	folders := slices.Clone(m.Paths)
	for _, f := range m.Files { // imports are looked for beside the importer, too
		if f.Name != "-" {
			folders = append(folders, filepath.Dir(f.Name))
		}
	}
	for _, dir := range folders {
		if err := found.addFolder(dir, given); err != nil {
			return explained(err)
		}
	}
	own, err := embedded()
	if err != nil {
		return err
	}
	for _, l := range []library{given, found, own} {
		if len(l) > 0 {
			c.sources = append(c.sources, l)
		}
	}
	if len(m.Paths) > 0 && len(found) == 0 {
		return misused("there are no .yang files in %s; name a folder that has some", strings.Join(m.Paths, ", "))
	}
	slices.Sort(opt.Implement)
	opt.Implement = slices.Compact(opt.Implement)
	return nil
}

// features returns the features that are on, of the modules that are named.
func (m Models) features() (map[string]map[string]bool, error) {
	on := map[string]map[string]bool{}
	for _, f := range m.Features {
		module, names, ok := strings.Cut(f, ":")
		if !ok || module == "" {
			return nil, misused("%q names no features; write MODULE:FEATURE,FEATURE, or MODULE: for none", f)
		}
		if on[module] == nil {
			on[module] = map[string]bool{}
		}
		for _, name := range strings.Split(names, ",") {
			if name != "" {
				on[module][name] = true
			}
		}
	}
	return on, nil
}

// checkFeatures refuses features that do not exist.
func checkFeatures(set *schema.Set, on map[string]map[string]bool) error {
	for _, name := range slices.Sorted(maps.Keys(on)) {
		m := set.Module(name)
		if m == nil {
			return misused("--feature names the module %s, which is not there; there are %s", name, moduleNames(set))
		}
		for feature := range on[name] {
			if _, ok := m.Features[feature]; ok || feature == "*" {
				continue
			}
			if len(m.Features) == 0 {
				return misused("module %s has no features, so not %s either", name, feature)
			}
			return misused("module %s has no feature %s; it has %s", name, feature, strings.Join(slices.Sorted(maps.Keys(m.Features)), ", "))
		}
	}
	return nil
}

func moduleNames(set *schema.Set) string {
	var names []string
	for _, m := range set.Modules {
		names = append(names, m.Name)
	}
	return strings.Join(slices.Compact(names), ", ")
}

// problems translates the errors of a compilation.
func (c *Schema) problems(err error) []Problem {
	errs := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		errs = joined.Unwrap()
	}
	var out []Problem
	for _, err := range errs {
		p := Problem{Message: err.Error()}
		var e *schema.Error
		if errors.As(err, &e) {
			p = c.problem(e)
		}
		out = append(out, p)
	}
	return out
}

func (c *Schema) problem(e *schema.Error) Problem {
	p := Problem{File: e.File, Line: e.Line, Column: e.Column, Message: e.Message}
	if e.Statement != "" {
		p.Message = e.Statement + ": " + e.Message
	}
	if strings.HasSuffix(e.Message, "is not among the sources") {
		p.Hint = "name the folder that has it with --path DIR; the built-in modules are listed by \"waveguard yang modules\""
	}
	for _, l := range c.sources {
		if f := l[e.File]; f != nil {
			return p.at(f, Place{e.Line, e.Column})
		}
	}
	return p
}
