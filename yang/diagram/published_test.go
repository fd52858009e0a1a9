package diagram

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/peer"
	"github.com/optical-net/waveguard/yang/schema"
)

// refused are the published modules that libyang and we refuse with their
// features on; the former for a feature, the latter for a path.
var refused = []string{"ietf-tls-server", "org-openroadm-ospf"}

// An annotation (RFC 7952) in a module makes the printer of libyang 2.1 crash, and
// so do those that libyang puts into the modules with these names itself. It
// gets modules without annotations, and under another name.
var (
	annotation = regexp.MustCompile(`(?s)md:annotation \S+ \{.*?\n\s*\}\n`)
	special    = regexp.MustCompile(`(?m)^\s*module (ietf-netconf|ietf-netconf-with-defaults) `)
)

func TestPublishedEqualLibyang(t *testing.T) {
	dir := peer.Modules(t, "the diagrams of published modules")
	folders := []string{filepath.Join(dir, "ietf"), filepath.Join(dir, "openroadm-7.1")}
	compareFolder(t, folders[0], folders)
	compareFolder(t, folders[1], folders)
}

func TestModelsEqualLibyang(t *testing.T) {
	folder := filepath.Join("..", "models")
	compareFolder(t, folder, []string{folder})
}

// compareFolder compares the diagrams of each module of a folder, which finds
// its imports there and then in all folders.
func compareFolder(t *testing.T, folder string, folders []string) {
	files, err := filepath.Glob(filepath.Join(folder, "*.yang"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no modules in %s: %v", folder, err)
	}
	sources := []fs.FS{os.DirFS(folder)}
	for _, f := range folders {
		if f != folder {
			sources = append(sources, os.DirFS(f))
		}
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".yang"), func(t *testing.T) {
			compareFile(t, f, folders, sources)
		})
	}
}

func compareFile(t *testing.T, file string, folders []string, sources []fs.FS) {
	module := strings.TrimSuffix(filepath.Base(file), ".yang")
	name, _, _ := strings.Cut(module, "@")
	theirs, err := yanglint(t, folders, printable(t, file))
	if slices.Contains(refused, name) {
		_, ourError := schema.Compile(sources, schema.Options{
			Implement: []string{module}, Features: func(m, _ string) bool { return m == name },
		})
		if err == nil || ourError == nil {
			t.Errorf("not refused any more: libyang says %v, we say %v", err, ourError)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	theirs = strings.Replace(theirs, "module: alias\n", "module: "+name+"\n", 1)
	compare(t, filepath.Join("published", module), draw(t, sources, []string{module}), theirs)
}

// printable returns the file, or a copy that libyang can print.
func printable(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	name, changed := filepath.Base(file), annotation.ReplaceAll(text, nil)
	if special.Match(text) {
		name, changed = "alias.yang", special.ReplaceAll(changed, []byte("module alias "))
	}
	if bytes.Equal(text, changed) {
		return file
	}
	out := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(out, changed, 0o600); err != nil {
		t.Fatal(err)
	}
	return out
}

// All modules of Open ROADM together augment each other. In what order is not
// defined, and libyang 2.1 misplaces the types beside names with a prefix: what is
// compared are the nodes, each with its way down.
func TestOpenROADMTogether(t *testing.T) {
	dir := peer.Modules(t, "the diagrams of published modules")
	files, err := filepath.Glob(filepath.Join(dir, "openroadm-7.1", "*.yang"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no Open ROADM modules: %v", err)
	}
	files = slices.DeleteFunc(files, func(f string) bool { return strings.HasSuffix(f, "org-openroadm-ospf.yang") })
	var modules []string
	for _, f := range files {
		modules = append(modules, strings.TrimSuffix(filepath.Base(f), ".yang"))
	}
	folders := []string{filepath.Join(dir, "openroadm-7.1"), filepath.Join(dir, "ietf")}
	theirs, err := yanglint(t, folders, files...)
	if err != nil {
		t.Fatal(err)
	}
	ours := drawAll(t, []fs.FS{os.DirFS(folders[0]), os.DirFS(folders[1])}, modules)
	if d := lineDiff(strings.Join(waysDown(ours), "\n"), strings.Join(waysDown(theirs), "\n")); d != nil {
		t.Errorf("ours (-) and libyang's (+):\n%s", strings.Join(d, "\n"))
	}
}

// waysDown lists the nodes of diagrams, sorted: the names from the top down to each
// and what stands in its line, one space between columns.
func waysDown(text string) []string {
	line := regexp.MustCompile(`^([ |]*)([+xo]--)(.*)$`)
	var out, way []string
	for _, l := range strings.Split(text, "\n") {
		m := line.FindStringSubmatch(l)
		if m == nil {
			way = []string{strings.TrimSpace(l)}
			continue
		}
		depth := (len(m[1]) + 1) / 3 // a section's nodes are indented by 2 or 4
		rest := strings.Join(strings.Fields(m[3]), " ")
		name := rest                                               // of a case
		if columns := strings.Fields(rest); columns[0][0] != ':' { // flags come first
			name = columns[1]
		}
		way = append(way[:min(depth, len(way))], name)
		out = append(out, strings.Join(way, " ")+" "+m[2]+rest)
	}
	slices.Sort(out)
	return out
}
