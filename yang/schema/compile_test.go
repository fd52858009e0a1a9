package schema

import (
	"io/fs"
	"slices"
	"testing"
	"testing/fstest"
)

func TestDataTree(t *testing.T) {
	set := compileOK(t, `
		container top {
		  list item {
		    key "k2 k1";
		    leaf other { type string; }
		    leaf k1 { type string; }
		    leaf k2 { type uint8; }
		    unique "sub/a sub/b";
		    container sub { leaf a { type string; } leaf b { type string; } }
		    choice how {
		      default fast;
		      leaf fast { type empty; }
		      case slow { leaf delay { type uint8; units ms; } container box { presence here; } }
		    }
		    action reset { input { leaf hard { type boolean; } } }
		    notification lost;
		  }
		}
		rpc go { output { leaf result { type string; } } }
		notification gone { leaf why { type string; } }`)

	item := find(t, set, "/a:top/item")
	if got, want := names(item.DataChildren), "k2 k1 other sub fast delay box"; got != want {
		t.Errorf("data children %q, want %q", got, want)
	}
	if got, want := names(item.Children), "other k1 k2 sub how reset lost"; got != want {
		t.Errorf("children %q, want %q", got, want)
	}
	if names(item.Keys) != "k2 k1" || names(item.Unique[0]) != "a b" {
		t.Errorf("keys %q, unique %q", names(item.Keys), names(item.Unique[0]))
	}
	how := item.Children[4]
	if how.Kind != Choice || how.DefaultCase.Name != "fast" || how.DefaultCase.Kind != Case {
		t.Errorf("choice %+v", how)
	}
	if delay := item.Child("a", "delay"); delay.DataParent != item || delay.Units != "ms" || delay.Path() != "/a:top/item/delay" {
		t.Errorf("delay hangs on %s", delay.DataParent.Path())
	}
	rpc := set.RPC("urn:a", "go")
	if rpc == nil || names(rpc.DataChildren) != "input output" || set.RPC("a", "go") != rpc {
		t.Fatalf("rpc %+v", rpc)
	}
	if result := find(t, set, "/a:go/output/result"); result.Config || result.DataParent.Kind != Output {
		t.Errorf("result: config %v below %v", result.Config, result.DataParent.Kind)
	}
	if hard := find(t, set, "/a:top/item/reset/input/hard"); hard.Config {
		t.Error("an action's input is config")
	}
	if m := set.Module("a"); len(m.RPCs) != 1 || len(m.Notifications) != 1 || set.ModuleByNamespace("urn:a") != m {
		t.Errorf("module %+v", m)
	}
	checkTree(t, set.Root)
}

func TestUses(t *testing.T) {
	set := compileOK(t, `
		import b { prefix bb; }
		container c {
		  uses bb:g {
		    when "../c";
		    refine "inner/x" { default 7; must "../y > 1"; mandatory false; }
		    augment "inner" { when "y = 2"; leaf extra { type string; } }
		    augment "inner" { leaf more { type string; } }
		  }
		}`, `
		typedef small { type uint8 { range 1..9; } default 3; units lx; }
		grouping g {
		  container inner {
		    leaf x { type small; }
		    leaf y { type small; must "/c/inner/x = 1"; }
		  }
		}`)
	inner := find(t, set, "/a:c/inner")
	if inner.Module.Name != "a" || names(inner.Children) != "x y extra more" {
		t.Errorf("inner is in %s with %q", inner.Module.Name, names(inner.Children))
	}
	if len(inner.Whens) != 1 || inner.Whens[0].Context != inner.Parent {
		t.Errorf("inner has the conditions %v", inner.Whens)
	}
	x, y, extra := inner.Children[0], inner.Children[1], inner.Children[2]
	if texts(x.Defaults) != "7" || len(x.Musts) != 1 || x.Units != "lx" || x.Type.Typedefs[0] != "b:small" {
		t.Errorf("x: defaults %q, %d musts, units %q", texts(x.Defaults), len(x.Musts), x.Units)
	}
	if texts(y.Defaults) != "3" || len(y.Musts) != 1 {
		t.Errorf("y: defaults %q", texts(y.Defaults))
	}
	// RFC 7950 section 6.4.1: names without prefix belong to the module that uses the grouping.
	if deps := y.Musts[0].Expr.Deps(); len(deps) == 0 || deps[0].Steps[0].Module != "a" {
		t.Errorf("must of y depends on %+v", deps)
	}
	if len(extra.Whens) != 1 || extra.Whens[0].Context != inner {
		t.Errorf("extra has the conditions %v", extra.Whens)
	}
}

func TestAugment(t *testing.T) {
	set := compileOK(t,
		`import b { prefix b; }
		 augment /b:c/deep { leaf two { type string; } }
		 augment /b:c { when "b:on"; container deep { leaf one { type string; } } }
		 augment /b:c/b:pick { leaf third { type string; } }`,
		`container c { leaf on { type boolean; } choice pick { leaf first { type string; } } }`)
	deep := find(t, set, "/b:c/a:deep")
	if names(deep.Children) != "one two" || deep.Path() != "/b:c/a:deep" {
		t.Errorf("deep has %q", names(deep.Children))
	}
	if len(deep.Whens) != 1 || deep.Whens[0].Context.Name != "c" {
		t.Errorf("deep has the conditions %v", deep.Whens)
	}
	third := find(t, set, "/b:c/a:third")
	if third.Parent.Kind != Case || third.Parent.Parent.Name != "pick" || third.DataParent.Name != "c" {
		t.Errorf("third stands in %s", third.Parent.Path())
	}
}

func TestDeviations(t *testing.T) {
	set := compileOK(t, `
		import b { prefix b; }
		deviation /b:c/b:gone { deviate not-supported; }
		deviation /b:c/b:x {
		  deviate add { must ". > 1"; }
		  deviate replace { type uint8; default 8; config false; }
		  deviate delete { units old; }
		}`, `
		container c {
		  leaf gone { type string; }
		  leaf x { type string; default a; units old; config true; }
		}`)
	x := find(t, set, "/b:c/x")
	if x.Type.Base != Uint8 || texts(x.Defaults) != "8" || x.Config || x.Units != "" || len(x.Musts) != 1 {
		t.Errorf("x is %+v", x)
	}
	if _, err := set.Find("/b:c/gone"); err == nil {
		t.Error("a node that is not supported is there")
	}
	if got := set.Module("b").Deviations; !slices.Equal(got, []string{"a"}) {
		t.Errorf("deviations %v", got)
	}
}

func TestFeatures(t *testing.T) {
	fsys := sources(`
		feature f; feature g; feature h { if-feature f; }
		leaf with { if-feature "f and not g"; type string; }
		leaf without { if-feature "g or (f and g)"; type string; }
		leaf e { type enumeration { enum one; enum two { if-feature g; } enum three; } }
		identity base; identity off { if-feature g; base base; } identity on { base base; }
		leaf i { type identityref { base base; } }`)
	set, err := Compile([]fs.FS{fsys}, Options{Features: func(m, f string) bool { return f != "g" }})
	if err != nil {
		t.Fatal(err)
	}
	if got := names(set.Root.DataChildren); got != "with e i" {
		t.Errorf("nodes %q", got)
	}
	e := find(t, set, "/a:e").Type
	if len(e.Enums) != 2 || e.Enums[1].Value != 2 {
		t.Errorf("enums %+v", e.Enums)
	}
	if got := set.Identity("a", "base").Derived(); !slices.Equal(got, []string{"a:on"}) {
		t.Errorf("derived %v", got)
	}
	if f := set.Module("a").Features; f["g"] || !f["h"] {
		t.Errorf("features %v", f)
	}
}

func TestIdentitiesOfSeveralBases(t *testing.T) {
	set := compileOK(t, `
		import b { prefix b; }
		identity both { base b:p; base b:q; } identity leafy { base both; } identity only { base b:p; }
		leaf x { type identityref { base b:p; base b:q; } }`,
		`identity p; identity q;`)
	p, leafy := set.Identity("b", "p"), set.Identity("a", "leafy")
	if !leafy.DerivedFrom(p) || p.DerivedFrom(p) || p.DerivedFrom(leafy) {
		t.Error("derivation is wrong")
	}
	x := find(t, set, "/a:x").Type
	if v, err := x.Parse(Lexical{Text: "leafy", Form: JSONString, Module: set.Module("a")}); err != nil || v.Identity() != leafy {
		t.Errorf("got %v, %v", v, err)
	}
	if _, err := x.Parse(Lexical{Text: "a:only", Form: JSONString}); err == nil {
		t.Error("an identity of one base is accepted")
	}
}

func TestSubmodules(t *testing.T) {
	set := compileOK(t,
		`include s; include s2; leaf x { type in-sub; } typedef in-main { type int8; }`,
		`submodule s { yang-version 1.1; belongs-to a { prefix me; } include s2; revision 2020-01-01;
		 typedef in-sub { type string; } leaf y { type me:in-main; } uses far; }`,
		`submodule s2 { yang-version 1.1; belongs-to a { prefix a; } grouping far { leaf z { type in-main; } } }`)
	if got := names(set.Root.DataChildren); got != "x y z" {
		t.Errorf("nodes %q", got)
	}
	if subs := set.Module("a").Submodules; len(subs) != 2 || subs[0].Name+subs[0].Revision != "s2020-01-01" || subs[1].Name != "s2" {
		t.Errorf("submodules %+v", subs)
	}
}

func TestImportedOnly(t *testing.T) {
	fsys := sources(
		`import b { prefix b; } import c { prefix c; } leaf x { type leafref { path /b:top/b:name; } } leaf y { type c:t; }`,
		`container top { leaf name { type string; } }`,
		`typedef t { type int8; } container hidden;`)
	set, err := Compile([]fs.FS{fsys}, Options{Implement: []string{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := names(set.Root.DataChildren); got != "top x y" {
		t.Errorf("nodes %q", got)
	}
	if !set.Module("b").Implemented || set.Module("c").Implemented {
		t.Error("b has to be implemented because of the leafref, c not")
	}
	x, name := find(t, set, "/a:x"), find(t, set, "/b:top/name")
	if x.Type.Target != name {
		t.Errorf("x refers to %s", x.Type.Target.Path())
	}
}

func TestRevisions(t *testing.T) {
	text := func(revision, body string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(header("b") + "revision " + revision + ";" + body + "}")}
	}
	fsys := fstest.MapFS{
		"a.yang":            {Data: []byte(header("a") + `import b { prefix b; revision-date 2020-01-01; } leaf x { type b:t; } }`)},
		"b@2020-01-01.yang": text("2020-01-01", "typedef t { type int8; } leaf old { type t; }"),
		"b@2021-01-01.yang": text("2021-01-01", "typedef t { type string; } leaf new { type t; }"),
	}
	set, err := Compile([]fs.FS{fsys}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := names(set.Root.DataChildren); got != "x new" {
		t.Errorf("nodes %q", got)
	}
	if x := find(t, set, "/a:x"); x.Type.Base != Int8 {
		t.Errorf("x is a %v", x.Type.Base)
	}
	if len(set.Modules) != 3 || set.Module("b").Revision != "2021-01-01" {
		t.Errorf("%d modules", len(set.Modules))
	}
}

func TestSummaries(t *testing.T) {
	set := compileOK(t, `
		container c { container d { leaf x { type int8; default 1; } } container e { leaf y { type int8; mandatory true; } } container f; }
		leaf-list many { type int8; default 1; default 2; }`)
	for path, want := range map[string][2]bool{
		"/a:c": {true, true}, "/a:c/d": {true, false}, "/a:c/e": {false, true}, "/a:c/f": {false, false},
	} {
		n := find(t, set, path)
		if got := [2]bool{n.SubtreeDefaults, n.MandatoryBelow}; got != want {
			t.Errorf("%s: defaults and mandatory below are %v, want %v", path, got, want)
		}
	}
	if got := texts(find(t, set, "/a:many").Defaults); got != "1 2" {
		t.Errorf("defaults %q", got)
	}
}

func TestLeafrefInOperation(t *testing.T) {
	set := compileOK(t, `
		list l { key k; leaf k { type uint8; } }
		rpc r { input { leaf a { type leafref { path "../b"; } } leaf b { type leafref { path "/l/k"; } }
		                leaf c { type leafref { path "/r/b"; } } leaf d { type leafref { path "../../l[k=current()/../b]/k"; } } } }`)
	input := set.RPC("a", "r").DataChildren[0]
	k := find(t, set, "/a:l/k")
	for i, want := range []*Node{input.DataChildren[1], k, input.DataChildren[1], k} {
		leaf := input.DataChildren[i]
		if leaf.Type.Target != want {
			t.Errorf("%s refers to %s, want %s", leaf.Name, leaf.Type.Target.Path(), want.Path())
		}
	}
	if v, err := input.DataChildren[0].Type.Parse(Lexical{Text: "5", Form: JSONNumber}); err != nil || v.Type().Base != Uint8 {
		t.Errorf("got %v, %v", v, err)
	}
}
