package schema

import (
	"io/fs"
	"slices"
	"testing"
)

// acceptance is a schema that RFC 7950 allows.
type acceptance struct {
	name  string
	texts []string
}

var acceptancesOfText = []acceptance{
	{"strings appended", []string{`leaf x { type string; description "a" + 'b' +
		"c"; }`}},
	{"comments everywhere", []string{"/* a */ leaf /* b */ x // c\n { type /* d */ string /* e */ ; // f\n } // g"}},
	{"comment between appended strings", []string{"leaf x { type string; description 'a' /* b */ + // c\n 'd'; }"}},
	{"comment marks inside quotes", []string{`leaf x { type string; description "a // b /* c"; reference '/* d'; }`}},
	{"slash in an unquoted string", []string{"container c { leaf y { type string; } } leaf x { type leafref { path /c/y; } }"}},
	{"comment right after an unquoted string", []string{"leaf x/* y */ { type string; }"}},
	{"plus in an unquoted string", []string{"leaf x { type int8; default +5; }"}},
	{"escapes", []string{`leaf x { type string; description "a\n\t\"\\b"; }`}},
	{"backslash in single quotes", []string{`leaf x { type string { pattern '\d+\\'; } }`}},
	{"other escapes in YANG 1", []string{v1("m", `leaf x { type string { pattern "\d+"; } }`)}},
	{"quotes in unquoted strings of YANG 1", []string{v1("m", `leaf x { type string; description it's; }`)}},
	{"quote of the other kind", []string{`leaf x { type string; description "it's"; reference 'a "b"'; }`}},
	{"line ends of DOS", []string{"leaf x {\r\n  type string;\r\n  description \"a\r\n  b\";\r\n}\r\n"}},
	{"characters beyond the plane", []string{"leaf x { type string; description '\U0001F600 \u00e9'; }"}},
	{"identifiers of all characters", []string{"leaf _x-1.y { type string; } leaf xmlish { type string; }"}},
	{"names of statements", []string{"container leaf { leaf container { type string; } leaf list { type string; } }"}},
	{"no space before a brace", []string{"leaf x{type string;}leaf y{type string;}"}},
	{"quoted name", []string{`leaf "x" { type 'string'; }`}},
	{"empty description", []string{`leaf x { type string; description ""; }`}},
}

var acceptancesOfTypes = []acceptance{
	{"range with white space", []string{"leaf x { type int8 { range ' 1 .. 5  |  7 '; } }"}},
	{"range over lines", []string{"leaf x { type int8 { range \"1..5\n | 7..9\"; } }"}},
	{"range min and max", []string{"leaf x { type int8 { range 'min..0 | 5..max'; } }"}},
	{"range of one number", []string{"leaf x { type uint64 { range 18446744073709551615; } }"}},
	{"range at the ends of int64", []string{"leaf x { type int64 { range -9223372036854775808..9223372036854775807; } }"}},
	{"range across adjacent parts", []string{"typedef t { type int8 { range '1..3 | 4..6'; } } leaf x { type t { range 2..5; } }"}},
	{"range min of a restricted type", []string{"typedef t { type int8 { range '2..3 | 7..9'; } } leaf x { type t { range 'min..3 | 8..max'; } }"}},
	{"range of decimal64", []string{"leaf x { type decimal64 { fraction-digits 2; range '-1.5..1.25 | 3'; } default 0.5; }"}},
	{"fraction-digits 18", []string{"leaf x { type decimal64 { fraction-digits 18; range min..9.2; } }"}},
	{"range of a derived decimal64", []string{"typedef t { type decimal64 { fraction-digits 2; range 0..10; } } leaf x { type t { range 1.5..max; } }"}},
	{"length zero", []string{"leaf x { type string { length 0; } default ''; }"}},
	{"length parts", []string{"leaf x { type binary { length '1..4 | 8'; } default 'QUJD'; }"}},
	{"length max", []string{"leaf x { type string { length '1..max'; } }"}},
	{"patterns of a chain", []string{"typedef t { type string { pattern 'a.*'; } } leaf x { type t { pattern '.*z'; } default abz; }"}},
	{"pattern with subtraction", []string{"leaf x { type string { pattern '[a-z-[aeiou]]+'; } default xyz; }"}},
	{"pattern with blocks", []string{`leaf x { type string { pattern '\p{IsBasicLatin}*\p{Lu}\P{Nd}'; } default abCd; }`}},
	{"pattern with anchors as characters", []string{"leaf x { type string { pattern 'a$b'; } }"}},
	{"pattern with quantifiers", []string{"leaf x { type string { pattern '(ab){2,3}c{2}d{1,}'; } default ababccd; }"}},
	{"pattern with name escapes", []string{`leaf x { type string { pattern '\i\c*'; } default a-b; }`}},
	{"pattern empty", []string{"leaf x { type string { pattern ''; } }"}},
	{"pattern inverted", []string{"leaf x { type string { pattern '[xX][mM][lL].*' { modifier invert-match; } } default abc; }"}},
	{"restriction with messages", []string{"leaf x { type string { length 1..4 { error-message m; error-app-tag t; description d; reference r; } pattern a { error-message m; } } }"}},
	{"enum values", []string{"leaf x { type enumeration { enum a { value -5; } enum b; enum c { value 7; } enum 'd e'; } default 'd e'; }"}},
	{"enum restriction", []string{"typedef t { type enumeration { enum a; enum b; enum c; } } leaf x { type t { enum c; enum a; } default c; }"}},
	{"enum restriction with the values", []string{"typedef t { type enumeration { enum a { value 3; } enum b { value 9; } } } leaf x { type t { enum b { value 9; } } }"}},
	{"enum restriction twice", []string{"typedef t { type enumeration { enum a; enum b; enum c; } } typedef u { type t { enum a; enum c; } } leaf x { type u { enum c; } }"}},
	{"enum with if-feature", []string{"feature f; leaf x { type enumeration { enum a { if-feature 'not f'; } enum b; } default b; }"}},
	{"bits restriction", []string{"typedef t { type bits { bit a; bit b { position 5; } bit c; } } leaf x { type t { bit c; bit a; } default 'a c'; }"}},
	{"bits default empty", []string{"leaf x { type bits { bit a; } default ''; }"}},
	{"union of unions", []string{"typedef t { type union { type int8; type enumeration { enum a; } } } leaf x { type union { type t; type boolean; } default true; }"}},
	{"union with empty and leafref", []string{"leaf y { type string; } leaf x { type union { type empty; type leafref { path ../y; } } }"}},
	{"union default in the second member", []string{"leaf x { type union { type uint8; type string { length 3; } } default 300; }"}},
	{"default in hexadecimal and octal", []string{"leaf x { type int8; default 0x1f; } leaf y { type uint8; default 017; }"}},
	{"default of boolean", []string{"leaf x { type boolean; default false; }"}},
	{"default of a derived type", []string{"typedef t { type u; } typedef u { type int8; default 3; } leaf x { type t { range 1..5; } }"}},
	{"default overrides that of the type", []string{"typedef t { type int8; default 9; } leaf x { type t { range 1..5; } default 2; }"}},
	{"mandatory leaf of a type with default", []string{"typedef t { type int8; default 9; } leaf x { type t; mandatory true; }"}},
	{"leaf-list defaults", []string{"leaf-list x { type int8; default 2; default 1; } leaf-list y { config false; type int8; default 1; default 1; }"}},
	{"leaf-list of a type with default and min-elements", []string{"typedef t { type int8; default 9; } leaf-list x { type t; min-elements 1; }"}},
	{"key with a default", []string{"list l { key k; leaf k { type int8; default 3; } }"}},
	{"key of type empty", []string{"list l { key 'k m'; leaf k { type empty; } leaf m { type string; } }"}},
	{"identityref of two bases", []string{"identity i; identity j; identity k { base i; base j; } leaf x { type identityref { base i; base j; } default k; }"}},
	{"identityref default with prefix", []string{"import b { prefix bb; } leaf x { type identityref { base bb:i; } default bb:j; }", "identity i; identity j { base i; }"}},
	{"identityref default in a typedef of another module", []string{"import b { prefix bb; } leaf x { type bb:t; } leaf y { type bb:t; default bb:j; }", "identity i; identity j { base i; } leaf z { type t; } typedef t { type identityref { base i; } default j; }"}},
	{"instance-identifier", []string{"leaf x { type instance-identifier { require-instance false; } } leaf y { type instance-identifier; default '/a:x'; }"}},
	{"leafref in a typedef", []string{"import b { prefix b; } leaf x { type b:t; }", "typedef t { type leafref { path '/b:top/b:name'; } } container top { leaf name { type string; } }"}},
	{"leafref in a typedef of a union", []string{"leaf y { type string; } typedef t { type union { type leafref { path /a:y; } type int8; } } leaf x { type t; }"}},
	{"leafref to a leafref", []string{"leaf x { type leafref { path ../y; } } leaf y { type leafref { path ../z; } } leaf z { type int8; } leaf d { type leafref { path ../x; } default 5; }"}},
	{"leafref to a leaf-list", []string{"leaf-list y { type string; } leaf x { type leafref { path ../y; } }"}},
	{"leafref with predicates", []string{"list l { key 'k m'; leaf k { type string; } leaf m { type string; } leaf v { type string; } } leaf a { type string; } container c { leaf b { type string; } leaf x { type leafref { path '/l[k = current()/../../a][m=current()/../b]/v'; } } }"}},
	{"leafref to state without require-instance", []string{"leaf y { config false; type string; } leaf x { type leafref { path ../y; require-instance false; } }"}},
	{"leafref of state to state", []string{"leaf y { config false; type string; } leaf x { config false; type leafref { path ../y; } }"}},
	{"leafref to a key through a choice", []string{"choice c { list l { key k; leaf k { type string; } } } leaf x { type leafref { path /l/k; } }"}},
	{"require-instance on a derived leafref", []string{"leaf y { type string; } typedef t { type leafref { path /a:y; } } leaf x { type t { require-instance false; } }"}},
	{"typedefs in scopes", []string{"container c { typedef t { type string; } leaf x { type t; } } container d { typedef t { type int8; } leaf x { type t; default 5; } }"}},
	{"typedef in an rpc", []string{"rpc r { typedef t { type string; } input { typedef u { type t; } leaf x { type u; } } output { leaf y { type t; } } }"}},
}

var acceptancesOfReuse = []acceptance{
	{"several augments under one uses", []string{"grouping g { container c { container d; } } uses g { augment c { leaf x { type string; } } augment c/d { leaf y { type string; } } augment c { when 1; leaf z { type string; } } }"}},
	{"refine of everything", []string{"grouping g { container c { leaf x { type string; } leaf-list y { type string; } list l { key k; leaf k { type string; } } choice h { case i { leaf j { type string; } } case k { leaf m { type string; } } } anydata z; } } uses g { refine c { presence p; must 1; description d; reference r; config false; } refine c/x { default a; } refine c/y { min-elements 1; max-elements 3; } refine c/l { min-elements 1; } refine c/h { default i; } refine c/z { mandatory true; } }"}},
	{"refine defaults of a leaf-list", []string{"grouping g { leaf-list y { type string; default a; } } uses g { refine y { default b; default c; } }"}},
	{"refine through a choice and a case", []string{"grouping g { choice c { case d { leaf x { type string; } } leaf y { type string; } } } uses g { refine c/d/x { mandatory true; } refine c/y/y { default a; } refine c { mandatory true; } }"}},
	{"refine with if-feature", []string{"feature f; grouping g { leaf x { type string; } } uses g { refine x { if-feature 'not f'; } }"}},
	{"refine of a nested grouping", []string{"grouping g { container c { uses h; } } grouping h { leaf x { type string; } } uses g { refine c/x { default a; } }"}},
	{"refine of a case", []string{"grouping g { choice c { case d { leaf x { type string; } } } } uses g { refine c/d { description d; reference r; } }"}},
	{"refine of an action and a notification", []string{"grouping g { action x { input { leaf y { type string; } } } notification n { leaf z { type string; } } } container c { uses g { refine x { description d; } refine x/input/y { default a; } refine n { description d; } } }"}},
	{"uses in a case", []string{"grouping g { leaf x { type string; } leaf y { type string; } } choice c { case d { uses g; } case e { leaf z { type string; } } }"}},
	{"uses in an augment", []string{"grouping g { leaf x { type string; } } container c; augment /a:c { uses g; }"}},
	{"uses in input, output and notification", []string{"grouping g { leaf x { type string; } } rpc r { input { uses g; } output { uses g; } } notification n { uses g; }"}},
	{"uses before the grouping", []string{"uses g; grouping g { leaf x { type string; } }"}},
	{"uses of a grouping in a scope", []string{"container c { grouping g { leaf x { type string; } } container d { uses g; } }"}},
	{"uses with when and if-feature", []string{"feature f; grouping g { leaf x { type string; } } container c { leaf y { type string; } uses g { when 'y'; if-feature f; } }"}},
	{"grouping with an action", []string{"grouping g { action x; notification n; } container c { uses g; } list l { key k; leaf k { type string; } uses g; }"}},
	{"grouping with a notification at the top", []string{"grouping g { notification n { leaf x { type string; } } } uses g;"}},
	{"grouping of another module with its own types", []string{"import b { prefix b; } uses b:g;", "typedef t { type int8; } grouping h { leaf y { type t; } } grouping g { leaf x { type t; } uses h; }"}},
	{"unused grouping with a path that needs its user", []string{"grouping g { leaf x { type leafref { path ../../y; } } } leaf z { type string; }"}},
	{"list without key in a grouping for state", []string{"grouping g { list l { leaf x { type string; } } } container c { config false; uses g; }"}},
	{"nested groupings of one name in different scopes", []string{"container c { grouping g { leaf x { type string; } } uses g; } container d { grouping g { leaf y { type string; } } uses g; }"}},

	{"augment of a choice with a shorthand", []string{"choice c { leaf x { type string; } } augment /a:c { leaf y { type string; } container z; }"}},
	{"augment of a choice with cases", []string{"choice c { leaf x { type string; } } augment /a:c { case d { leaf y { type string; mandatory true; } } }"}},
	{"augment of a case", []string{"choice c { case d { leaf x { type string; } } leaf e { type string; } } augment /a:c/a:d { leaf y { type string; } } augment /a:c/a:e { leaf z { type string; } }"}},
	{"augment with an action and a notification", []string{"import b { prefix b; } augment /b:c { action x { input { leaf y { type string; } } } notification n; }", "container c;"}},
	{"augment of input, output and a notification", []string{"import b { prefix b; } augment /b:r/b:input { leaf x { type string; mandatory true; when 1; } } augment /b:r/b:output { leaf y { type string; } } augment /b:n { leaf z { type string; } }", "rpc r; notification n;"}},
	{"augment of an augment", []string{"augment /a:c/a:d { leaf x { type string; } } augment /a:c { container d; } container c;"}},
	{"augment of another module's augment", []string{"import b { prefix b; } import c { prefix c; } augment /b:top/c:mid { leaf x { type string; } }", "container top;", "import b { prefix b; } augment /b:top { container mid; }"}},
	{"augment with the same name from two modules", []string{"import b { prefix b; } augment /b:top { leaf x { type string; } }", "container top { leaf x { type string; } }", "import b { prefix b; } augment /b:top { leaf x { type string; } }"}},
	{"augment with mandatory and when", []string{"import b { prefix b; } augment /b:c { when 'b:y'; leaf x { type string; mandatory true; } }", "container c { leaf y { type string; } }"}},
	{"augment with a mandatory node in a presence container", []string{"import b { prefix b; } augment /b:c { container d { presence p; leaf x { type string; mandatory true; } } list l { key k; leaf k { type string; } leaf m { type string; mandatory true; } } }", "container c;"}},
	{"augment with mandatory state", []string{"import b { prefix b; } augment /b:c { leaf x { config false; type string; mandatory true; } }", "container c;"}},
	{"augment of its own module with mandatory", []string{"container c; augment /a:c { leaf x { type string; mandatory true; } }"}},
	{"augment with if-feature", []string{"feature f; container c; augment /a:c { if-feature f; leaf x { type string; } } augment /a:c { if-feature 'not f'; leaf y { type string; } }"}},
	{"augment of a list", []string{"list l { key k; leaf k { type string; } } augment /a:l { leaf x { type string; } }"}},

	{"deviate not-supported", []string{"import b { prefix b; } deviation /b:c/b:x { deviate not-supported; } deviation /b:r { deviate not-supported; }", "container c { leaf x { type string; } leaf y { type string; } } rpc r;"}},
	{"deviate add of everything", []string{"import b { prefix b; } deviation /b:x { deviate add { must 1; units u; default a; } } deviation /b:l { deviate add { unique y; must 1; min-elements 1; max-elements 5; } } deviation /b:z { deviate add { mandatory true; config false; } }", "leaf x { type string; } list l { key k; leaf k { type string; } leaf y { type string; } } leaf z { type string; }"}},
	{"deviate add defaults to a leaf-list", []string{"import b { prefix b; } deviation /b:x { deviate add { default b; default c; } }", "leaf-list x { type string; default a; }"}},
	{"deviate replace of everything", []string{"import b { prefix b; } deviation /b:x { deviate replace { type int8; units u; default 5; config true; mandatory false; } } deviation /b:y { deviate replace { min-elements 2; max-elements 3; } }", "leaf x { type string; units v; default a; config false; mandatory false; } leaf-list y { type string; min-elements 1; max-elements 9; }"}},
	{"deviate delete of everything", []string{"import b { prefix b; } deviation /b:x { deviate delete { must 1; units u; default a; } } deviation /b:l { deviate delete { unique y; must 1; } } deviation /b:z { deviate delete { default a; } }", "leaf x { type string; units u; default a; must 1; must 2; } list l { key k; unique y; unique k; must 1; leaf k { type string; } leaf y { type string; } } leaf-list z { type string; default a; default b; }"}},
	{"deviate add, delete and replace together", []string{"import b { prefix b; } deviation /b:x { deviate delete { units u; } deviate add { must 1; } deviate replace { type int8; } }", "leaf x { type string; units u; }"}},
	{"deviate a container's config with children", []string{"import b { prefix b; } deviation /b:c { deviate add { config false; } }", "container c { leaf x { type string; } list l { key k; leaf k { type string; } } }"}},
	{"deviate by two modules", []string{"import b { prefix b; } deviation /b:x { deviate add { units u; } }", "leaf x { type string; }", "import b { prefix b; } deviation /b:x { deviate add { default a; } }"}},
	{"deviate an augmented node", []string{"import b { prefix b; } import c { prefix c; } deviation /b:top/c:x { deviate replace { type int8; } }", "container top;", "import b { prefix b; } augment /b:top { leaf x { type string; } }"}},
	{"deviate a choice and a case", []string{"import b { prefix b; } deviation /b:c { deviate add { mandatory true; } } deviation /b:c/b:d { deviate not-supported; }", "choice c { case d { leaf x { type string; } } leaf y { type string; } }"}},
}

var acceptancesOfModules = []acceptance{
	{"submodule sees its module", []string{"include s; include t; typedef m { type string; } grouping g { leaf y { type m; } }", sub("s", "leaf x { type m; } uses g; leaf z { type n; }"), sub("t", "typedef n { type int8; } identity i;")}},
	{"submodules of YANG 1", []string{v1("m", "include s; leaf x { type t; }"), "submodule s { belongs-to m { prefix p; } include t; leaf y { type p:t; } }", "submodule t { belongs-to m { prefix m; } typedef t { type int8; } }"}},
	{"submodule with imports of its own", []string{"include s; leaf x { type u; }", "typedef t { type int8; }", sub("s", "import b { prefix q; } typedef u { type q:t; }")}},
	{"submodule augments and deviates", []string{"include s; container c { leaf x { type string; } }", sub("s", "augment /a:c { leaf y { type string; } } deviation /a:c/a:x { deviate add { units u; } }")}},
	{"submodule with identities, features and extensions", []string{"include s; leaf x { if-feature f; type identityref { base i; } a:e; }", sub("s", "feature f; identity i; identity j { base a:i; } extension e; rpc r; notification n;")}},
	{"include by revision", []string{"include s { revision-date 2020-01-01; }", sub("s", "revision 2020-01-01; revision 2019-01-01; leaf x { type string; }")}},
	{"prefix of an import differs from the module's", []string{"import b { prefix other; } leaf x { type other:t; }", "typedef t { type int8; }"}},
	{"one prefix in module and submodule for different modules", []string{"import b { prefix q; } include s; leaf x { type q:t; }", "typedef t { type int8; }", "module d { namespace urn:d; prefix d; typedef u { type string; } }", sub("s", "import d { prefix q; } leaf y { type q:u; }")}},
	{"own prefix", []string{"typedef t { type string; } leaf x { type a:t; } uses a:g; grouping g { leaf y { type a:t; } }"}},
	{"feature expressions", []string{"feature f; feature g { if-feature f; } leaf x { if-feature 'f and (g or not f)'; type string; } leaf y { if-feature 'not not f'; type string; } leaf z { if-feature 'not (f and g)'; type string; }"}},
	{"feature of another module", []string{"import b { prefix b; } leaf x { if-feature b:f; type string; } feature g { if-feature 'b:f'; }", "feature f;"}},
	{"feature over lines", []string{"feature f; leaf x { if-feature \"f\n\tor\n not f\"; type string; }"}},
	{"if-feature on everything", []string{"feature f; container c { if-feature f; } list l { if-feature f; key k; leaf k { type string; } } choice h { if-feature f; case i { if-feature f; leaf j { if-feature f; type string; } } } anydata d { if-feature f; } anyxml e { if-feature f; } rpc r { if-feature f; } notification n { if-feature f; } identity q { if-feature f; } leaf b { type bits { bit a { if-feature f; } } }"}},
	{"several if-features", []string{"feature f; feature g; leaf x { if-feature f; if-feature 'not g'; type string; }"}},
	{"identities across modules", []string{"import b { prefix b; } identity j { base b:i; } identity k { base j; base b:i; } leaf x { type identityref { base b:i; } default k; }", "identity i;"}},
	{"rpc and feature of one name", []string{"rpc x; feature x; identity x; extension x; typedef x { type string; } grouping x { leaf y { type string; } }"}},
	{"extensions", []string{"extension e { argument n { yin-element true; } description d; } extension f; a:f; a:e 'x' { a:f; leaf y { type string; } } leaf x { a:e z; type string { a:f; } }"}},
	{"extension of another module", []string{"import b { prefix bb; } bb:e; leaf x { type string; bb:e { bb:e; } }", "extension e;"}},
	{"extension before the header's end", []string{"import b { prefix b; } b:e; organization o; b:e; revision 2020-01-01;", "extension e;"}},
	{"statements of the header in any order", []string{"contact c; organization o; reference r; description d; revision 2020-01-01 { description d; reference r; } revision 2021-01-01;"}},
	{"import with description", []string{"import b { prefix b; description d; reference r; }", ""}},
	{"deprecated refers to deprecated", []string{"typedef t { type string; status deprecated; } leaf x { type t; status deprecated; } leaf y { type t; status obsolete; }"}},
	{"status inherited", []string{"typedef t { type string; status deprecated; } container c { status deprecated; leaf x { type t; } container d { status obsolete; leaf y { type string; } } }"}},
	{"deprecated of another module", []string{"import b { prefix b; } leaf x { type b:t; } uses b:g;", "typedef t { type string; status obsolete; } grouping g { status deprecated; leaf y { type string; } }"}},
	{"deprecated uses", []string{"grouping g { status deprecated; leaf x { type string; } } uses g { status deprecated; }"}},
}

var acceptancesOfNodes = []acceptance{
	{"list of state without key", []string{"container c { config false; list l { leaf x { type string; } } }"}},
	{"list in an rpc without key", []string{"rpc r { input { list l { leaf x { type string; } } } output { list m { leaf y { type string; } } } }"}},
	{"list in a notification without key", []string{"notification n { list l { leaf x { type string; } } }"}},
	{"config false in rpc output means nothing", []string{"rpc r { output { container c { config false; leaf x { type string; config true; } } } }"}},
	{"key with the own prefix", []string{"list l { key a:k; leaf k { type string; } }"}},
	{"key from a grouping", []string{"grouping g { leaf k { type string; } } list l { key k; uses g; }"}},
	{"key with if-feature in YANG 1", []string{v1("m", "feature f; list l { key k; leaf k { if-feature f; type string; } }")}},
	{"key statement of a state list", []string{"list l { config false; key k; leaf k { type string; } }"}},
	{"unique of descendants", []string{"list l { key k; unique 'c/x c/y'; leaf k { type string; } container c { leaf x { type string; } leaf y { type string; } } }"}},
	{"unique in cases", []string{"list l { key k; unique h/i/x; leaf k { type string; } choice h { case i { leaf x { type string; } } } }"}},
	{"unique of one leaf twice", []string{"list l { key k; unique 'x x'; leaf k { type string; } leaf x { type string; } }"}},
	{"unique with the own prefix", []string{"list l { key k; unique a:x; leaf k { type string; } leaf x { type string; } }"}},
	{"elements", []string{"list l { key k; min-elements 1; max-elements 1; ordered-by user; leaf k { type string; } } leaf-list x { type string; min-elements 0; max-elements unbounded; ordered-by system; }"}},
	{"choice in a choice", []string{"choice c { choice d { leaf x { type string; } case e { leaf y { type string; } } } leaf z { type string; } }"}},
	{"choice default of a shorthand", []string{"choice c { default x; leaf x { type string; } leaf y { type string; } }"}},
	{"choice default case with a mandatory node in a presence container", []string{"choice c { default d; case d { container e { presence p; leaf x { type string; mandatory true; } } } }"}},
	{"choice default case disabled by a feature", []string{"feature f; choice c { default x; leaf x { if-feature 'not f'; type string; } leaf y { type string; } }"}},
	{"choice mandatory", []string{"choice c { mandatory true; leaf x { type string; mandatory true; } container y; }"}},
	{"empty choice and case", []string{"choice c; choice d { case e; }"}},
	{"choice of state", []string{"choice c { config false; list l { leaf x { type string; } } }"}},
	{"anydata and anyxml", []string{"anydata x { mandatory true; must 1; when 1; config true; status deprecated; } anyxml y; rpc r { input { anydata z; } }"}},
	{"one name in two namespaces", []string{"import b { prefix b; } augment /b:c { leaf x { type string; } }", "container c { leaf x { type string; } }"}},
	{"rpc without input and output", []string{"rpc r; container c { action d { output { leaf x { type string; } } } }"}},
	{"action and notification in a list", []string{"list l { key k; leaf k { type string; } action x { input { leaf y { type string; } } } notification n { leaf z { type string; } } }"}},
	{"action in an augmented list", []string{"import b { prefix b; } augment /b:l { container c { action x; } }", "list l { key k; leaf k { type string; } }"}},
	{"notification with must", []string{"notification n { must 'x'; leaf x { type string; } }"}},
	{"input with must", []string{"rpc r { input { must 'x or y'; leaf x { type string; } leaf y { type string; } } }"}},
	{"must with all functions", []string{"identity i; leaf x { type identityref { base i; } must \"derived-from(., 'i') or derived-from-or-self(., 'a:i')\"; } leaf y { type string; must \"re-match(., 'a+')\"; } leaf z { type enumeration { enum a; } must 'enum-value(.) = 0'; } leaf b { type bits { bit q; } must \"bit-is-set(., 'q')\"; } leaf r { type leafref { path ../y; } must 'deref(.)/../x'; }"}},
	{"must with axes", []string{"container c { leaf x { type string; must 'ancestor::c and not(preceding-sibling::*) and count(../*) > 0'; } }"}},
	{"must that names nothing", []string{"leaf x { type string; must '../nothing or /a:nothing'; }"}},
	{"must over lines", []string{"leaf x { type string; must \"../y\n  = 'a'\" { error-message m; error-app-tag t; } } leaf y { type string; }"}},
	{"when of its existence", []string{"leaf x { type string; when '../y = 1'; } leaf y { type int8; }"}},
	{"whens in a row", []string{"leaf x { type string; when '../y'; } leaf y { type string; when '../z'; } leaf z { type string; }"}},
	{"when of a choice and a case", []string{"leaf y { type string; } choice c { when 'y'; case d { when 'y = 1'; leaf x { type string; when '../y = 2'; } } }"}},
	{"leafref in an rpc", []string{"leaf y { type string; } rpc r { input { leaf x { type leafref { path /y; } } leaf z { type leafref { path ../x; } } } }"}},
	{"deep containers", []string{"container c { container d { container e { presence p; leaf x { type string; mandatory true; } } } }"}},
	{"names without prefix in a must of a grouping", []string{"import b { prefix b; } container c { uses b:g; leaf y { type string; } }", "grouping g { leaf x { type string; must '../y'; } }"}},
	{"path without prefix in a grouping of another module", []string{"import b { prefix b; } container c { uses b:g; leaf y { type string; } }", "grouping g { leaf x { type leafref { path ../y; } } }"}},
	{"path in a typedef of a submodule", []string{"include s; leaf x { type t; } leaf y { type string; }", sub("s", "typedef t { type leafref { path /a:y; } }")}},
}

// acceptances are those of all tables.
var acceptances = slices.Concat(acceptancesOfText, acceptancesOfTypes, acceptancesOfReuse, acceptancesOfModules, acceptancesOfNodes)

func TestAccept(t *testing.T) {
	for _, tc := range acceptances {
		t.Run(tc.name, func(t *testing.T) {
			set, err := Compile([]fs.FS{sources(tc.texts...)}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			checkTree(t, set.Root)
		})
	}
}
