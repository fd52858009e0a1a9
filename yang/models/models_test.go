package models

import (
	"io/fs"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/openconfig/goyang/pkg/yang"

	"github.com/optical-net/waveguard/yang/internal/peer"
)

// own tells the modules of this project from the restated ones.
func own(name string) bool { return strings.HasPrefix(name, "mpk-security") }

// parse reads the one module that source holds.
func parse(t *testing.T, name string, source []byte) *yang.Statement {
	t.Helper()
	statements, err := yang.Parse(string(source), name)
	if err != nil {
		t.Fatal(err)
	}
	if len(statements) != 1 {
		t.Fatalf("%s: %d top statements, want one module", name, len(statements))
	}
	return statements[0]
}

// embedded parses the module of FS that has the file name.
func embedded(t *testing.T, name string) *yang.Statement {
	t.Helper()
	source, err := fs.ReadFile(FS, name)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, name, source)
}

// substatements of s that have the keyword.
func substatements(s *yang.Statement, keyword string) []*yang.Statement {
	return slices.DeleteFunc(slices.Clone(s.SubStatements()), func(sub *yang.Statement) bool {
		return sub.Keyword != keyword
	})
}

// lint runs yanglint in dir, which alone it searches for imports, and returns
// all that it prints.
func lint(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command(peer.Yanglint(t), append([]string{"-p", dir}, args...)...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("yanglint %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func TestNames(t *testing.T) {
	names := Names()
	if len(names) == 0 {
		t.Fatal("no modules")
	}
	for _, name := range names {
		module := embedded(t, name)
		revisions := substatements(module, "revision")
		if len(revisions) == 0 {
			t.Errorf("%s: no revision", name)
			continue
		}
		if want := module.Argument + "@" + revisions[0].Argument + ".yang"; name != want {
			t.Errorf("%s: should be %s, for its name and newest revision", name, want)
		}
	}
}

func TestImportsComplete(t *testing.T) {
	for _, name := range Names() {
		for _, imp := range substatements(embedded(t, name), "import") {
			found := slices.ContainsFunc(Names(), func(other string) bool {
				return strings.HasPrefix(other, imp.Argument+"@")
			})
			if !found {
				t.Errorf("%s: imports %s, which is not here", name, imp.Argument)
			}
		}
	}
}

// Without -q, yanglint prints warnings: any output at all is a finding.
func TestYanglintClean(t *testing.T) {
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			if out := lint(t, ".", name); out != "" {
				t.Error(out)
			}
		})
	}
}

// described lists the keywords that a module of ours must explain.
// RFC 9907 section 4.14.
var described = []string{
	"module", "revision", "typedef", "enum", "bit", "identity", "feature", "extension", "grouping",
	"container", "leaf", "leaf-list", "list", "choice", "anyxml", "anydata", "augment", "must",
	"rpc", "action", "notification",
}

func TestEverythingDescribed(t *testing.T) {
	var visit func(*testing.T, *yang.Statement)
	visit = func(t *testing.T, s *yang.Statement) {
		if slices.Contains(described, s.Keyword) && len(substatements(s, "description")) != 1 {
			t.Errorf("%s: %s %s has no description", s.Location(), s.Keyword, s.Argument)
		}
		for _, sub := range s.SubStatements() {
			visit(t, sub)
		}
	}
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) { visit(t, embedded(t, name)) })
	}
}

func TestQuantitiesHaveUnits(t *testing.T) {
	var visit func(*yang.Statement)
	visit = func(s *yang.Statement) {
		for _, typ := range substatements(s, "type") {
			if s.Keyword == "leaf" && typ.Argument == "yang:counter64" && len(substatements(s, "units")) != 1 {
				t.Errorf("%s: counter %s has no units", s.Location(), s.Argument)
			}
		}
		for _, sub := range s.SubStatements() {
			visit(sub)
		}
	}
	for _, name := range slices.DeleteFunc(Names(), func(name string) bool { return !own(name) }) {
		visit(embedded(t, name))
	}
}
