package appliance

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/server/netconf"
	"github.com/optical-net/waveguard/yang/models"
	"github.com/optical-net/waveguard/yang/schema"
)

// folder is one --models: a folder of modules that the appliance serves beside
// its own, and does not enforce.
type folder struct {
	dir  string
	only []string // modules to implement; none of the two: all
	not  []string // modules to leave out
	none bool     // only what others import
}

// parseFolder reads DIR, DIR:MODULE,..., DIR:-MODULE,... and "DIR:", in which
// nothing but what others import is taken.
func parseFolder(text string) folder {
	at := strings.LastIndexByte(text, ':')
	if at < 0 || isFolder(text) {
		return folder{dir: text}
	}
	f := folder{dir: text[:at], none: text[at+1:] == ""}
	for name := range strings.SplitSeq(text[at+1:], ",") {
		if left, out := strings.CutPrefix(name, "-"); out {
			f.not = append(f.not, left)
		} else if name != "" {
			f.only = append(f.only, name)
		}
	}
	return f
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// modules returns the names of those that the folder gives to implement.
func (f folder) modules() ([]string, error) {
	all, err := schema.Modules(os.DirFS(f.dir))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w; give --models a folder of YANG modules", f.dir, err)
	}
	for _, name := range slices.Concat(f.only, f.not) {
		if !slices.Contains(all, name) {
			return nil, fmt.Errorf("--models names module %s, which is not in %s", name, f.dir)
		}
	}
	wanted := func(name string) bool {
		return !f.none && !slices.Contains(f.not, name) && (f.only == nil || slices.Contains(f.only, name))
	}
	// A folder's module does not take the place of one that the appliance serves.
	return slices.DeleteFunc(all, func(name string) bool { return !wanted(name) || slices.Contains(served, name) }), nil
}

// revisions maps the appliance's own modules to their revisions.
func revisions() map[string]string {
	m := map[string]string{}
	for _, file := range models.Names() {
		name, revision, _ := strings.Cut(strings.TrimSuffix(file, ".yang"), "@")
		m[name] = revision
	}
	return m
}

// compileModels compiles the appliance's modules with those of the folders.
func compileModels(folders []string) (*schema.Set, error) {
	sources, implement := []fs.FS{models.FS}, ownModules()
	for _, text := range folders {
		f := parseFolder(text)
		names, err := f.modules()
		if err != nil {
			return nil, err
		}
		sources, implement = append(sources, os.DirFS(f.dir)), append(implement, names...)
	}
	slices.Sort(implement)
	set, err := schema.Compile(sources, schema.Options{Implement: slices.Compact(implement), Features: netconf.Features})
	if err != nil {
		return nil, placed(err, folders)
	}
	return set, checkOwn(set)
}

// ownModules returns served, with revisions: a newer one in a folder would not be
// the one the appliance was made for.
func ownModules() []string {
	var names []string
	for _, name := range served {
		names = append(names, name+"@"+revisions()[name])
	}
	return names
}

// checkOwn says whether the appliance's modules are still as it enforces them.
func checkOwn(set *schema.Set) error {
	for _, name := range served {
		by := slices.DeleteFunc(slices.Clone(set.Module(name).Deviations), func(by string) bool { return slices.Contains(served, by) })
		if len(by) > 0 {
			return fmt.Errorf("module %s deviates %s, which the appliance serves as it is; leave it out of --models", strings.Join(by, ", "), name)
		}
	}
	return nil
}

// placed gives the files that errors name their folders.
func placed(err error, folders []string) error {
	all, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return err
	}
	for _, e := range all.Unwrap() {
		if fault, ok := errors.AsType[*schema.Error](e); ok {
			fault.File = find(fault.File, folders)
		}
	}
	return fmt.Errorf("%w\nmend the modules, or leave them out with --models DIR:-MODULE", err)
}

// find returns the path of a module's file.
func find(file string, folders []string) string {
	for _, text := range folders {
		path := filepath.Join(parseFolder(text).dir, file)
		if _, err := os.Stat(path); err == nil && file != "" {
			return path
		}
	}
	return file
}

// hint adds to the error of opening the configuration what --models can do about it.
func (c *Config) hint(err error) error {
	if _, gone := errors.AsType[*datastore.AbsentError](err); gone {
		return fmt.Errorf("%w (--models names their folder)", err)
	}
	if _, invalid := errors.AsType[*datastore.Error](err); invalid && len(c.Models) > 0 {
		return fmt.Errorf("%w; what modules of --models need from the first moment, a file can give with --models-data", err)
	}
	return err
}

// foreign returns the names of the implemented modules that are not the
// appliance's own, sorted.
func foreign(set *schema.Set) []string {
	var names []string
	for _, m := range set.Modules {
		if m.Implemented && !slices.Contains(served, m.Name) {
			names = append(names, m.Name)
		}
	}
	return names
}
