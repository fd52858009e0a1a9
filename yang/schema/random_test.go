package schema_test

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/schema"
)

// moduleMaker writes modules at random, most of which break a rule.
type moduleMaker struct {
	*rand.Rand
	names int
}

// pick returns one of the texts.
func (m *moduleMaker) pick(texts ...string) string { return texts[m.IntN(len(texts))] }

// rarely returns one of the texts, mostly none.
func (m *moduleMaker) rarely(texts ...string) string {
	if m.IntN(24) > 0 {
		return ""
	}
	return m.pick(texts...)
}

// name returns a name; now and then one that is taken.
func (m *moduleMaker) name() string {
	if m.IntN(200) > 0 {
		m.names++
	}
	return fmt.Sprintf("n%d", m.names)
}

func (m *moduleMaker) module() string {
	var b strings.Builder
	b.WriteString("feature f; feature g { if-feature f; } identity i; identity j { base i; } identity k { base j; " + m.rarely("if-feature f;", "base i;") + " }\n")
	for i := range 3 {
		fmt.Fprintf(&b, "typedef t%d { type %s %s %s %s }\n", i, m.typ(), m.rarely("default 3;", "default a;", "default j;"), m.rarely("units u;"), m.rarely("status deprecated;", "status obsolete;"))
	}
	for i := range 2 {
		fmt.Fprintf(&b, "grouping g%d { %s leaf x%d { type string; } container c%d { leaf y { type t%d; } %s } %s }\n", i, m.rarely("status deprecated;"), i, i, m.IntN(3), m.nodes(2), m.rarely("action z;", "notification q;", "uses g1;"))
	}
	b.WriteString("leaf top { type string; }\n" + m.nodes(0))
	b.WriteString("container all { leaf u0 { type t0; } leaf u1 { type t1; } leaf u2 { type t2; } container v { uses g0; } container w { uses g1; } }\n")
	for range m.IntN(8) / 6 {
		fmt.Fprintf(&b, "augment %s { %s %s }\n", m.path(), m.rarely("when 1;", "if-feature f;", "status deprecated;"), m.nodes(2))
	}
	for range m.IntN(8) / 6 {
		fmt.Fprintf(&b, "deviation %s { deviate %s }\n", m.path(), m.deviate())
	}
	return b.String()
}

func (m *moduleMaker) path() string {
	path := fmt.Sprintf("/a:n%d", 1+m.IntN(8))
	for m.IntN(2) == 0 {
		path += fmt.Sprintf("/a:n%d", 1+m.IntN(12))
	}
	return path
}

func (m *moduleMaker) deviate() string {
	return m.pick("not-supported;", "add { units u; }", "add { default 3; }", "add { mandatory true; }", "add { must '../n1'; }",
		"add { config false; }", "add { min-elements 1; }", "add { unique x0; }", "replace { type int8; }", "replace { default 5; }",
		"replace { config false; }", "delete { units u; }", "delete { default 3; }", "delete { must 1; }")
}

func (m *moduleMaker) typ() string {
	switch m.IntN(30) {
	case 0:
		return m.pick("int8", "uint8", "int32") + m.pick(";", " { range 1..9; }", " { range 'min..3 | 7..max'; }") + m.rarely("type")
	case 1:
		return "string" + m.pick(";", " { length 1..4; }", " { pattern 'a*'; }")
	case 2:
		return "enumeration { enum a; enum b" + m.pick(";", " { value 5; }", " { if-feature f; }", " { if-feature 'not f'; }") + " enum c; }"
	case 3:
		return "bits { bit a; bit b" + m.pick(";", " { position 5; }") + " }"
	case 4:
		return "identityref { base " + m.pick("i", "j", "a:i") + "; }"
	case 5:
		return "leafref { path '" + m.leafrefPath() + "'; " + m.rarely("require-instance false;") + " }"
	case 6:
		return "union { type int8; type " + m.pick("boolean;", "t0;", "t1;", "enumeration { enum a; }", "empty;") + " }"
	case 7:
		return "decimal64 { fraction-digits " + m.pick("1", "2", "18") + m.pick(";", "; range 0..3;", "; range 1.5..2;") + " }"
	case 8:
		return m.pick("boolean;", "empty;", "binary;", "instance-identifier;")
	case 9, 10:
		return m.pick("t0", "t1", "t2") + m.pick(";", ";", ";", ";", ";", ";", ";", ";", ";", ";", ";", ";", ";", ";", " { range 2..4; }", " { length 2; }", " { enum a; }", " { bit a; }", " { pattern b; }")
	}
	return m.pick("int8;", "string;")
}

func (m *moduleMaker) leafrefPath() string {
	if m.IntN(8) > 0 {
		return "/a:top"
	}
	if m.IntN(2) == 0 {
		return m.path()
	}
	return m.pick("../", "../../", "../../../") + fmt.Sprintf("n%d", 1+m.IntN(10))
}

func (m *moduleMaker) nodes(depth int) string {
	var b strings.Builder
	for range 1 + m.IntN(4-depth) {
		b.WriteString(m.node(depth) + "\n")
	}
	return b.String()
}

func (m *moduleMaker) common() string {
	return m.rarely("if-feature f;", "if-feature 'not f';", "if-feature 'f and g';") + m.rarely("status deprecated;", "status obsolete;", "status current;") +
		m.rarely("when '../n1';", "when \"../top = 'a'\";", "when '../../n3';", "when 1;")
}

func (m *moduleMaker) config() string {
	return m.rarely("config false;", "config false;", "config true;")
}

func (m *moduleMaker) must() string {
	return m.rarely("must '../n1';", "must '../n2 = 3 or 1';", "must 1;")
}

func (m *moduleMaker) node(depth int) string {
	kind := m.IntN(11)
	if depth > 2 {
		kind = m.IntN(5)
	}
	name := m.name()
	switch kind {
	case 0, 1, 2:
		return "leaf " + name + " { type " + m.typ() + m.common() + m.config() + m.must() + m.rarely("mandatory true;") + m.rarely("default 3;", "default a;") + m.rarely("units u;") + " }"
	case 3:
		return "leaf-list " + name + " { type " + m.typ() + m.common() + m.config() + m.rarely("min-elements 1;") + m.rarely("max-elements 2;") + m.rarely("default 3;", "default a; default c;") + " }"
	case 4:
		return m.pick("anydata ", "anyxml ") + name + " { " + m.common() + m.config() + m.rarely("mandatory true;") + " }"
	case 5, 6:
		return "container " + name + " { " + m.common() + m.config() + m.must() + m.rarely("presence p;") + m.nodes(depth+1) + m.rarely("action "+m.name()+";", "notification "+m.name()+";") + " }"
	case 7, 8:
		return "list " + name + " { " + m.common() + m.config() + m.pick("key k;", "key k;", "key 'k m';", "key k;", "key k;", "key k;", "key k;", "key k;", "key k;", "key k;", "") + m.rarely("unique m;", "unique 'm k';") + m.rarely("min-elements 1;") +
			" leaf k { type " + m.pick("string;", "string;", "t0;", "empty;") + m.rarely("default 3;", "mandatory true;", "config false;", "when 1;") + "} leaf m { type string; " + m.rarely("config false;") + " } " + m.nodes(depth+1) + " }"
	case 9:
		return "choice " + name + " { " + m.common() + m.config() + m.rarely("mandatory true;") + m.pick("default q;", "", "") + "case q { " + m.common() + m.nodes(depth+1) + " } leaf " + m.name() + " { type string; } }"
	}
	return "container " + name + " { uses g" + m.pick("0", "1") + " { " + m.common() +
		m.rarely("refine x0 { default a; }", "refine c0 { presence p; }", "refine c1/y { mandatory true; }", "refine c0/y { config false; }") +
		m.rarely("augment c0 { leaf w { type string; } }", "augment c1 { leaf y { type string; } }") + " } }"
}

// Of modules at random libyang accepts the same ones, and draws the same diagrams of them.
func TestRandomLikeLibyang(t *testing.T) {
	accepted := 0
	const modules = 400
	for seed := range uint64(modules) {
		m := &moduleMaker{Rand: rand.New(rand.NewPCG(seed, 0))}
		text := m.module()
		set, err := schema.Compile([]fs.FS{schema.Sources(text)}, schema.Options{})
		printed, lint := schema.LintSources(t, []string{text})
		if (err == nil) != (lint == nil) {
			t.Errorf("seed %d: we say %v, libyang says %v, of:\n%s", seed, err, lint, text)
			continue
		}
		if err != nil {
			continue
		}
		accepted++
		if got := drawn(t, set, printed); got != printed {
			t.Errorf("seed %d: drawn:\n%s\nlibyang:\n%s\nof:\n%s", seed, got, printed, text)
		}
	}
	if accepted < modules/8 || accepted > modules*7/8 {
		t.Errorf("%d of %d are accepted", accepted, modules)
	}
}
