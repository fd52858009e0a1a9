package xml_test

import (
	"bytes"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/yangtest"
	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// expressions are values of the type yang:xpath1.0 in XML where p stands for
// urn:e, in canonical form, which is that of JSON, and in XML again.
var expressions = []struct{ in, canonical, out string }{
	{"/p:top/p:name[. = 'p:a']", "/e:top/e:name[. = 'e:a']", ` xmlns:e="urn:e">/e:top/e:name[. = 'e:a']`},
	{"count(//p:*) &lt; 3", "count(//e:*) < 3", ` xmlns:e="urn:e">count(//e:*) &lt; 3`},
	{"top/name", "top/name", `>top/name`},
	{" . ", " . ", `> . `},
	{"'urn:x'", "'urn:x'", `>'urn:x'`},
}

func expressionSchema(t *testing.T) *schema.Set {
	return yangtest.Compile(t, []string{"e", "ietf-yang-types"},
		`module e { namespace urn:e; prefix e; import ietf-yang-types { prefix yang; } typedef filter { type yang:xpath1.0; } container top { leaf x { type filter; } } }`,
		`module ietf-yang-types { namespace urn:y; prefix y; typedef xpath1.0 { type string; } }`)
}

// Prefixes in XPath expressions are those of the document; in trees and in JSON
// they are module names.
func TestExpressions(t *testing.T) {
	set := expressionSchema(t)
	for _, tt := range expressions {
		el, err := xml.Parse([]byte(`<config><top xmlns="urn:e" xmlns:p="urn:e"><x>`+tt.in+`</x></top></config>`), xml.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		edit, err := xml.DecodeEdit(set, el, xml.DecodeOptions{})
		if err != nil {
			t.Errorf("%s: %v", tt.in, err)
			continue
		}
		if got := edit.Children[0].Children[0].Value.String(); got != tt.canonical {
			t.Errorf("%s is read as %s, want %s", tt.in, got, tt.canonical)
		}
		e := tree.New(set).Edit()
		if err := e.Apply(edit, tree.Merge); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := xml.Encode(&out, e.Tree().Root(), xml.EncodeOptions{}); err != nil {
			t.Fatal(err)
		}
		if want := `<top xmlns="urn:e"><x` + tt.out + `</x></top>`; out.String() != want {
			t.Errorf("%s is written as %s, want %s", tt.in, &out, want)
		}
	}
	for _, bad := range []string{"/z:top", "/p:top[", "f(p:x)"} {
		el, err := xml.Parse([]byte(`<config><top xmlns="urn:e" xmlns:p="urn:e"><x>`+bad+`</x></top></config>`), xml.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := xml.DecodeEdit(set, el, xml.DecodeOptions{}); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

// In JSON names without module have that of the step before them.
func TestExpressionsOfJSON(t *testing.T) {
	set := expressionSchema(t)
	edit, err := json.DecodeEdit(set, nil, []byte(`{"e:top":{"x":"/e:top/name[. = 1]"}}`), json.DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := edit.Children[0].Children[0].Value.String(); got != "/e:top/e:name[. = 1]" {
		t.Errorf("read as %s", got)
	}
}

// The strings in a path of access control are key values, whatever they look like.
func TestPathsOfAccessControl(t *testing.T) {
	set := yangtest.Compile(t, []string{"e", "ietf-netconf-acm", "ietf-yang-types"},
		`module e { namespace urn:e; prefix e; import ietf-netconf-acm { prefix a; } leaf path { type a:node-instance-identifier; } }`,
		`module ietf-netconf-acm { namespace urn:a; prefix a; import ietf-yang-types { prefix y; } typedef node-instance-identifier { type y:xpath1.0; } }`,
		`module ietf-yang-types { namespace urn:y; prefix y; typedef xpath1.0 { type string; } }`)
	data, err := xml.Decode(set, []byte(`<path xmlns="urn:e" xmlns:p="urn:e">/p:list[p:name='p:x']/p:leaf</path>`), xml.DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	v, _ := data.Root().Leaf("path")
	if want := "/e:list[e:name='p:x']/e:leaf"; v.String() != want {
		t.Errorf("read as %s, want %s", v, want)
	}
	var out bytes.Buffer
	if err := xml.Encode(&out, data.Root(), xml.EncodeOptions{}); err != nil {
		t.Fatal(err)
	}
	if want := `<path xmlns="urn:e" xmlns:e="urn:e">/e:list[e:name='p:x']/e:leaf</path>`; out.String() != want {
		t.Errorf("written as %s, want %s", &out, want)
	}
}
