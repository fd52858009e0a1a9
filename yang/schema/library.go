package schema

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// library is the index of the module files of all sources.
type library struct {
	byName map[string][]*file // sources' order, then file names'
	first  []string           // names in the first source, sorted
}

// file is one NAME.yang or NAME@REVISION.yang.
type file struct {
	fsys     fs.FS
	path     string
	name     string
	revision string // of the file name; empty when it has none
	isSub    bool   // known after the first parse
	text     []byte
	probed   *unit // parsed only to learn the revision; never linked
	fault    *Error
}

// newLibrary lists the sources.
func newLibrary(sources []fs.FS) (*library, error) {
	lib := &library{byName: map[string][]*file{}}
	for i, fsys := range sources {
		entries, err := fs.ReadDir(fsys, ".")
		if err != nil {
			return nil, fmt.Errorf("list modules: %w", err)
		}
		for _, e := range entries {
			base, ok := strings.CutSuffix(e.Name(), ".yang")
			if e.Type()&^fs.ModeSymlink != 0 || !ok { // a pipe would never end
				continue
			}
			name, revision, _ := strings.Cut(base, "@")
			lib.byName[name] = append(lib.byName[name], &file{fsys: fsys, path: e.Name(), name: name, revision: revision})
			if i == 0 {
				lib.first = append(lib.first, name)
			}
		}
	}
	slices.Sort(lib.first)
	lib.first = slices.Compact(lib.first)
	return lib, nil
}

// parse reads the file into a new unit of its own. The error is also kept.
func (f *file) parse() (*unit, *Error) {
	if f.fault != nil {
		return nil, f.fault
	}
	if f.text == nil {
		text, err := fs.ReadFile(f.fsys, f.path)
		if err != nil {
			f.fault = &Error{File: f.path, Message: err.Error()}
			return nil, f.fault
		}
		f.text = text
	}
	if u := f.probed; u != nil {
		f.probed = nil
		return u, nil
	}
	u, fault := parseUnit(f.path, f.text)
	if fault == nil {
		fault = f.identify(u)
	}
	f.fault = fault
	return u, fault
}

// identify fills the unit's name and revision and checks them against the file name.
func (f *file) identify(u *unit) *Error {
	u.name, u.isSub = u.root.arg, u.root.keyword == "submodule"
	u.v11 = u.root.text("yang-version") == "1.1"
	u.root.each("revision", func(s *stmt) { u.revision = max(u.revision, s.arg) })
	f.isSub = u.isSub
	fault := func(msg string) *Error {
		return &Error{File: f.path, Line: u.root.line, Column: u.root.col, Statement: u.root.String(), Message: msg}
	}
	if u.name != f.name {
		return fault("has another name than its file")
	}
	if f.revision != "" && f.revision != u.revision {
		return fault("has another newest revision than its file name says")
	}
	return nil
}

// revisionOf returns the newest revision of the module in the file.
func (f *file) revisionOf() string {
	if f.revision != "" {
		return f.revision
	}
	if u := f.probe(); u != nil {
		return u.revision
	}
	return ""
}

// probe parses the file to learn what it is; nil after a fault.
func (f *file) probe() *unit {
	if f.probed == nil {
		u, fault := f.parse()
		if fault != nil {
			return nil
		}
		f.probed = u
	}
	return f.probed
}

// find returns the file of that module and revision, the newest when revision
// is empty, the first source's among equals; nil when there is none.
func (lib *library) find(name, revision string) *file {
	candidates := lib.byName[name]
	if revision != "" {
		i := slices.IndexFunc(candidates, func(f *file) bool { return f.revisionOf() == revision })
		if i < 0 {
			return nil
		}
		return candidates[i]
	}
	if len(candidates) == 0 {
		return nil
	}
	return slices.MaxFunc(candidates, func(a, b *file) int { return cmp.Compare(a.revisionOf(), b.revisionOf()) })
}
