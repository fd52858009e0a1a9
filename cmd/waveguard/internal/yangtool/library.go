package yangtool

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/optical-net/waveguard/yang/models"
)

// library is a file system of module files that stand in several folders or
// were read from elsewhere, by the names the compiler wants: NAME.yang or
// NAME@REVISION.yang.
type library map[string]*File

// Open implements fs.FS.
func (l library) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// ReadDir implements fs.ReadDirFS.
func (l library) ReadDir(string) ([]fs.DirEntry, error) {
	var out []fs.DirEntry
	for name := range l {
		out = append(out, fs.FileInfoToDirEntry(moduleFile(name)))
	}
	slices.SortFunc(out, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return out, nil
}

// ReadFile implements fs.ReadFileFS.
func (l library) ReadFile(name string) ([]byte, error) {
	f := l[name]
	if f == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	if f.Text == nil {
		text, err := os.ReadFile(f.Name)
		if err != nil {
			return nil, err
		}
		f.Text = text
	}
	return f.Text, nil
}

// moduleFile is the name of a file of a library.
type moduleFile string

// The methods implement fs.FileInfo.
func (m moduleFile) Name() string     { return string(m) }
func (moduleFile) Size() int64        { return 0 }
func (moduleFile) Mode() fs.FileMode  { return 0o444 }
func (moduleFile) ModTime() time.Time { return time.Time{} }
func (moduleFile) IsDir() bool        { return false }
func (moduleFile) Sys() any           { return nil }

// addFolder adds the modules of a folder, but those whose file names are taken
// and other revisions of those given.
func (l library) addFolder(dir string, given library) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		if strings.HasSuffix(name, ".yang") && !e.IsDir() && l[name] == nil && given.of(moduleOf(name)) == nil {
			l[name] = &File{Name: filepath.Join(dir, name), Format: YANG}
		}
	}
	return nil
}

// moduleOf returns the name of the module that a file name says it has.
func moduleOf(file string) string {
	name, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".yang"), "@")
	return name
}

// of returns the file of a module or submodule, or nil.
func (l library) of(module string) *File {
	for name, f := range l {
		if moduleOf(name) == module {
			return f
		}
	}
	return nil
}

// embedded returns the appliance's own modules.
func embedded() (library, error) {
	l := library{}
	for _, name := range models.Names() {
		text, err := fs.ReadFile(models.FS, name)
		if err != nil {
			return nil, err
		}
		l[name] = &File{Name: "(built in) " + name, Format: YANG, Text: text}
	}
	return l, nil
}

// head matches what a module file begins with.
var (
	head      = regexp.MustCompile(`^\x{FEFF}?(?:\s|//[^\n]*\n|/\*(?s:.*?)\*/)*(module|submodule)\s+["']?([A-Za-z_][\w.-]*)`)
	belongsTo = regexp.MustCompile(`[\s{;]belongs-to\s+["']?([A-Za-z_][\w.-]*)`)
)

// identity is what a file holds.
type identity struct {
	own    string // the module or submodule
	module string // the module, the one that a submodule belongs to
	file   string // the name under which the compiler finds it
}

func (f *File) identity() identity {
	id := identity{own: moduleOf(f.Name), file: filepath.Base(f.Name)}
	m := head.FindSubmatch(f.Text)
	if m != nil && string(m[2]) != id.own { // the file is called otherwise, which is allowed
		id.own, id.file = string(m[2]), string(m[2])+".yang"
	}
	id.module = id.own
	if parent := belongsTo.FindSubmatch(f.Text); m != nil && string(m[1]) == "submodule" && parent != nil {
		id.module = string(parent[1])
	}
	return id
}

// ModuleOf returns the name of the module that a file holds, or belongs to.
func ModuleOf(f *File) string { return f.identity().module }

// add adds a file that was named, and returns the module to implement for it.
func (l library) add(f *File) (module string, err error) {
	id := f.identity()
	if old := l.of(id.own); old != nil {
		return "", misused("%s and %s are both module %s; give one of them", old.Name, f.Name, id.own)
	}
	l[id.file] = f
	return id.module, nil
}

// named is a module as --module names it.
func named(module string) (name, revision string, err error) {
	name, revision, dated := strings.Cut(module, "@")
	if name == "" || dated && len(revision) != len("2006-01-02") {
		return "", "", misused("%q is not a module; write NAME or NAME@YYYY-MM-DD", module)
	}
	return name, revision, nil
}
