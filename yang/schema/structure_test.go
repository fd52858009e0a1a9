package schema

import (
	"io/fs"
	"testing"
)

// The modules that define the extensions, as far as they matter.
const (
	structureExt = `module ietf-yang-structure-ext { namespace urn:sx; prefix sx; revision 2020-06-17;
		extension structure { argument name { yin-element true; } }
		extension augment-structure { argument path { yin-element true; } } }`
	restconf = `module ietf-restconf { namespace urn:rc; prefix rc; revision 2017-01-26;
		extension yang-data { argument name { yin-element true; } } }`
	importStructureExt = "import ietf-yang-structure-ext { prefix sx; }\n"
	importRestconf     = "import ietf-restconf { prefix rc; }\n"
)

func TestStructure(t *testing.T) {
	set := compileOK(t, importStructureExt+`
		grouping g { leaf in-group { type string; } }
		container s2 { leaf x { type string; } }
		sx:structure s {
		  status deprecated; description "what it is for"; must "a:b > 0";
		  typedef short { type string { length 1..4; } }
		  leaf a { type short; config true; }
		  leaf b { type leafref { path "../a"; } }
		  leaf c { type leafref { path "/a:s/a:l/a:k"; } }
		  leaf d { type leafref { path "/a:l/a:k"; } when "../b"; }
		  list l { leaf k { type uint8; default 7; } }
		  uses g;
		  container e { action f { input { leaf g { type string; } } } }
		}`,
		importStructureExt+`
		import a { prefix a; }
		sx:augment-structure /a:s/a:l { list sub { leaf y { type string; mandatory true; } } }
		sx:augment-structure /a:s/a:l/b:sub { leaf z { type string; } }`,
		structureExt)
	m := set.Module("a")
	if len(m.Structures) != 1 || set.Root.Child("a", "s") != nil {
		t.Fatalf("structures %s, in the data tree: %v", names(m.Structures), set.Root.Child("a", "s"))
	}
	s := m.Structures[0]
	if s.Kind != Structure || s.Parent != nil || s.Status != Deprecated || s.Description != "what it is for" || len(s.Musts) != 1 {
		t.Errorf("structure %+v", s)
	}
	if got, want := names(s.DataChildren), "a b c d l in-group e"; got != want {
		t.Errorf("children %q, want %q", got, want)
	}
	l := s.Child("a", "l")
	if a := s.Child("a", "a"); a.Config || l.Config || a.Path() != "/a:s/a" || s.Child("a", "b").Type.Target != a {
		t.Errorf("config %v, path %s, target %v", a.Config, a.Path(), s.Child("a", "b").Type.Target)
	}
	k := l.Child("a", "k")
	if s.Child("a", "c").Type.Target != k || s.Child("a", "d").Type.Target != k || texts(k.Defaults) != "7" {
		t.Errorf("targets %v, %v", s.Child("a", "c").Type.Target, s.Child("a", "d").Type.Target)
	}
	if z := l.Child("b", "sub").Child("b", "z"); z == nil || !s.MandatoryBelow || !s.SubtreeDefaults {
		t.Errorf("z %v, mandatory below %v, defaults below %v", z, s.MandatoryBelow, s.SubtreeDefaults)
	}
}

func TestYangData(t *testing.T) {
	set, err := Compile([]fs.FS{sources(importRestconf+`
		feature off;
		grouping g { container errors { leaf one { if-feature off; type string; } list error { leaf tag { type string; } } } }
		rc:yang-data problems { uses g { if-feature off; } }
		container other { rc:yang-data ignored { leaf x { type string; } } leaf y { type leafref { path "/a:other/a:z"; } } leaf z { type int8; } }`,
		restconf)}, Options{Features: func(_, _ string) bool { return false }})
	if err != nil {
		t.Fatal(err)
	}
	m := set.Module("a")
	if len(m.Structures) != 1 || m.Structures[0].Kind != YangData {
		t.Fatalf("structures %s", names(m.Structures))
	}
	errors := m.Structures[0].Child("a", "errors")
	if errors == nil || names(errors.DataChildren) != "one error" || errors.Path() != "/a:problems/errors" {
		t.Errorf("errors %+v", errors)
	}
	if names(find(t, set, "/a:other").DataChildren) != "y z" {
		t.Error("yang-data below the top is not ignored")
	}
}

func TestAugmentsAsWritten(t *testing.T) {
	set := compileOK(t, `
		import b { prefix b; }
		grouping g { leaf x { type string; } }
		augment /b:top/a:first { uses g; }
		augment /b:top { container first { if-feature f; leaf y { type string; } } }
		feature f;`,
		"container top;")
	augments := set.Module("a").Augments
	if len(augments) != 2 || augments[0].Argument() != "/b:top/a:first" || augments[0].Target.Path() != "/b:top/a:first" {
		t.Fatalf("augments %+v", augments)
	}
	if uses := augments[0].Substatements()[0]; uses.Keyword() != "uses" || uses.Argument() != "g" || augments[0].Into != set.Module("b") {
		t.Errorf("%s %q into %s", uses.Keyword(), uses.Argument(), augments[0].Into.Name)
	}
	if first := find(t, set, "/b:top/a:first"); len(first.IfFeatures) != 1 || first.IfFeatures[0] != "f" {
		t.Errorf("if-features %q", first.IfFeatures)
	}
}
