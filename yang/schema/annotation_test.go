package schema

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/peer"
)

// metadataModule defines the extension of RFC 7952 as far as tests need it.
const metadataModule = `module ietf-yang-metadata {
  namespace "urn:ietf:params:xml:ns:yang:ietf-yang-metadata";
  prefix md;
  extension annotation { argument name; }
}`

func TestAnnotations(t *testing.T) {
	set := compileOK(t, `
		import ietf-yang-metadata { prefix meta; }
		feature f;
		typedef seconds { type uint32; units s; }
		identity kind;
		meta:annotation age { type seconds; description "how old"; reference "a book"; status deprecated; }
		meta:annotation kind { type identityref { base kind; } units none; if-feature f; }
		meta:annotation never { if-feature "f and not f"; type string; }
		leaf x { type string; }`, metadataModule)
	age := set.Annotation("a", "age")
	if age == nil || age.String() != "a:age" || age.Type.Base != Uint32 || age.Units != "s" ||
		age.Status != Deprecated || age.Description != "how old" || age.Reference != "a book" {
		t.Errorf("age is %+v", age)
	}
	if k := set.Annotation("a", "kind"); k == nil || k.Type.Base != Identityref || k.Units != "none" {
		t.Errorf("kind is %+v", k)
	}
	for _, none := range [][2]string{{"a", "never"}, {"a", "x"}, {"b", "age"}} {
		if set.Annotation(none[0], none[1]) != nil {
			t.Errorf("there is an annotation %v", none)
		}
	}
}

// The annotations of a module that is only imported are not in effect.
func TestAnnotationsOfImportedModule(t *testing.T) {
	src := sources(`import b { prefix b; }`, `import ietf-yang-metadata { prefix md; } md:annotation n { type string; }`, metadataModule)
	set, err := Compile([]fs.FS{src}, Options{Implement: []string{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	if set.Annotation("b", "n") != nil {
		t.Error("the annotation of an imported module is in effect")
	}
}

func TestRefuseAnnotations(t *testing.T) {
	for _, test := range []struct{ name, body, want string }{
		{"no type", `md:annotation n { units s; }`, "lacks the substatement type"},
		{"two types", `md:annotation n { type string; type string; }`, "more than once"},
		{"a substatement of leafs", `md:annotation n { type string; default x; }`, "is not allowed"},
		{"not at the top", `container c { md:annotation n { type string; } }`, "at the top of a module"},
		{"no name", `md:annotation "a b" { type string; }`, "not an identifier"},
		{"qualified name", `md:annotation "a:b" { type string; }`, "not an identifier"},
		{"twice", `md:annotation n { type string; } md:annotation n { type int8; }`, "defined twice"},
		{"unknown type", `md:annotation n { type t; }`, "is not defined"},
		{"unknown feature", `md:annotation n { type string; if-feature f; }`, "defines no feature"},
		{"leafref", `leaf l { type string; } md:annotation n { type leafref { path /l; } }`, "leafref"},
		{"unknown extension inside", `md:annotation n { type string; md:other; }`, "defines no extension"},
	} {
		t.Run(test.name, func(t *testing.T) {
			src := sources(`import ietf-yang-metadata { prefix md; } `+test.body, metadataModule)
			_, err := Compile([]fs.FS{src}, Options{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

// Every node leads to its schema, those of structures too.
func TestNodesKnowTheirSet(t *testing.T) {
	set := compileOK(t, `import ietf-yang-structure-ext { prefix sx; } container c { leaf x { type string; } }
		sx:structure s { leaf y { type string; } }
		rpc r { input { leaf z { type string; } } }`, `module ietf-yang-structure-ext {
		namespace urn:sx; prefix sx; extension structure { argument name; } }`)
	m := set.Module("a")
	for _, n := range []*Node{set.Root, find(t, set, "/a:c/x"), m.Structures[0].DataChildren[0], m.RPCs[0].DataChildren[0].DataChildren[0]} {
		if n.Set() != set {
			t.Errorf("%s belongs to no set", n.Name)
		}
	}
}

// The published modules that define annotations.
func TestPublishedAnnotations(t *testing.T) {
	dir := peer.Modules(t, "the annotations of published modules")
	set, err := Compile(publishedSources(dir, "ietf"), Options{Implement: []string{"ietf-origin"}})
	if err != nil {
		t.Fatal(err)
	}
	origin := set.Annotation("ietf-origin", "origin")
	if origin == nil {
		t.Fatal("ietf-origin defines no origin")
	}
	if _, err := origin.Type.Parse(Lexical{Text: "ietf-origin:learned", Form: Canonical, Module: origin.Module}); err != nil {
		t.Error(err)
	}
}
