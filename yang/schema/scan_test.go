package schema

import (
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/peer"
)

// stringsOfYANG are arguments as they are written, and what they mean (RFC 7950 section 6.1.3).
var stringsOfYANG = []struct{ written, want string }{
	{`plain`, "plain"},
	{`a/b+c*d`, "a/b+c*d"},
	{`'single "quoted" \n'`, `single "quoted" \n`},
	{`"double 'quoted' \"\\\n\t."`, "double 'quoted' \"\\\n\t."},
	{`"a" + "b"`, "ab"},
	{"'a'\n  +\n  \"b\" + 'c'", "abc"},
	{`"a // b" /* c */ + '/* d */'`, "a // b/* d */"},
	{"\"one\n                 two\"", "one\ntwo"},
	{"\"one\n                   two\"", "one\n  two"},
	{"\"one\n  two\"", "one\ntwo"},
	{"\"one\n\ttwo\"", "one\ntwo"},
	{"\"one\n\t\ttwo\"", "one\ntwo"},
	{"\"one\n\t\t\ttwo\"", "one\n       two"},
	{"\"one\n\t\t \ttwo\"", "one\n\ttwo"},
	{"\"one  \t\ntwo \"", "one\ntwo "},
	{"\"one\\t\ntwo\"", "one\t\ntwo"},
	{"\"one\n\n\n   two\"", "one\n\n\ntwo"},
	{"\"one\n                   \\ttwo\"", "one\n  \ttwo"},
	{"\"one\n   \"", "one\n"},
	{"'one  \n     two'", "one  \n     two"},
	{`""`, ""},
	{`"\\n"`, `\n`},
	{"\"\u00e9\n                \u00e9\"", "\u00e9\n\u00e9"},
	{"\"a\" +\n\"one\n  two\"", "aone\n two"},
	{"\"one\r\n two\"", "one\ntwo"},
}

// described makes a module whose description starts in the seventeenth column.
func described(written string) string { return header("a") + "   description  " + written + ";\n}\n" }

func TestStrings(t *testing.T) {
	for _, tc := range stringsOfYANG {
		u, err := parseUnit("a.yang", []byte(described(tc.written)))
		if err != nil {
			t.Errorf("%q: %v", tc.written, err)
		} else if got := u.root.text("description"); got != tc.want {
			t.Errorf("%q is read as %q, want %q", tc.written, got, tc.want)
		}
	}
}

// libyang reads the strings as we do. It keeps carriage returns, takes no comment
// before "+", and removes indentation by the column of the first quote only.
func TestStringsLikeLibyang(t *testing.T) {
	tool := peer.Yanglint(t)
	for _, tc := range stringsOfYANG {
		if strings.ContainsRune(tc.written, '\r') || strings.Contains(tc.written, "*/ +") || strings.HasPrefix(tc.written, "\"a\" +\n") {
			continue
		}
		file := filepath.Join(t.TempDir(), "a.yang")
		if err := os.WriteFile(file, []byte(described(tc.written)), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(tool, "-f", "yin", file).Output()
		if err != nil {
			t.Errorf("%q: %v", tc.written, err)
			continue
		}
		var module struct {
			Text string `xml:"description>text"`
		}
		if err := xml.Unmarshal(out, &module); err != nil || module.Text != tc.want {
			t.Errorf("%q is read as %q by libyang (%v), want %q", tc.written, module.Text, err, tc.want)
		}
	}
}

func TestPlaces(t *testing.T) {
	u, err := parseUnit("a.yang", []byte("module a {\n\t/* \u00e9 */ prefix a;\n  description\n  'x\ny'; namespace urn:a;\n}"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][2]int{"prefix": {2, 10}, "description": {3, 3}, "namespace": {5, 5}}
	for _, s := range u.root.subs {
		if got := [2]int{s.line, s.col}; got != want[s.keyword] {
			t.Errorf("%s is at %v, want %v", s.keyword, got, want[s.keyword])
		}
	}
}

// Whatever the text is, reading it ends with a module or an error.
func FuzzParseUnit(f *testing.F) {
	for _, tc := range stringsOfYANG {
		f.Add(described(tc.written))
	}
	for _, tc := range allRefusals {
		f.Add(strings.Join(tc.texts, ""))
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := parseUnit("a.yang", []byte(text))
		if (u == nil) != (err != nil) {
			t.Fatalf("unit %v with error %v", u != nil, err)
		}
		if err != nil && err.Line == 0 && len(text) < maxModuleBytes {
			t.Fatalf("error %q has no place", err)
		}
	})
}
