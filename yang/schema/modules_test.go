package schema

import (
	"io/fs"
	"slices"
	"testing"
	"testing/fstest"
)

// A folder may hold what cannot be read to its end.
func TestModulesAreFiles(t *testing.T) {
	names, err := Modules(fstest.MapFS{
		"a.yang": {Data: []byte(`module a { yang-version 1.1; namespace "urn:a"; prefix a; }`)},
		"b.yang": {Mode: fs.ModeNamedPipe},
		"c.yang": {Mode: fs.ModeDir},
	})
	if err != nil || !slices.Equal(names, []string{"a"}) {
		t.Errorf("%v, %v", names, err)
	}
}
