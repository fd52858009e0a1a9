package diagram

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/peer"
	"github.com/optical-net/waveguard/yang/schema"
)

// yanglint returns the diagrams that libyang draws of files, with folders to find
// imports in.
func yanglint(t *testing.T, folders []string, arguments ...string) (string, error) {
	t.Helper()
	args := []string{"-f", "tree"}
	for _, f := range folders {
		args = append(args, "-p", f)
	}
	out, err := exec.Command(peer.Yanglint(t), append(args, arguments...)...).Output()
	return string(out), err
}

// disagreements reads the lines that only one of the two draws: those of ours
// with "-", libyang's with "+" in front, and comments with "#" that give the reason.
func disagreements(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".disagreements"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	return slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, "#") })
}

// compare checks that ours and theirs are equal, but for the lines that are known
// to differ: these have to.
func compare(t *testing.T, name, ours, theirs string) {
	t.Helper()
	if d, known := lineDiff(ours, theirs), disagreements(t, name); !slices.Equal(d, known) {
		t.Errorf("ours (-) and libyang's (+):\n%s\nknown:\n%s", strings.Join(d, "\n"), strings.Join(known, "\n"))
	}
}

// The nodes are those that libyang 2.1 can draw: it crashes on nodes with a prefix,
// finds none in operations and choices, and takes keys and features of the way down
// from the wrong nodes.
func TestNodesEqualLibyang(t *testing.T) {
	set, err := schema.Compile([]fs.FS{os.DirFS("testdata")}, schema.Options{Implement: []string{"kinds"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"/kinds:top", "/kinds:top/entry", "/kinds:top/entry/id", "/kinds:top/entry/options", "/kinds:top/any",
		"/kinds:old/older", "/kinds:event", "/kinds:event/options",
	} {
		n, err := set.Find(path)
		if err != nil {
			t.Fatal(err)
		}
		var ours strings.Builder
		if err := WriteNode(&ours, n); err != nil {
			t.Fatal(err)
		}
		theirs, err := yanglint(t, nil, "-P", path, filepath.Join("testdata", "kinds.yang"))
		if err != nil {
			t.Fatal(err)
		}
		if d := lineDiff(ours.String(), strings.TrimRight(theirs, "\n")+"\n"); d != nil {
			t.Errorf("%s: ours (-) and libyang's (+):\n%s", path, strings.Join(d, "\n"))
		}
	}
}

func TestEqualLibyang(t *testing.T) {
	for name, modules := range drawings {
		t.Run(name, func(t *testing.T) {
			var files []string
			for _, m := range modules {
				files = append(files, filepath.Join("testdata", m+".yang"))
			}
			theirs, err := yanglint(t, []string{"testdata"}, files...)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, name, draw(t, []fs.FS{os.DirFS("testdata")}, modules), firstDiagram(theirs))
		})
	}
}
