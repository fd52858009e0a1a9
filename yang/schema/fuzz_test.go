package schema

import (
	"io/fs"
	"testing"
)

func FuzzCompile(f *testing.F) {
	for _, body := range []string{
		valueModule, "leaf x { type string; }", "grouping g { uses g; }", "typedef t { type union { type t; } }",
		`container c { presence "p"; must "../c"; } augment /a:c { when "1"; list l { key k; leaf k { type leafref { path "../../l/k"; } } } }`,
		`feature f; rpc r { if-feature "not f"; input { choice c { default x; leaf x { type empty; } } } }`,
		`deviation /a:x { deviate replace { type int8 { range 1..max; } } } leaf x { type decimal64 { fraction-digits 3; } }`,
		"identity i { base a:i; }", "leaf x { type bits { bit b { position 4294967295; } bit c; } }", "a:b c;",
		importStructureExt + "sx:structure s { leaf x { type leafref { path /a:s/a:y; } } leaf y { type string; } }\nsx:augment-structure /a:s { case c { leaf z { type int8; } } }",
		importRestconf + "rc:yang-data d { choice c { container e { config true; list l; } case f { uses g; } } } grouping g { container h; }",
		`leaf x { type string { pattern "\\p{L}[a-z-[b]]"; } }`,
	} {
		f.Add(body)
	}
	for _, tc := range allRefusals {
		f.Add(tc.texts[0])
	}
	for _, tc := range acceptances {
		f.Add(tc.texts[0])
	}
	f.Fuzz(func(t *testing.T, body string) {
		if len(body) > 4096 {
			t.Skip("long modules only repeat")
		}
		set, err := Compile([]fs.FS{sources(body, valueImport, structureExt, restconf)}, Options{})
		if (set == nil) != (err != nil) {
			t.Fatalf("set %v with error %v", set != nil, err)
		}
		if err == nil {
			checkTree(t, set.Root)
			for _, m := range set.Modules {
				for _, n := range m.Structures {
					checkTree(t, n)
				}
			}
		}
	})
}

func FuzzParseValue(f *testing.F) {
	set := valueSet(f)
	leafs := set.Root.DataChildren
	for i, text := range []string{"-5", "0x1f", "1.50", "abc", "true", "two zero", "QUJD", "x:cat", "/a:c/l[n='1'][m='2']/ll[.='v']", "/a:c/bare[1]", "[", "\xff"} {
		f.Add(i, byte(i%6), text)
	}
	f.Fuzz(func(t *testing.T, leaf int, form byte, text string) {
		n := leafs[uint(leaf)%uint(len(leafs))]
		if n.Type == nil {
			return
		}
		in := Lexical{Text: text, Form: Form(form % 6), Module: n.Module, Prefix: prefixes(set), Root: set.Root}
		v, err := n.Type.Parse(in)
		if err != nil {
			return
		}
		again, err := n.Type.Parse(Lexical{Text: v.String(), Form: Canonical, Module: n.Module, Root: set.Root})
		if err != nil || again.String() != v.String() {
			t.Fatalf("%q is read as %q, and that as %q, %v", text, v, again, err)
		}
		v.AppendKey(nil)
	})
}
