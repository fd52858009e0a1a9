package models

import (
	"bytes"
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/openconfig/goyang/pkg/yang"

	"github.com/optical-net/waveguard/yang/internal/peer"
)

// published finds the folder of published modules, or skips the test.
func published(t *testing.T) string {
	t.Helper()
	return absolute(t, filepath.Join(peer.Modules(t, "the published forms of "+strings.Join(restated(), ", ")), "ietf"))
}

func absolute(t *testing.T, dir string) string {
	t.Helper()
	abs, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

// restated lists the modules that others published.
func restated() []string { return slices.DeleteFunc(Names(), own) }

// eachRestated runs compare for every restated module, with its published
// form.
func eachRestated(t *testing.T, compare func(t *testing.T, dir, name string, theirs *yang.Statement)) {
	dir := published(t)
	for _, name := range restated() {
		t.Run(name, func(t *testing.T) {
			source, err := os.ReadFile(filepath.Join(dir, name))
			if errors.Is(err, fs.ErrNotExist) {
				t.Skipf("not compared: %s is not in %s", name, dir)
			}
			if err != nil {
				t.Fatal(err)
			}
			compare(t, dir, name, parse(t, name, source))
		})
	}
}

func TestTreesEqualPublished(t *testing.T) {
	eachRestated(t, func(t *testing.T, dir, name string, _ *yang.Statement) {
		ours, theirs := tree(t, ".", name), tree(t, dir, name)
		if ours == "" || ours != theirs {
			t.Errorf("ours:\n%s\npublished:\n%s", ours, theirs)
		}
	})
}

// special are the modules to which libyang adds annotations of its own.
var special = regexp.MustCompile(`\b(module|import) (ietf-netconf|ietf-netconf-with-defaults) \{`)

// tree prints the schema tree of a module in dir.
//
// The printer of libyang 2.1 crashes on the annotations of the special modules,
// and of what augments them; so they have other names here.
func tree(t *testing.T, dir, name string) string {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if !special.Match(source) {
		return lint(t, dir, "-f", "tree", name)
	}
	netconf, err := os.ReadFile(filepath.Join(dir, "ietf-netconf@2011-06-01.yang"))
	if err != nil {
		t.Fatal(err)
	}
	aliased := t.TempDir()
	for file, text := range map[string][]byte{"alias-ietf-netconf.yang": netconf, "module.yang": source} {
		text = special.ReplaceAll(text, []byte("$1 alias-$2 {"))
		if err := os.WriteFile(filepath.Join(aliased, file), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return lint(t, dir, "-f", "tree", filepath.Join(aliased, "module.yang"))
}

func TestStatementsEqualPublished(t *testing.T) {
	eachRestated(t, func(t *testing.T, _, name string, theirs *yang.Statement) {
		ours, published := canonical(embedded(t, name)), canonical(theirs)
		if !bytes.Equal(ours, published) {
			t.Errorf("ours:\n%s\npublished:\n%s", ours, published)
		}
	})
}

func TestWordsAreOurOwn(t *testing.T) {
	const short = 60 // Up to this length, likeness is chance.
	eachRestated(t, func(t *testing.T, _, name string, theirs *yang.Statement) {
		taken := prose(theirs)
		for _, text := range prose(embedded(t, name)) {
			if len(text) > short && slices.Contains(taken, text) {
				t.Errorf("published words: %q", text)
			}
		}
	})
}

// prose lists the descriptions in and below s, with white space folded.
func prose(s *yang.Statement) []string {
	var texts []string
	if s.Keyword == "description" {
		texts = append(texts, strings.Join(strings.Fields(s.Argument), " "))
	}
	for _, sub := range s.SubStatements() {
		texts = append(texts, prose(sub)...)
	}
	return texts
}

// wording are the statements that only people read.
var wording = []string{"organization", "contact", "description", "reference"}

// canonical prints what is normative in s: all but its wording. Single
// properties of a statement, whose order means nothing, come first and
// sorted; the order of everything else is kept.
func canonical(s *yang.Statement) []byte {
	var out bytes.Buffer
	printCanonical(&out, s, "")
	return out.Bytes()
}

func printCanonical(out *bytes.Buffer, s *yang.Statement, indent string) {
	argument := s.Argument
	if s.Keyword == "presence" {
		argument = "" // Says what presence means, for people to read.
	}
	out.WriteString(indent + s.Keyword + " " + argument + "\n")
	subs := slices.DeleteFunc(slices.Clone(s.SubStatements()), func(sub *yang.Statement) bool {
		return slices.Contains(wording, sub.Keyword)
	})
	slices.SortStableFunc(subs, func(a, b *yang.Statement) int { return cmp.Compare(rank(a), rank(b)) })
	for _, sub := range subs {
		printCanonical(out, sub, indent+"  ")
	}
}

// properties occur at most once in a statement, in any order.
var properties = []string{
	"config", "default", "key", "mandatory", "max-elements", "min-elements", "presence", "units", "value", "when", "type",
}

// rank orders properties among themselves and before all else.
func rank(s *yang.Statement) int {
	if i := slices.Index(properties, s.Keyword); i >= 0 {
		return i
	}
	return len(properties)
}
