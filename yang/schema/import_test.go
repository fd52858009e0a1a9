package schema

import (
	"io/fs"
	"slices"
	"testing"
	"testing/fstest"
)

// A module may use two revisions of another under two prefixes (RFC 7950 section 7.1.5).
func TestImportOfTwoRevisions(t *testing.T) {
	text := func(revision, typ string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(header("b") + "revision " + revision + "; typedef t { type " + typ + "; } identity i; }")}
	}
	fsys := fstest.MapFS{
		"a.yang": {Data: []byte(header("a") + `
			import b { prefix old; revision-date 2020-01-01; } import b { prefix new; revision-date 2021-01-01; }
			leaf x { type old:t; } leaf y { type new:t; } }`)},
		"b@2020-01-01.yang": text("2020-01-01", "int8"),
		"b@2021-01-01.yang": text("2021-01-01", "string"),
	}
	set, err := Compile([]fs.FS{fsys}, Options{Implement: []string{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	if x, y := find(t, set, "/a:x").Type.Base, find(t, set, "/a:y").Type.Base; x != Int8 || y != String {
		t.Errorf("x is %s, y is %s", x, y)
	}
	if m := set.Module("b"); m.Revision != "2021-01-01" || m.Implemented || len(set.Modules) != 3 {
		t.Errorf("b is %+v of %d modules", m, len(set.Modules))
	}
}

// Only one revision of a module can be implemented (RFC 7950 section 5.6.5).
func TestAugmentOfAnotherRevision(t *testing.T) {
	text := func(revision string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(header("b") + "revision " + revision + "; container c; }")}
	}
	fsys := fstest.MapFS{
		"a.yang":            {Data: []byte(header("a") + `import b { prefix b; revision-date 2020-01-01; } augment /b:c { leaf x { type string; } } }`)},
		"b@2020-01-01.yang": text("2020-01-01"),
		"b@2021-01-01.yang": text("2021-01-01"),
	}
	_, err := Compile([]fs.FS{fsys}, Options{Implement: []string{"a", "b"}})
	wantError(t, err, `a.yang:2:50`, `needs module b in revision 2020-01-01, but 2021-01-01 is implemented (RFC 7950 section 5.6.5)`)
	set, err := Compile([]fs.FS{fsys}, Options{Implement: []string{"a"}})
	if err != nil || !set.Module("b").Implemented || set.Module("b").Revision != "2020-01-01" {
		t.Errorf("the revision that is augmented is not implemented: %v", err)
	}
}

// Names without prefix belong to the module where the node ends up (RFC 7950
// section 6.4.1), prefixes to the module where they are written.
func TestNamesInExpressions(t *testing.T) {
	set := compileOK(t, `
		import b { prefix bb; }
		container own { uses bb:g; leaf y { type string; } }
		augment /bb:top { leaf z { type string; must "../w and ../bb:y"; } leaf w { type string; } }
		deviation /bb:top/bb:y { deviate add { must "../x"; } deviate replace { type leafref { path "../x"; } } }
		uses bb:g { refine x { must "../own"; } }`, `
		grouping g { leaf x { type string; must "../y or ../b:y"; } }
		container top { uses g; leaf y { type string; } }`)
	for path, want := range map[string][]string{
		"/a:own/x": {"a", "b"}, "/b:top/x": {"b"}, "/b:top/a:z": {"a", "b"}, "/b:top/y": {"b"}, "/a:x": {"a", "b", "a"},
	} {
		var got []string
		for _, m := range find(t, set, path).Musts {
			for _, d := range m.Expr.Deps() {
				got = append(got, d.Steps[len(d.Steps)-1].Module)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: paths lead to modules %q, want %q", path, got, want)
		}
	}
	if y := find(t, set, "/b:top/y"); y.Type.Target != find(t, set, "/b:top/x") {
		t.Errorf("y refers to %s", y.Type.Target.Path())
	}
}
