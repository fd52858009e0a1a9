package architecture

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/optical-net/waveguard"

// root is the folder of the module, seen from this package's.
const root = "../.."

// pkg is what go list says of a package.
type pkg struct {
	ImportPath, Name, Dir     string
	Imports                   []string
	GoFiles, IgnoredGoFiles   []string
	TestGoFiles, XTestGoFiles []string
	CgoFiles, CFiles          []string
	SFiles, SysoFiles         []string
}

// name is the package's path in the module.
func (p *pkg) name() string { return strings.TrimPrefix(p.ImportPath, module+"/") }

// inside returns the path in the module of an imported package; ok is false for
// packages of others.
func inside(path string) (name string, ok bool) { return strings.CutPrefix(path, module+"/") }

// external says whether a package is of another module: those of the standard
// library have no dot in their first element.
func external(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	_, ours := inside(path)
	return strings.Contains(first, ".") && !ours
}

// within says whether a package is the one named or below it.
func within(path, parent string) bool {
	return path == parent || strings.HasPrefix(path, parent+"/")
}

var listed = sync.OnceValues(func() ([]*pkg, error) {
	out, err := goCommand("list", "-json", "./...")
	if err != nil {
		return nil, err
	}
	var all []*pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		p := new(pkg)
		if err := d.Decode(p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
})

// goCommand runs the go command in the root of the module.
func goCommand(args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = root
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil, errors.New("go " + strings.Join(args, " ") + ": " + string(exit.Stderr))
	}
	return out, err
}

// packages returns the packages of the module.
func packages(t *testing.T) []*pkg {
	t.Helper()
	all, err := listed()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 {
		t.Fatalf("go list finds only %d packages", len(all))
	}
	return all
}
