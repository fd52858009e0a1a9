package schema

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// refusal is a schema that breaks one rule; want is the place and part of the message.
type refusal struct {
	name  string
	texts []string
	want  string
}

var refusals = []refusal{
	{"unknown statement", []string{"laef x;"}, `a.yang:2:1: laef "x": is not a YANG statement`},
	{"statement in the wrong place", []string{"leaf x { type string; key y; }"}, `a.yang:2:23: key "y": is not allowed in leaf`},
	{"missing substatement", []string{"leaf x;"}, `a.yang:2:1: leaf "x": lacks the substatement type`},
	{"doubled substatement", []string{"leaf x { type string;\n type int8; }"}, `a.yang:3:2: type "int8": stands more than once`},
	{"syntax", []string{"leaf x { type string;"}, `a.yang:`},
	{"order of sections", []string{"leaf x { type string; }\nimport b { prefix b; }", ""}, `a.yang:3:1: import "b": stands after`},
	{"bad identifier", []string{"leaf 1x { type string; }"}, `a.yang:2:1: leaf "1x": argument is not an identifier`},
	{"bad boolean", []string{"leaf x { type string; config yes; }"}, `argument has to be one of: true, false`},
	{"bad date", []string{"revision 2020-13-01;"}, "not a date"},
	{"YANG 1.1 statement", []string{"module m { namespace urn:m; prefix m;\nanydata x; }"}, `m.yang:2:1: anydata "x": in module needs yang-version 1.1`},
	{"undefined extension", []string{"a:ext foo;"}, "module a defines no extension ext"},
	{"extension of unknown prefix", []string{"z:ext foo;"}, `prefix "z" is not imported`},

	{"missing import", []string{"import zz { prefix z; }"}, `a.yang:2:1: import "zz": module zz is not among the sources`},
	{"missing revision", []string{"import b { prefix b; revision-date 2020-01-01; }", "revision 2019-01-01;"}, "module b of revision 2020-01-01 is not"},
	{"circular import", []string{"import b { prefix b; }", "import a { prefix a; }"}, "closes a circle of imports"},
	{"prefix taken", []string{"import b { prefix a; }", ""}, `prefix "a" is taken`},
	{"same namespace", []string{"", "module n { namespace urn:a; prefix n; }"}, `namespace "urn:a": is also that of module a`},
	{"missing submodule", []string{"include s;"}, "submodule s is not among the sources"},
	{"submodule of another", []string{"include s;", "submodule s { yang-version 1.1; belongs-to z { prefix z; } }"}, "belongs to module z"},
	{"circular include", []string{"include s;", "submodule s { yang-version 1.1; belongs-to a { prefix a; } include s; }"}, "closes a circle of includes"},

	{"structure below the top", []string{importStructureExt + "container c { sx:structure s { leaf x { type string; } } }", structureExt}, `a.yang:3:15: sx:structure "s": stands only at the top of a module`},
	{"structure twice", []string{importStructureExt + "sx:structure s;\nsx:structure s;", structureExt}, `a.yang:4:1: structure "s": is defined twice`},
	{"structure named as a node", []string{importStructureExt + "container s;\nsx:structure s;", structureExt}, `a.yang:4:1: structure "s": a node of the module has this name too`},
	{"wrong statement in a structure", []string{importStructureExt + "sx:structure s { presence x; }", structureExt}, `presence "x": is not allowed in structure`},
	{"wrong statement in a structure's node", []string{importStructureExt + "sx:structure s { leaf x { key k; type string; } }", structureExt}, `key "k": is not allowed in leaf`},
	{"unknown type in a structure", []string{importStructureExt + "sx:structure s { leaf x { type nothing; } }", structureExt}, `typedef "nothing" is not defined`},
	{"leafref out of a structure", []string{importStructureExt + "leaf a { type string; }\nsx:structure s { leaf x { type leafref { path /a:a; } } }", structureExt}, `there is no node "a:a"`},
	{"augment of no structure", []string{importStructureExt + "container c;\nsx:augment-structure /a:c { leaf x { type string; } }", structureExt}, `a.yang:4:1: augment-structure "/a:c": there is no node "a:c"`},
	{"yang-data of a leaf", []string{importRestconf + "rc:yang-data d { leaf x { type string; } }", restconf}, `holds something else than exactly one container`},
	{"yang-data of two containers", []string{importRestconf + "rc:yang-data d { container x; container y; }", restconf}, `holds something else than exactly one container`},
	{"yang-data of nothing", []string{importRestconf + "rc:yang-data d { choice c { case d; } }", restconf}, `holds something else than exactly one container`},
	{"yang-data twice", []string{importRestconf + "rc:yang-data d { container x; }\nrc:yang-data d { container x; }", restconf}, `yang-data "d": is defined twice`},

	{"unknown feature", []string{"leaf x { if-feature f; type string; }"}, `defines no feature "f"`},
	{"feature circle", []string{"feature f { if-feature g; } feature g { if-feature f; }"}, "depends on itself"},
	{"feature expression", []string{"feature f; leaf x { if-feature 'f and'; type string; }"}, "expression ends early"},
	{"identity circle", []string{"identity i { base j; } identity j { base i; }"}, "is derived from itself"},
	{"unknown base", []string{"identity i { base j; }"}, "defines no identity j"},
	{"typedef circle", []string{"typedef t { type u; } typedef u { type t; }"}, "type is defined by itself"},
	{"unknown typedef", []string{"leaf x { type t; }"}, `typedef "t" is not defined`},
	{"shadowed typedef", []string{"typedef t { type string; }\ncontainer c { typedef t { type string; } }"}, `a.yang:3:15: typedef "t": name is defined already`},
	{"typedef named like a type", []string{"typedef string { type int8; }"}, "has the name of a built-in type"},
	{"grouping circle", []string{"grouping g { container c { uses g; } } uses g;"}, "grouping uses itself"},
	{"unused grouping at fault", []string{"grouping g { uses h; }"}, `grouping "h" is not defined`},
	{"refine of nothing", []string{"grouping g { leaf x { type string; } } uses g { refine y { config false; } }"}, `node "y" is not in the grouping`},
	{"refine that does not apply", []string{"grouping g { leaf x { type string; } }\nuses g { refine x { presence p; } }"}, `a.yang:3:21: presence "p": does not apply to leaf`},

	{"wider range", []string{"leaf x { type int8 { range 0..200; } }"}, "0..200 is wider than the type's -128..127"},
	{"disordered range", []string{"leaf x { type int8 { range '5 | 1..3'; } }"}, "not disjoint and in ascending order"},
	{"wider length", []string{"typedef t { type string { length 1..4; } } leaf x { type t { length 0..2; } }"}, "wider than the type's 1..4"},
	{"range on a string", []string{"leaf x { type string { range 1..2; } }"}, "does not restrict a type based on string"},
	{"bad pattern", []string{"leaf x { type string { pattern '['; } }"}, "a.yang:2:24: pattern"},
	{"enumeration without enum", []string{"leaf x { type enumeration; }"}, "lacks the substatement enum"},
	{"doubled enum value", []string{"leaf x { type enumeration { enum a { value 1; } enum b { value 1; } } }"}, "used twice"},
	{"enum restriction adds", []string{"typedef t { type enumeration { enum a; } } leaf x { type t { enum b; } }"}, "is not in the type that is restricted"},
	{"decimal64 without digits", []string{"leaf x { type decimal64; }"}, "lacks the substatement fraction-digits"},
	{"default out of type", []string{"leaf x { type int8; default 300; }"}, `a.yang:2:21: default "300": "300" is not in the range -128..127`},
	{"typedef default out of type", []string{"typedef t { type int8; default x; }"}, `default "x"`},
	{"inherited default out of restriction", []string{"typedef t { type int8; default 9; } leaf x { type t { range 1..3; } }"}, "not in the range 1..3"},

	{"config true below false", []string{"container c { config false;\nleaf x { type string; config true; } }"}, `a.yang:3:23: config "true"`},
	{"mandatory with default", []string{"leaf x { type string; mandatory true; default a; }"}, "and mandatory exclude each other"},
	{"min above max", []string{"leaf-list x { type string; min-elements 3; max-elements 2; }"}, "is more than max-elements 2"},
	{"leaf-list default and min", []string{"leaf-list x { type string; min-elements 1; default a; }"}, "exclude each other"},
	{"duplicate names", []string{"leaf x { type string; }\nleaf x { type string; }"}, `a.yang:3:1: leaf "x": another node of this name`},
	{"duplicate names across cases", []string{"choice c { case a { leaf x { type string; } }\ncase b { leaf x { type string; } } }"}, "a.yang:3:10: leaf"},
	{"list without key", []string{"list l { leaf k { type string; } }"}, "needs a key"},
	{"missing key", []string{"list l { key k; leaf x { type string; } }"}, `"k" is not a child of the list`},
	{"key of other config", []string{"list l { key k; leaf k { type string; config false; } }"}, "has another config"},
	{"key no leaf", []string{"list l { key k; container k; }"}, "is not a leaf"},
	{"conditional key", []string{"list l { key k; leaf k { type string; when '1'; } }"}, "conditional by when"},
	{"unique of nothing", []string{"list l { key k; unique x; leaf k { type string; } }"}, `there is no node "x"`},
	{"default case unknown", []string{"choice c { default z; leaf a { type string; } }"}, "is not a case"},
	{"mandatory in the default case", []string{"choice c { default a; leaf a { type string; mandatory true; } }"}, "has the mandatory node a"},
	{"bad XPath", []string{"leaf x { type string; must '('; }"}, `a.yang:2:23: must "("`},
	{"XPath prefix", []string{"leaf x { type string; must '/z:y'; }"}, `"z"`},

	{"leafref to nothing", []string{"leaf x { type leafref { path ../y; } }"}, `there is no node "y" at /`},
	{"leafref above the root", []string{"leaf x { type leafref { path ../../y; } }"}, "leads above the root"},
	{"leafref to a container", []string{"container c; leaf x { type leafref { path ../c; } }"}, "neither a leaf nor a leaf-list"},
	{"leafref circle", []string{"leaf x { type leafref { path ../y; } } leaf y { type leafref { path ../x; } }"}, "refers to itself"},
	{"leafref to state", []string{"leaf y { type string; config false; } leaf x { type leafref { path ../y; } }"}, "cannot refer to /a:y"},

	{"augment of nothing", []string{"import b { prefix b; } augment /b:zz { leaf x { type string; } }", ""}, `there is no node "b:zz"`},
	{"augment of a leaf", []string{"leaf l { type string; } augment /a:l { leaf x { type string; } }"}, "has no children to add to"},
	{"augment with mandatory", []string{"import b { prefix b; } augment /b:c { leaf x { type string; mandatory true; } }", "container c;"}, "adds the mandatory node x"},
	{"deviation of nothing", []string{"deviation /a:x { deviate not-supported; }"}, `there is no node "a:x"`},
	{"deviate add twice", []string{"leaf x { type string; units u; } deviation /a:x { deviate add { units v; } }"}, "exists already"},
	{"deviate delete unknown", []string{"leaf x { type string; } deviation /a:x { deviate delete { units v; } }"}, "does not exist"},
	{"action below a list without key", []string{"list l { config false; action a; }"}, "which has no key"},
	{"deep nesting", []string{strings.Repeat("container c { ", 200) + strings.Repeat("}", 200)}, "nested more than"},
}

// allRefusals are those of all tables.
var allRefusals = slices.Concat(refusals, refusalsOfText, refusalsOfGrammar, refusalsOfTypes, refusalsOfReuse, refusalsOfModules, refusalsOfNodes, refusalsOfDetails)

// ruleless are refused without that a module breaks a rule.
var ruleless = []string{"missing import", "missing revision", "missing submodule", "include of another revision", "deep nesting"}

func TestRefuse(t *testing.T) {
	for _, tc := range allRefusals {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Compile([]fs.FS{sources(tc.texts...)}, Options{})
			wantError(t, err, tc.want)
			var e *Error
			if !errors.As(err, &e) {
				t.Errorf("error is a %T", err)
			} else if (e.Rule == "") != slices.Contains(ruleless, tc.name) {
				t.Errorf("error %q names the rule %q", err, e.Rule)
			}
		})
	}
}

func TestRefuseOptions(t *testing.T) {
	fsys := sources("", "module other { namespace urn:x; prefix x; }")
	_, err := Compile([]fs.FS{fsys}, Options{Implement: []string{"nowhere"}})
	wantError(t, err, "module nowhere is not among the sources")
	_, err = Compile([]fs.FS{fsys}, Options{Implement: []string{"a@2020-02-02"}})
	wantError(t, err, "module a of revision 2020-02-02 is not")
}

func TestErrorsAreBounded(t *testing.T) {
	_, err := Compile([]fs.FS{sources(strings.Repeat("laef x;\n", 100))}, Options{})
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || len(joined.Unwrap()) != maxErrors {
		t.Errorf("got %v, want %d errors", err, maxErrors)
	}
}

func TestWrongFileName(t *testing.T) {
	fsys := fstest.MapFS{"x.yang": {Data: []byte(header("y") + "}")}}
	_, err := Compile([]fs.FS{fsys}, Options{})
	wantError(t, err, "x.yang:1:1", "has another name than its file")
}

// Groupings that double at each of 40 levels stop at the bound on nodes.
func TestExplodingGroupings(t *testing.T) {
	var b strings.Builder
	b.WriteString("grouping g0 { leaf x { type string; } }\n")
	for i := 1; i <= 40; i++ {
		fmt.Fprintf(&b, "grouping g%d { container l { uses g%d; } container r { uses g%d; } }\n", i, i-1, i-1)
	}
	b.WriteString("uses g40;")
	_, err := compileBounded([]fs.FS{sources(b.String())}, Options{}, 10_000)
	wantError(t, err, "the schema has more than 10000 nodes")
}
