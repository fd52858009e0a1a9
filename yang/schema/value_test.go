package schema

import (
	"bytes"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
)

const valueModule = `
import b { prefix bb; }
identity animal; identity cat { base animal; } identity dog { base bb:pet; base animal; }
leaf i8 { type int8 { range "-5..-1 | 3..max"; } }
leaf u8 { type uint8; }
leaf i64 { type int64; }
leaf u64 { type uint64; }
leaf dec { type decimal64 { fraction-digits 2; range "-1.5..99.99"; } }
leaf str { type string { length 2..4; pattern "[a-z]+" { error-message "lower case only"; error-app-tag low; } } }
leaf not { type string { pattern "x.*" { modifier invert-match; } } }
leaf bool { type boolean; }
leaf enum { type enumeration { enum up { value 7; } enum down; } }
leaf bits { type bits { bit two { position 2; } bit zero { position 0; } bit one { position 1; } } }
leaf bin { type binary { length 1..3; } }
leaf nil { type empty; }
leaf id { type identityref { base animal; } }
leaf uni { type union { type uint8 { range 0..9; } type union { type int64; type boolean; } type enumeration { enum auto; } type string { length 5; } } }
leaf ref { type leafref { path ../u8; } }
leaf ii { type instance-identifier; }
container c {
  list l { key "n m"; leaf n { type string; } leaf m { type uint8; } leaf-list ll { type string; } leaf x { type string; } }
  list bare { config false; leaf v { type string; } }
}
augment /bb:other { leaf mine { type string; } }
`

const valueImport = `identity pet; container other { leaf its { type string; } }`

func valueSet(t testing.TB) *Set { return compileOK(t, valueModule, valueImport) }

// prefixes binds x to module a, y to module b, and no default namespace.
func prefixes(set *Set) func(string) (*Module, bool) {
	return func(prefix string) (*Module, bool) {
		m := map[string]*Module{"x": set.Module("a"), "y": set.Module("b")}[prefix]
		return m, m != nil
	}
}

func TestParseValues(t *testing.T) {
	set := valueSet(t)
	for _, tc := range []struct {
		leaf string
		form Form
		text string
		want string // canonical, or with a leading "!" part of the error
	}{
		{"i8", XML, " -5\n", "-5"},
		{"i8", XML, "+3", "3"},
		{"i8", XML, "0x7f", "!is not an integer"},
		{"i8", XML, "010", "10"},
		{"i8", XML, "0", `!"0" is not in the range -5..-1 | 3..127`},
		{"i8", XML, "128", "!is not in the range"},
		{"i8", XML, "", "!is not an integer"},
		{"i8", XML, "1_0", "!is not an integer"},
		{"i8", JSONNumber, "3", "3"},
		{"i8", JSONNumber, "3.0", "!is not an integer"},
		{"i8", JSONNumber, "0x3", "!is not an integer"},
		{"i8", JSONString, "3", "!is a JSON string, but int8 is encoded as a JSON number"},
		{"u8", XML, "-1", `!"-1" is not in the range 0..255`},
		{"u8", XML, "-0", "0"},
		{"u8", Canonical, "007", "7"},
		{"i64", JSONString, "-9223372036854775808", "-9223372036854775808"},
		{"i64", JSONString, "-9223372036854775809", "!is not an integer"},
		{"i64", JSONString, "0x7f", "!is not an integer"},
		{"i64", JSONNumber, "1", "!is encoded as a JSON string"},
		{"u64", JSONString, "18446744073709551615", "18446744073709551615"},
		{"u64", JSONString, "18446744073709551616", "!is not an integer"},
		{"dec", XML, " 1 ", "1.0"},
		{"dec", XML, "-0.50", "-0.5"},
		{"dec", XML, "-0", "0.0"},
		{"dec", XML, "1.230", "1.23"},
		{"dec", XML, "1.234", "!at most 2 fraction digits"},
		{"dec", XML, "100", `!"100" is not in the range -1.5..99.99`},
		{"dec", XML, ".5", "!is not a decimal number"},
		{"dec", XML, "5.", "!is not a decimal number"},
		{"dec", JSONString, "7.0", "7.0"},
		{"dec", JSONNumber, "7.0", "!JSON string"},
		{"str", XML, "abc", "abc"},
		{"str", XML, "äb", "!lower case only"},
		{"str", XML, " ab", "!lower case only"},
		{"str", XML, "a", `!"a" is 1 characters long, not in the range 2..4`},
		{"str", XML, "a\x00b", "!characters"},
		{"not", JSONString, "y", "y"},
		{"not", JSONString, "xy", "!matches the excluded pattern x.*"},
		{"not", JSONString, "\uffff", "!characters"},
		{"bool", XML, "true", "true"},
		{"bool", XML, "True", `!neither "true" nor "false"`},
		{"bool", JSONBool, "false", "false"},
		{"bool", JSONString, "true", "!JSON boolean"},
		{"enum", JSONString, "up", "up"},
		{"enum", XML, "sideways", `!"sideways" is not one of up, down`},
		{"bits", XML, "two  zero", "zero two"},
		{"bits", JSONString, "", ""},
		{"bits", XML, "three", `!unknown bit "three"; the bits are zero, one, two`},
		{"bits", XML, "one one", "!twice"},
		{"bin", XML, " QU \n JD", "QUJD"},
		{"bin", XML, "QUJDRA==", "!holds 4 octets, not in the range 1..3"},
		{"bin", XML, "Q", "!is not base64"},
		{"nil", JSONNull, "", ""},
		{"nil", XML, "x", "!is not empty"},
		{"nil", JSONString, "", "![null]"},
		{"id", XML, "x:cat", "a:cat"},
		{"id", XML, "cat", "!bound to no known module"}, // the default namespace is none
		{"id", XML, " x:cat ", "!bound to no known module"},
		{"id", XML, "y:cat", "!is not an identity derived from a:animal; derived are a:cat, a:dog"},
		{"id", XML, "x:animal", "!is not an identity derived"},
		{"id", XML, "z:cat", "!prefix that is bound to no known module"},
		{"id", JSONString, "a:cat", "a:cat"},
		{"id", JSONString, "cat", "a:cat"},
		{"id", JSONString, "x:cat", "!is not an identity"},
		{"uni", XML, "9", "9"},
		{"uni", XML, "10", "10"},
		{"uni", XML, "auto", "auto"},
		{"uni", XML, "nowhere", "!fits no member of the union"},
		{"uni", JSONNumber, "9", "9"},
		{"uni", JSONNumber, "10", "!fits no member"},
		{"uni", JSONString, "9", "9"},
		{"uni", JSONBool, "true", "true"},
		{"uni", JSONString, "truth", "truth"},
		{"ref", JSONNumber, "200", "200"},
		{"ref", XML, "300", "!not in the range 0..255"},
		{"ii", XML, "/x:c/x:l[x:m='07'][x:n=\"it's\"]/x:x", `/a:c/l[n="it's"][m='7']/x`},
		{"ii", XML, "/x:c/l", "!lacks its module"},
		{"ii", JSONString, "/b:other/a:mine", "/b:other/a:mine"},
		{"ii", JSONString, "/b:other/mine", "!there is no node b:mine"},
		{"ii", JSONString, "/a:c/l[n='1'][m='2']/ll[.='v']", "/a:c/l[n='1'][m='2']/ll[.='v']"},
		{"ii", JSONString, "/a:c/l[n='1']", "!list l needs the key m"},
		{"ii", JSONString, "/a:c/l[n='1'][n='2'][m='1']", "!given twice"},
		{"ii", JSONString, "/a:c/l[n='1'][m='x']", "!is not an integer"},
		{"ii", JSONString, "/a:c/bare[2]/v", "/a:c/bare[2]/v"},
		{"ii", JSONString, "/a:c/bare/v", "!list bare needs a position"},
		{"ii", JSONString, "/a:c/bare[0]", "!is not a position"},
		{"ii", JSONString, "", "!expected /"},
		{"ii", JSONString, "/", "!is not a name"},
		{"ii", JSONString, "/a:c/l[n='''\"'][m='2']", "/a:c/l[n='''\"'][m='2']"},
	} {
		n := find(t, set, "/a:"+tc.leaf)
		v, err := n.Type.Parse(Lexical{Text: tc.text, Form: tc.form, Module: n.Module, Prefix: prefixes(set), Root: set.Root})
		checkParsed(t, tc.leaf+" "+tc.text, v, err, tc.want)
		if err == nil {
			again, err := n.Type.Parse(Lexical{Text: v.String(), Form: Canonical, Module: n.Module, Root: set.Root})
			// RFC 7951 section 6.10: JSON can choose another member of a union than the text alone.
			same := again == v || tc.leaf == "uni" && again.String() == v.String()
			if err != nil || !same || n.Type.Unchecked(v.String()) != again {
				t.Errorf("%s: canonical %q is read back as %q of %v, %v", tc.leaf, v, again, again.Type().Base, err)
			}
		}
	}
}

func checkParsed(t *testing.T, what string, v Value, err error, want string) {
	t.Helper()
	fault, bad := strings.CutPrefix(want, "!")
	var ve *ValueError
	switch {
	case bad && err == nil:
		t.Errorf("%s is accepted as %q, want the error %q", what, v, fault)
	case bad && !errors.As(err, &ve):
		t.Errorf("%s: error is a %T", what, err)
	case bad && !strings.Contains(err.Error(), fault):
		t.Errorf("%s: error %q, want %q in it", what, err, fault)
	case !bad && (err != nil || v.String() != want):
		t.Errorf("%s is %q, %v, want %q", what, v, err, want)
	}
}

func TestValueErrorOfModel(t *testing.T) {
	set := valueSet(t)
	_, err := find(t, set, "/a:str").Type.Parse(Lexical{Text: "AB"})
	var ve *ValueError
	if !errors.As(err, &ve) || *ve != (ValueError{Message: "lower case only", AppTag: "low", Got: "AB"}) {
		t.Errorf("got %#v", err)
	}
}

func TestValueAccessors(t *testing.T) {
	set := valueSet(t)
	value := func(leaf, text string) Value {
		return find(t, set, "/a:"+leaf).Type.Unchecked(text)
	}
	if n, ok := value("i8", "-5").Int(); n != -5 || !ok {
		t.Errorf("Int: %d, %v", n, ok)
	}
	if _, ok := value("i8", "-5").Uint(); ok {
		t.Error("a negative number is a Uint")
	}
	if n, ok := value("u64", "18446744073709551615").Uint(); n != 1<<64-1 || !ok {
		t.Errorf("Uint: %d, %v", n, ok)
	}
	if _, ok := value("u64", "18446744073709551615").Int(); ok {
		t.Error("2^64-1 is an Int")
	}
	if n, ok := value("dec", "-0.5").Decimal(); n != -50 || !ok {
		t.Errorf("Decimal: %d, %v", n, ok)
	}
	if b, ok := value("bool", "true").Bool(); !b || !ok {
		t.Errorf("Bool: %v, %v", b, ok)
	}
	if n, ok := value("enum", "down").EnumValue(); n != 8 || !ok {
		t.Errorf("EnumValue: %d, %v", n, ok)
	}
	if got := value("bits", "zero two").Bits(); !slices.Equal(got, []string{"zero", "two"}) {
		t.Errorf("Bits: %v", got)
	}
	if got := value("id", "a:dog").Identity(); got != set.Identity("a", "dog") {
		t.Errorf("Identity: %v", got)
	}
	if _, ok := (Value{}).Int(); ok || !(Value{}).IsZero() {
		t.Error("the zero Value is a number")
	}
}

func TestComparisonKeys(t *testing.T) {
	set := valueSet(t)
	tuple := func(leaf string, texts ...string) []byte {
		var key []byte
		for _, text := range texts {
			key = find(t, set, "/a:"+leaf).Type.Unchecked(text).AppendKey(key)
		}
		return key
	}
	ascending := [][]byte{
		tuple("i64", "-9223372036854775808"), tuple("i64", "-300"), tuple("i64", "-2"), tuple("i64", "0"),
		tuple("i64", "10"), tuple("u64", "9223372036854775808"), tuple("u64", "18446744073709551615"),
		tuple("dec", "-1.5"), tuple("dec", "-0.01"), tuple("dec", "0.0"), tuple("dec", "9.0"), tuple("dec", "10.0"),
		tuple("not", ""), tuple("not", "", "a"), tuple("not", "\x00"), tuple("not", "\x00", "a"), tuple("not", "\x00\xff"),
		tuple("not", "a"), tuple("not", "a", "b"), tuple("not", "a", "bc"), tuple("not", "a\x00"), tuple("not", "ab"), tuple("not", "ab", ""),
	}
	for i := range ascending[1:] {
		if bytes.Compare(ascending[i], ascending[i+1]) >= 0 {
			t.Errorf("key %d is not below key %d: %x, %x", i, i+1, ascending[i], ascending[i+1])
		}
	}
}

func TestInstancePathSteps(t *testing.T) {
	set := valueSet(t)
	steps, err := ParseInstancePath(Lexical{Text: "/a:c/l[m='2'][n='1']/ll[.='v']", Form: Canonical, Root: set.Root})
	if err != nil {
		t.Fatal(err)
	}
	if len(steps) != 3 || texts(steps[1].Keys) != "1 2" || steps[2].Value.String() != "v" {
		t.Errorf("steps %+v", steps)
	}
	if got, want := FormatInstancePath(steps), "/a:c/l[n='1'][m='2']/ll[.='v']"; got != want {
		t.Errorf("formatted %q, want %q", got, want)
	}
	if got := FormatInstancePath(nil); got != "/" {
		t.Errorf("the root is %q", got)
	}
}

// Hexadecimal and octal integers are for default statements alone (RFC 7950
// section 9.2.1).
func TestDefaultNotations(t *testing.T) {
	set, err := Compile([]fs.FS{sources(`module d { namespace urn:d; prefix d; yang-version 1.1;
  leaf hex { type uint8; default 0x1f; }
  leaf octal { type uint8; default 010; }
}`)}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"hex": "31", "octal": "8"} {
		if got := set.Root.Child("d", name).Defaults[0].String(); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}
