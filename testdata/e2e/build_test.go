package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// bin has the programs that were built for the tests, all static.
var bin string

var builds = map[string]string{
	"waveguardd": "github.com/optical-net/waveguard/cmd/waveguardd",
	"waveguard":  "github.com/optical-net/waveguard/cmd/waveguard",
	"supervisor": "github.com/optical-net/waveguard/testdata/e2e/supervisor",
	"pkuvm":      "github.com/optical-net/waveguard/testdata/pkuvm",
	"gnmi_cli":   "github.com/openconfig/gnmi/cmd/gnmi_cli",
}

var build = sync.OnceValue(func() error {
	for name, pkg := range builds {
		cmd := exec.Command("go", "build", "-o", program(name), pkg)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", pkg, err, out)
		}
	}
	return nil
})

func program(name string) string { return filepath.Join(bin, name) }

// needBinaries builds all programs, once.
func needBinaries(t *testing.T) {
	t.Helper()
	if err := build(); err != nil {
		t.Fatal(err)
	}
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run keeps what was built where any user may execute it.
func run(m *testing.M) int {
	var err error
	if bin, err = os.MkdirTemp("", "e2e-"); err != nil {
		panic(err)
	}
	defer os.RemoveAll(bin)
	if err := os.Chmod(bin, 0o755); err != nil {
		panic(err)
	}
	return m.Run()
}

// needTools skips the test where a tool is missing; where everything must be
// tested, that is an error.
func needTools(t *testing.T, packages string, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			missing(t, tool, packages)
		}
	}
}

func missing(t *testing.T, what, packages string) {
	t.Helper()
	text := fmt.Sprintf("%s is missing: apt-get install %s", what, packages)
	if os.Getenv("CI") != "" {
		t.Fatal(text)
	}
	t.Skip(text)
}
