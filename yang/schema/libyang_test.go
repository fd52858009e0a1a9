package schema

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
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

// What libyang accepts although RFC 7950 forbids it: it looks at a typedef only
// when it is used, and allows an action below a list without key and yang-data
// without a container. The depth of statements is our own limit.
var libyangAccepts = []string{
	"typedef circle", "typedef default out of type", "action below a list without key", "deep nesting",
	"yang-data of nothing",
}

// What is refused here, libyang refuses too.
func TestRefuseLikeLibyang(t *testing.T) {
	tool := lintTool(t)
	for _, tc := range refusals {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			args := []string{"-p", dir}
			for name, f := range sources(tc.texts...).(fstest.MapFS) {
				path := filepath.Join(dir, name)
				if err := os.WriteFile(path, f.Data, 0o600); err != nil {
					t.Fatal(err)
				}
				if !strings.HasPrefix(string(f.Data), "submodule") {
					args = append(args, path)
				}
			}
			accepted := exec.Command(tool, args...).Run() == nil
			if accepted != slices.Contains(libyangAccepts, tc.name) {
				t.Errorf("libyang accepts it: %v", accepted)
			}
		})
	}
}
