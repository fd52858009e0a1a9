package architecture

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"testing"
)

// required returns the modules that go.mod requires for this module's own code,
// and the tools.
func required(t *testing.T) []string {
	t.Helper()
	out, err := goCommand("mod", "edit", "-json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Require []struct {
			Path     string
			Indirect bool
		}
		Tool []struct{ Path string }
	}
	if err := json.Unmarshal(out, &file); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, r := range file.Require {
		if !r.Indirect {
			all = append(all, r.Path)
		}
	}
	for _, tool := range file.Tool {
		all = append(all, tool.Path)
	}
	return all
}

// entry matches a line of docs/dependencies.md: what, and why.
var entry = regexp.MustCompile("(?m)^- `([^`]+)`: (\\S.+)$")

// TestDependenciesAreExplained: each direct dependency has its line, and no
// other has one.
func TestDependenciesAreExplained(t *testing.T) {
	page, err := os.ReadFile(root + "/docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	explained := map[string]bool{}
	for _, m := range entry.FindAllStringSubmatch(string(page), -1) {
		if explained[m[1]] {
			t.Errorf("docs/dependencies.md explains %s twice", m[1])
		}
		explained[m[1]] = true
	}
	for _, path := range required(t) {
		if !explained[path] {
			t.Errorf("docs/dependencies.md has no line for %s: say why it is there", path)
		}
		delete(explained, path)
	}
	for _, path := range slices.Sorted(maps.Keys(explained)) {
		t.Errorf("docs/dependencies.md explains %s, which go.mod does not require: remove the line", path)
	}
}
