// Package yangtest helps the tests of the YANG engine: schemas from text, paths
// and edits from strings.
package yangtest

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Compile compiles modules given as text; the file name is taken from the order.
func Compile(t testing.TB, names []string, texts ...string) *schema.Set {
	t.Helper()
	files := fstest.MapFS{}
	for i, text := range texts {
		files[names[i]+".yang"] = &fstest.MapFile{Data: []byte(text)}
	}
	set, err := schema.Compile([]fs.FS{files}, schema.Options{})
	if err != nil {
		t.Fatalf("compile: %v", err)
	}
	return set
}

// Path parses an instance path in the form of RFC 7951 section 6.11.
func Path(t testing.TB, set *schema.Set, path string) tree.Path {
	t.Helper()
	p, err := set.ParsePath(path)
	if err != nil {
		t.Fatalf("path %s: %v", path, err)
	}
	return p
}

// Op is one edit by path.
type Op struct {
	Operation tree.Operation
	Path      string
	Value     string // of a leaf; "" where there is none
}

// Edit builds the edit of several operations.
func Edit(t testing.TB, set *schema.Set, ops ...Op) *tree.Edit {
	t.Helper()
	root := tree.NewEdit(set)
	for _, op := range ops {
		path := Path(t, set, op.Path)
		ed := root.At(path)
		ed.Operation = op.Operation
		s := path.Schema()
		if s.Kind != schema.Leaf {
			continue
		}
		if op.Operation == tree.Delete || op.Operation == tree.Remove {
			ed.Valueless = true
			continue
		}
		v, err := s.ParseValue(op.Value)
		if err != nil {
			t.Fatalf("value of %s: %v", op.Path, err)
		}
		ed.Value = v
	}
	return root
}
