package json

import (
	"bytes"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/codectest"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// fromXMLText returns the tree of an XML document.
func fromXMLText(t testing.TB, set *schema.Set, doc string) *tree.Tree {
	t.Helper()
	at, err := xml.Decode(set, []byte("<config>"+doc+"</config>"), xml.DecodeOptions{State: true})
	if err != nil {
		t.Fatalf("%v: %s", err, doc)
	}
	return at
}

// fromJSONText returns the tree of a JSON document.
func fromJSONText(t testing.TB, set *schema.Set, doc string) *tree.Tree {
	t.Helper()
	at, err := Decode(set, []byte(doc), DecodeOptions{State: true})
	if err != nil {
		t.Fatalf("%v: %s", err, doc)
	}
	return at
}

func xmlText(t testing.TB, at *tree.Tree, opt xml.EncodeOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := xml.Encode(&b, at.Root(), opt); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The content of anydata and anyxml in both encodings; where it came as one, it
// comes out as the other.
func TestAnyAcrossEncodings(t *testing.T) {
	set := codectest.Example(t)
	for name, tc := range map[string]struct{ node, xml, json, back string }{
		"empty":               {"blob", ``, `{}`, ""},
		"known":               {"blob", `<top xmlns="urn:ex"><mtu>68</mtu><kind xmlns:b="urn:ex-b">b:fast</kind><tag>x</tag><more xmlns="urn:ex-b"><in>y</in></more></top>`, `{"top":{"mtu":68,"kind":"ex-b:fast","tag":["x"],"ex-b:more":{"in":"y"}}}`, ""},
		"known, with a note":  {"blob", `<lone xmlns="urn:ex" xmlns:ex="urn:ex" ex:note="n">x</lone>`, `{"lone":"x","@lone":{"ex:note":"n"}}`, ""},
		"known, not valid":    {"blob", `<top xmlns="urn:ex"><mtu>x</mtu></top>`, `{"top":{"mtu":"x"}}`, ""},
		"known and unknown":   {"blob", `<lone xmlns="urn:ex">x</lone><q xmlns="urn:q">y</q>`, `{"lone":"x","urn:q:q":"y"}`, ""},
		"unknown":             {"blob", `<a xmlns="urn:ex-b"><b>1</b><c/><b>2</b></a>`, `{"ex-b:a":{"b":["1","2"],"c":[null]}}`, `<a xmlns="urn:ex-b"><b>1</b><b>2</b><c/></a>`},
		"namespaces":          {"blob", `<a xmlns=""><b xmlns="urn:ex"><c xmlns="">1</c></b></a>`, `{":a":{"ex:b":{":c":"1"}}}`, ""},
		"attributes":          {"blob", `<a xmlns="urn:ex" x="1">t</a><b xmlns="urn:ex"/><b xmlns="urn:ex" xmlns:a0="urn:ex-b" a0:y="2"><c/></b>`, `{"a":"t","@a":{"x":"1"},"b":[null,{"@":{"ex-b:y":"2"},"c":[null]}]}`, ""},
		"text":                {"raw", `a &amp; b`, `"a & b"`, ""},
		"no text":             {"raw", ``, `{}`, ""},
		"elements in anyxml":  {"raw", `<a xmlns="urn:ex">1</a>`, `{"a":"1"}`, ""},
		"mixed":               {"raw", `m<a xmlns="urn:ex">1<b/></a>`, `{"a":{"b":[null],"#text":"1"},"#text":"m"}`, `<a xmlns="urn:ex"><b/>1</a>m`},
		"CDATA and a comment": {"raw", `<![CDATA[<]]><!-- c -->`, `"<"`, `&lt;`},
	} {
		t.Run(name, func(t *testing.T) {
			doc := func(inner string) string {
				if inner == "" {
					return `<top xmlns="urn:ex"><` + tc.node + `/></top>`
				}
				return `<top xmlns="urn:ex"><` + tc.node + `>` + inner + `</` + tc.node + `></top>`
			}
			at := fromXMLText(t, set, doc(tc.xml))
			if got := xmlText(t, at, xml.EncodeOptions{}); got != doc(tc.xml) {
				t.Errorf("XML to XML: got %s", got)
			}
			text := top(`"` + tc.node + `":` + tc.json)
			if got := encode(t, at.Root(), EncodeOptions{}); got != text {
				t.Errorf("XML to JSON:\ngot  %s\nwant %s", got, text)
			}
			at = fromJSONText(t, set, text)
			if got := encode(t, at.Root(), EncodeOptions{}); got != text {
				t.Errorf("JSON to JSON: got %s", got)
			}
			back := tc.back
			if back == "" {
				back = tc.xml
			}
			if got := xmlText(t, at, xml.EncodeOptions{}); got != doc(back) {
				t.Errorf("JSON to XML:\ngot  %s\nwant %s", got, doc(back))
			}
		})
	}
}

// What only JSON can say becomes XML nevertheless.
func TestAnyFromJSON(t *testing.T) {
	set := codectest.Example(t)
	for _, tc := range []struct{ node, json, want string }{
		{"blob", `{"a":1,"b":true,"c":null,"d":[],"e":{}}`, `<a xmlns="urn:ex">1</a><b xmlns="urn:ex">true</b><c xmlns="urn:ex"/><e xmlns="urn:ex"/>`},
		{"blob", `{"a b":1,"1":{"":2},"é×":3,"-":4}`, `<a_x20_b xmlns="urn:ex">1</a_x20_b><_x31_ xmlns="urn:ex"><_>2</_></_x31_><é_xD7_ xmlns="urn:ex">3</é_xD7_><_x2D_ xmlns="urn:ex">4</_x2D_>`},
		{"blob", `{"a":[[1,2],[3]]}`, `<a xmlns="urn:ex">1</a><a xmlns="urn:ex">2</a><a xmlns="urn:ex">3</a>`},
		{"blob", `{"ex:top":{"big":5}}`, `<top xmlns="urn:ex"><big>5</big></top>`}, // not RFC 7951, hence not by the schema
		{"raw", `[1,{"a":2}]`, `<raw xmlns="urn:ex">1</raw><raw xmlns="urn:ex"><a>2</a></raw>`},
		{"raw", `12.50`, `12.50`},
		{"raw", `{"a":1,"@a":{"xmlns":"x","x y":2,"x_x20_y":3,"http://www.w3.org/XML/1998/namespace:lang":"en","ex-b:n":"<","o":{}}}`, `<a xmlns="urn:ex" x_x20_y="2" xml:lang="en" xmlns:a4="urn:ex-b" a4:n="&lt;">1</a>`},
		{"blob", `{"http://www.w3.org/XML/1998/namespace:a":1,"http://www.w3.org/2000/xmlns/:b":2}`, `<a xmlns="">1</a><b xmlns="">2</b>`},
		{"blob", `{"x":{"y":1,"#text":"t"}}`, `<x xmlns="urn:ex"><y>1</y><_x23_text>t</_x23_text></x>`},
		{"raw", `null`, ``},
	} {
		at := fromJSONText(t, set, top(`"`+tc.node+`":`+tc.json))
		a := at.Root().Child(set.Root.Child("ex", "top")).(*tree.Container).Child(set.Root.Child("ex", "top").Child("ex", tc.node)).(*tree.Any)
		if got := a.XML(); got != tc.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tc.json, got, tc.want)
		}
	}
}

func TestAnyIndented(t *testing.T) {
	set := codectest.Example(t)
	at := fromJSONText(t, set, top(`"blob":{"@":{"ex:note":"n"},"a":[1,{}],"b":{"c":2}}`))
	want := `{
 "ex:top": {
  "blob": {
   "@": {
    "ex:note": "n"
   },
   "a": [
    1,
    {}
   ],
   "b": {
    "c": 2
   }
  }
 }
}`
	if got := encode(t, at.Root(), EncodeOptions{Indent: " "}); got != want {
		t.Errorf("got %s", got)
	}
}

func TestDeepAny(t *testing.T) {
	set := codectest.Example(t)
	deep := strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100)
	at := fromJSONText(t, set, top(`"blob":`+deep))
	if got := xmlText(t, at, xml.EncodeOptions{}); strings.Count(got, "<a") != 100 {
		t.Errorf("got %s", got)
	}
}

// What would be far longer in XML, for its names stand in every element there, is
// refused.
func TestAnyBounded(t *testing.T) {
	set := codectest.Example(t)
	name := strings.Repeat("n", 1000)
	for doc, tooBig := range map[string]bool{
		`{"` + name + `":[1` + strings.Repeat(",1", 1000) + `]}`:                             true,
		`{"a":[1` + strings.Repeat(",1", 1000) + `]}`:                                        false,
		`{"` + strings.Repeat("n", 100_000) + `":1}`:                                         false,
		`{"a":{"` + name + `":[` + strings.Repeat(`{"b":1},`, 1000) + `2]}}`:                 true,
		`{"` + strings.Repeat("-", 1000) + `":[1` + strings.Repeat(",1", 1000) + `],"b":[]}`: true,
	} {
		_, err := Decode(set, []byte(`{"ex:top":{"blob":`+doc+`}}`), DecodeOptions{Limits: Limits{Bytes: 200_000}})
		if e, _ := err.(*tree.Error); (e != nil && e.Tag == tree.TagTooBig) != tooBig || err != nil && !tooBig {
			t.Errorf("%.40s: %v", doc, err)
		}
	}
}
