package diagram

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/optical-net/waveguard/yang/schema"
)

// Whatever compiles can be drawn, as a whole and node by node.
func FuzzWrite(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.yang"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(filepath.Base(file), text)
	}
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		if len(text) > 4096 {
			t.Skip("long modules only repeat")
		}
		changed := fstest.MapFS{name: {Data: text}}
		set, err := schema.Compile([]fs.FS{changed, os.DirFS("testdata")}, schema.Options{})
		if err != nil {
			return
		}
		for _, m := range set.Modules {
			if !m.Implemented {
				continue
			}
			if err := Write(io.Discard, set, m); err != nil {
				t.Fatal(err)
			}
			for _, n := range append(dataNodes(set.Root, m), m.Structures...) {
				if err := WriteNode(io.Discard, n); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
