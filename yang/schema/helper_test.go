package schema

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

// header starts the text of a YANG 1.1 module; its body begins on line 2.
func header(name string) string {
	return "module " + name + " { yang-version 1.1; namespace urn:" + name + "; prefix " + name + ";\n"
}

// sources makes a file system of modules: the texts are bodies of YANG 1.1
// modules a, b, c... in this order, or whole modules when they start with "module"
// or "submodule".
func sources(texts ...string) fs.FS {
	fsys := fstest.MapFS{}
	for i, text := range texts {
		name := string(rune('a' + i))
		text = strings.TrimLeft(text, "\n")
		if fields := strings.Fields(text); len(fields) > 1 && strings.HasSuffix(fields[0], "module") {
			name = fields[1]
		} else {
			text = header(name) + text + "\n}\n"
		}
		fsys[name+".yang"] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

// sub is the text of a submodule of module a.
func sub(name, body string) string {
	return "submodule " + name + " { yang-version 1.1; belongs-to a { prefix a; }\n" + body + "\n}"
}

// v1 is the text of a YANG 1 module.
func v1(name, body string) string {
	return "module " + name + " { namespace urn:" + name + "; prefix " + name + ";\n" + body + "\n}"
}

func compileOK(t testing.TB, texts ...string) *Set {
	t.Helper()
	set, err := Compile([]fs.FS{sources(texts...)}, Options{})
	if err != nil {
		t.Fatalf("compile: %v", err)
	}
	return set
}

func find(t testing.TB, set *Set, path string) *Node {
	t.Helper()
	n, err := set.Find(path)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func names(nodes []*Node) string {
	var out []string
	for _, n := range nodes {
		out = append(out, n.Name)
	}
	return strings.Join(out, " ")
}

func texts(values []Value) string {
	var out []string
	for _, v := range values {
		out = append(out, v.String())
	}
	return strings.Join(out, " ")
}
