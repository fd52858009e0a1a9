package diagram

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/schema"
)

// lintTool returns the path of yanglint, or skips the test.
func lintTool(t *testing.T) string {
	t.Helper()
	tool, err := exec.LookPath("yanglint")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("yanglint is missing: install libyang2-tools")
		}
		t.Skip("yanglint is missing: install libyang2-tools to compare with libyang")
	}
	return tool
}

// publishedYang returns the folder of published modules, or skips the test.
func publishedYang(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("WAVEGUARD_PUBLISHED_YANG")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "yang")
	}
	if _, err := os.Stat(filepath.Join(dir, "ietf")); err != nil {
		t.Skip("published YANG modules are not here; set WAVEGUARD_PUBLISHED_YANG to a folder with ietf/ and openroadm-7.1/")
	}
	return dir
}

func TestPublished(t *testing.T) {
	dir := publishedYang(t)
	for _, folder := range []string{"ietf", "openroadm-7.1"} {
		files, err := filepath.Glob(filepath.Join(dir, folder, "*.yang"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no modules in %s: %v", folder, err)
		}
		for _, f := range files {
			t.Run(folder+"/"+strings.TrimSuffix(filepath.Base(f), ".yang"), func(t *testing.T) {
				cmd := exec.Command(lintTool(t), "-p", filepath.Join(dir, "ietf"), "-p", filepath.Join(dir, "openroadm-7.1"), "-f", "tree", f)
				want, err := cmd.Output()
				if err != nil {
					t.Skipf("yanglint: %v", err)
				}
				got := draw(t, dir, folder, f)
				if got != string(want) {
					t.Error(diff(t, got, string(want)))
				}
			})
		}
	}
}

func draw(t *testing.T, dir, folder, file string) string {
	module := strings.TrimSuffix(filepath.Base(file), ".yang")
	name, _, _ := strings.Cut(module, "@")
	sources := []fs.FS{os.DirFS(filepath.Join(dir, folder)), os.DirFS(filepath.Join(dir, "ietf")), os.DirFS(filepath.Join(dir, "openroadm-7.1"))}
	set, err := schema.Compile(sources, schema.Options{Implement: []string{module}, Features: func(m, _ string) bool { return m == name || m == "ietf-netconf" }})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := Write(&out, set, set.Module(name)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func diff(t *testing.T, got, want string) string {
	d := t.TempDir()
	os.WriteFile(d+"/got", []byte(got), 0o600)
	os.WriteFile(d+"/want", []byte(want), 0o600)
	out, _ := exec.Command("diff", d+"/got", d+"/want").Output()
	return string(out)
}
