package diagram

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/schema"
)

var update = flag.Bool("update", false, "write the drawn diagrams to testdata")

// drawings are modules of testdata by the name of their diagram's file: the first
// is drawn, the others are implemented with it.
var drawings = map[string][]string{
	"kinds":                {"kinds"},
	"base":                 {"base"},
	"base-with-more":       {"base", "more"},
	"more":                 {"more"},
	"mounts":               {"mounts"},
	"structures":           {"structures"},
	"structures-with-more": {"structures", "structures-more"},
	"structures-more":      {"structures-more"},
	"templates":            {"templates"},
	"odd":                  {"odd"},
	"deviated":             {"deviated", "deviating"},
}

func TestWrite(t *testing.T) {
	for name, modules := range drawings {
		t.Run(name, func(t *testing.T) {
			got := draw(t, []fs.FS{os.DirFS("testdata")}, modules)
			file := filepath.Join("testdata", name+".tree")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if d := lineDiff(got, string(want)); d != nil {
				t.Errorf("%s: drawn and stored lines differ:\n%s", file, strings.Join(d, "\n"))
			}
		})
	}
}

// draw draws the first of the modules; all are implemented.
func draw(t *testing.T, sources []fs.FS, modules []string) string {
	t.Helper()
	return firstDiagram(drawAll(t, sources, modules))
}

// firstDiagram cuts off all diagrams but the first.
func firstDiagram(text string) string {
	first, _, more := strings.Cut(text, "\n\nmodule: ")
	if more {
		first += "\n"
	}
	return first
}

// drawAll draws modules, "name" or "name@revision", with all their features and no
// other's, with an empty line between.
func drawAll(t *testing.T, sources []fs.FS, modules []string) string {
	t.Helper()
	names := map[string]bool{}
	for _, m := range modules {
		name, _, _ := strings.Cut(m, "@")
		names[name] = true
	}
	set, err := schema.Compile(sources, schema.Options{
		// libyang has the features of ietf-netconf on wherever it is implemented.
		Implement: modules, Features: func(module, _ string) bool { return names[module] || module == "ietf-netconf" },
	})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for i, m := range modules {
		if i > 0 {
			out.WriteByte('\n')
		}
		name, _, _ := strings.Cut(m, "@")
		if err := Write(&out, set, set.Module(name)); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

// lineDiff lists the lines that only one of the texts has, those of a with "-",
// those of b with "+" in front, around a longest common subsequence; nil when equal.
func lineDiff(a, b string) []string {
	if a == b {
		return nil
	}
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	common := make([][]int, len(x)+1) // of x[i:] and y[j:]
	for i := range common {
		common[i] = make([]int, len(y)+1)
	}
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			common[i][j] = max(common[i+1][j], common[i][j+1])
			if x[i] == y[j] {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	var out []string
	i, j := 0, 0
	for i < len(x) || j < len(y) {
		switch {
		case i < len(x) && j < len(y) && x[i] == y[j]:
			i, j = i+1, j+1
		case j == len(y) || i < len(x) && common[i+1][j] >= common[i][j+1]:
			out = append(out, "-"+x[i])
			i++
		default:
			out = append(out, "+"+y[j])
			j++
		}
	}
	return out
}

func TestWriteNode(t *testing.T) {
	set, err := schema.Compile([]fs.FS{os.DirFS("testdata")}, schema.Options{
		Implement: []string{"kinds", "base", "more", "structures"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ path, want string }{
		{"/kinds:top/entry/id", `
module: kinds
  +--rw top
     +--rw entry* [id zone]
        +--rw id         uint32
`},
		{"/kinds:top/entry/options", `
module: kinds
  +--rw top
     +--rw entry* [id zone]
        +--rw options!
           +--rw deep?   string
`},
		{"/kinds:event/part", `
module: kinds
  +---n event
     +---- part* [id]
        +---- id        uint8
        +---- values*   decimal64
`},
		{"/kinds:only-output", `
module: kinds
  x---x only-output
     x--ro output
        x--ro x?   string
        x--ro l*
           x--ro k?   string
`},
		{"/kinds:two", `
module: kinds
  +--rw (outer)
     +--:(one)
        +--rw (inner)?
           +--:(two)
              +--rw two?   string
`},
		{"/base:config/item/more:far/x", `
module: base
  +--rw config
     +--rw item* [name]
        x--rw m:far
           x--rw m:x?   string
`},
	} {
		t.Run(tc.path, func(t *testing.T) {
			n, err := set.Find(tc.path)
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			if err := WriteNode(&out, n); err != nil {
				t.Fatal(err)
			}
			if out.String() != strings.TrimPrefix(tc.want, "\n") {
				t.Errorf("drawn:\n%swant:%s", out.String(), tc.want)
			}
		})
	}
}

func TestWriteNodeOfStructure(t *testing.T) {
	set, err := schema.Compile([]fs.FS{os.DirFS("testdata")}, schema.Options{Implement: []string{"structures"}})
	if err != nil {
		t.Fatal(err)
	}
	old := set.Module("structures").Structures[1]
	for _, tc := range []struct {
		node *schema.Node
		want string
	}{
		{old, `module: structures

  structure old:
    x-- entry* [name]
    |  x-- name    string
    x-- rest
       x-- a?   string
`},
		{old.Child("structures", "entry").Child("structures", "name"), `module: structures

  structure old:
    x-- entry* [name]
       x-- name    string
`},
	} {
		var out strings.Builder
		if err := WriteNode(&out, tc.node); err != nil {
			t.Fatal(err)
		}
		if out.String() != tc.want {
			t.Errorf("drawn:\n%swant:\n%s", out.String(), tc.want)
		}
	}
}

func TestRefuse(t *testing.T) {
	set, err := schema.Compile([]fs.FS{os.DirFS("testdata")}, schema.Options{Implement: []string{"base"}})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := Write(&out, set, set.Module("kinds")); err == nil || out.Len() > 0 {
		t.Errorf("imported module is drawn: %v, %q", err, &out)
	}
	if err := WriteNode(&out, set.Root); err == nil || out.Len() > 0 {
		t.Errorf("root is drawn: %v, %q", err, &out)
	}
}
