package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

// copyProgram puts a built program into a folder, by a name of its own: the
// policy names executables by path.
func copyProgram(t *testing.T, name, dir string) {
	t.Helper()
	content, err := os.ReadFile(program(name))
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name), content, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
}
