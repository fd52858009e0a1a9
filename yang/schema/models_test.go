package schema

import (
	"io/fs"
	"os"
	"testing"
)

// The project's own modules compile, and with all their imports implemented.
func TestCompileModels(t *testing.T) {
	set, err := Compile([]fs.FS{os.DirFS("../models")}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	n, err := set.Find("/mpk-security:mpk-security/transitions/transition/config/source")
	if err != nil {
		t.Fatal(err)
	}
	if n.Type.Base != Leafref || n.Type.Target.Name != "name" {
		t.Errorf("source has type %v", n.Type.Base)
	}
	checkTree(t, set.Root)
}
