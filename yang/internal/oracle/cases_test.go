package oracle

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// testCase is one document in testdata/cases: what once differed and was
// mended, and what differs because this engine and libyang read the standard
// differently. A file has comments, which say the reason, the fields set, here
// and libyang, and the document in one or both encodings.
type testCase struct {
	set           string
	here, libyang string // "valid" or "invalid"
	documents     map[string]string
}

func readCase(t *testing.T, file string) testCase {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c := testCase{documents: map[string]string{}}
	fields := map[string]*string{"set": &c.set, "here": &c.here, "libyang": &c.libyang}
	parts := strings.Split(string(text), "\n-- ")
	for line := range strings.Lines(parts[0]) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch field := fields[name]; {
		case field != nil:
			*field = value
		case !strings.HasPrefix(line, "# "):
			t.Fatalf("%s: what is %q?", file, line)
		}
	}
	for _, part := range parts[1:] {
		encoding, document, _ := strings.Cut(part, " --\n")
		c.documents[encoding] = document
	}
	if c.set == "" || c.here == "" || c.libyang == "" || len(c.documents) == 0 {
		t.Fatalf("%s: a field is missing", file)
	}
	return c
}

func caseFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/cases/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	return files
}

func caseName(file string) string { return strings.TrimSuffix(filepath.Base(file), ".txt") }

func setNamed(t *testing.T, name string) modelSet {
	t.Helper()
	i := slices.IndexFunc(modelSets, func(m modelSet) bool { return m.name == name })
	if i < 0 {
		t.Fatalf("there is no set of models %q", name)
	}
	return modelSets[i]
}

func verdict(err error) string {
	if err != nil {
		return "invalid"
	}
	return "valid"
}

func TestCases(t *testing.T) {
	for _, file := range caseFiles(t) {
		t.Run(caseName(file), func(t *testing.T) {
			c := readCase(t, file)
			e := newEngine(setNamed(t, c.set).compile(t), setNamed(t, c.set).documents())
			for encoding, doc := range c.documents {
				if err := first(e.faults(encoding, doc)); verdict(err) != c.here {
					t.Errorf("%s is %s: %v", encoding, verdict(err), err)
				}
			}
		})
	}
}

// A disagreement that is none any more has to go from the list.
func TestCasesLibyang(t *testing.T) {
	for _, file := range caseFiles(t) {
		t.Run(caseName(file), func(t *testing.T) {
			c := readCase(t, file)
			l := lint(t, setNamed(t, c.set))
			for encoding, doc := range c.documents {
				if err := l.check(encoding, doc); verdict(err) != c.libyang {
					t.Errorf("%s is %s for libyang: %v", encoding, verdict(err), err)
				}
			}
		})
	}
}
