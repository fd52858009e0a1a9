package json

import (
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/codectest"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// Annotations in JSON (RFC 7952 section 5.2) and in XML (section 5.1).
func TestMetaRoundTrip(t *testing.T) {
	set := codectest.Example(t)
	for name, tc := range map[string]struct{ json, xml string }{
		"container":    {`{"ex:top":{"@":{"ex:by":"ex:slow","ex:count":7},"name":"x"}}`, `<top xmlns="urn:ex" xmlns:ex="urn:ex" ex:by="ex:slow" ex:count="7"><name>x</name></top>`},
		"leaf":         {`{"ex:lone":"x","@ex:lone":{"ex:note":"a\"b"}}`, `<lone xmlns="urn:ex" xmlns:ex="urn:ex" ex:note="a&#34;b">x</lone>`},
		"other module": {`{"ex:top":{"ex-b:extra":1,"@ex-b:extra":{"ex:by":"ex-b:fast"}}}`, `<top xmlns="urn:ex"><extra xmlns="urn:ex-b" xmlns:ex="urn:ex" xmlns:b="urn:ex-b" ex:by="b:fast">1</extra></top>`},
		"leaf-list":    {`{"ex:top":{"step":["c","a","b"],"@step":[null,{"ex:note":""}]}}`, `<top xmlns="urn:ex"><step>c</step><step xmlns:ex="urn:ex" ex:note="">a</step><step>b</step></top>`},
		"entry":        {`{"ex:top":{"user":[{"@":{"ex:note":"n"},"name":"a"},{"name":"b"}]}}`, `<top xmlns="urn:ex"><user xmlns:ex="urn:ex" ex:note="n"><name>a</name></user><user><name>b</name></user></top>`},
		"key":          {`{"ex:top":{"user":[{"name":"a","@name":{"ex:note":"n"}}]}}`, `<top xmlns="urn:ex"><user><name xmlns:ex="urn:ex" ex:note="n">a</name></user></top>`},
		"presence":     {`{"ex:top":{"opt":{"@":{"ex:note":"n"}}}}`, `<top xmlns="urn:ex"><opt xmlns:ex="urn:ex" ex:note="n"/></top>`},
		"anydata":      {`{"ex:top":{"blob":{"@":{"ex:note":"n"},"lone":"x"}}}`, `<top xmlns="urn:ex"><blob xmlns:ex="urn:ex" ex:note="n"><lone xmlns="urn:ex">x</lone></blob></top>`},
		"anyxml":       {`{"ex:top":{"raw":"t","@raw":{"ex:note":"n"}}}`, `<top xmlns="urn:ex"><raw xmlns:ex="urn:ex" ex:note="n">t</raw></top>`},
		"an identity":  {`{"ex:top":{"kind":"ex-b:fast","@kind":{"ex:by":"ex-b:fast"}}}`, `<top xmlns="urn:ex"><kind xmlns:b="urn:ex-b" xmlns:ex="urn:ex" ex:by="b:fast">b:fast</kind></top>`},
	} {
		t.Run(name, func(t *testing.T) {
			at := fromJSONText(t, set, tc.json)
			if got := encode(t, at.Root(), EncodeOptions{}); got != tc.json {
				t.Errorf("JSON to JSON:\ngot  %s\nwant %s", got, tc.json)
			}
			if got := xmlText(t, at, xml.EncodeOptions{}); got != tc.xml {
				t.Errorf("JSON to XML:\ngot  %s\nwant %s", got, tc.xml)
			}
			at = fromXMLText(t, set, tc.xml)
			if got := xmlText(t, at, xml.EncodeOptions{}); got != tc.xml {
				t.Errorf("XML to XML:\ngot  %s\nwant %s", got, tc.xml)
			}
			if got := encode(t, at.Root(), EncodeOptions{}); got != tc.json {
				t.Errorf("XML to JSON:\ngot  %s\nwant %s", got, tc.json)
			}
			if got := encode(t, at.Root(), EncodeOptions{Plain: true}); strings.Contains(got, "@") {
				t.Errorf("plain JSON has annotations: %s", got)
			}
		})
	}
}

// Annotations may stand before what they are about.
func TestMetaOrder(t *testing.T) {
	set := codectest.Example(t)
	at := fromJSONText(t, set, top(`"@mtu":{"ex:note":"n"},"@step":[{"ex:count":1},null],"step":["b","a"],"mtu":100,"@":{"ex:count":2}`))
	want := top(`"@":{"ex:count":2},"mtu":100,"@mtu":{"ex:note":"n"},"step":["b","a"],"@step":[{"ex:count":1}]`)
	if got := encode(t, at.Root(), EncodeOptions{}); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestMetaRefused(t *testing.T) {
	set := codectest.Example(t)
	for doc, want := range map[string]tree.Tag{
		`{"@":{"ex:note":"n"}}`:                                     tree.TagUnknownAttribute,
		`{"ex:top":{"@":5}}`:                                        tree.TagBadAttribute,
		`{"ex:top":{"@":{"note":"n"}}}`:                             tree.TagUnknownAttribute,
		`{"ex:top":{"@":{"ex:note":1}}}`:                            tree.TagBadAttribute,
		`{"ex:top":{"@":{"ex:count":256}}}`:                         tree.TagBadAttribute,
		`{"ex:top":{"@":{"ex:note":"a","ex:note":"b"}}}`:            tree.TagBadAttribute,
		`{"ex:top":{"@":{},"@":{}}}`:                                tree.TagBadAttribute,
		`{"ex:top":{"@mtu":{"ex:note":"n"}}}`:                       tree.TagMissingElement,
		`{"ex:top":{"@nope":{"ex:note":"n"}}}`:                      tree.TagUnknownElement,
		`{"ex:top":{"opt":{},"@opt":{"ex:note":"n"}}}`:              tree.TagUnknownAttribute,
		`{"ex:top":{"user":[{"name":"a"}],"@user":[{}]}}`:           tree.TagUnknownAttribute,
		`{"ex:top":{"step":["a"],"@step":{}}}`:                      tree.TagBadAttribute,
		`{"ex:top":{"step":["a"],"@step":[null,{}]}}`:               tree.TagMissingElement,
		`{"ex:top":{"mtu":100,"@mtu":[{}]}}`:                        tree.TagBadAttribute,
		`{"ex:lone":"x","@lone":{"ex:note":"n"}}`:                   tree.TagUnknownElement,
		`{"ex:top":{"mtu":68,"@mtu":{"` + defaultName + `":true}}}`: tree.TagInvalidValue,
		`{"ex:top":{"mtu":68,"@mtu":{"` + defaultName + `":1}}}`:    tree.TagBadAttribute,
		`{"ex:top":{"@":{"` + defaultName + `":true}}}`:             tree.TagUnknownAttribute,
	} {
		_, err := DecodeEdit(set, nil, []byte(doc), DecodeOptions{})
		if e, ok := err.(*tree.Error); !ok || e.Tag != want {
			t.Errorf("%s: got %v, want %s", doc, err, want)
		}
	}
}

const defaultName = "ietf-netconf-with-defaults:default"

// RFC 6243 sections 2 and 3 in both encodings.
func TestDefaultModes(t *testing.T) {
	set := codectest.Example(t)
	at := fromJSONText(t, set, top(`"mtu":1500,"user":[{"name":"a"}],"opt":{},"stats":{"in":"1"}`))
	all := tree.ConfigAndState
	for name, tc := range map[string]struct {
		opt       EncodeOptions
		json, xml string
	}{
		"explicit, as held": {
			EncodeOptions{},
			`"mtu":1500,"user":[{"name":"a"}],"opt":{},"stats":{"in":"1"}`,
			`<mtu>1500</mtu><user><name>a</name></user><opt/><stats><in>1</in></stats>`,
		},
		"explicit": {
			EncodeOptions{Scope: all},
			`"mtu":1500,"user":[{"name":"a"}],"opt":{},"stats":{"in":"1","unit":"octets"}`,
			`<mtu>1500</mtu><user><name>a</name></user><opt/><stats><in>1</in><unit>octets</unit></stats>`,
		},
		"trim": {
			EncodeOptions{Defaults: Trim, Scope: all},
			`"user":[{"name":"a"}],"opt":{},"stats":{"in":"1"}`,
			`<user><name>a</name></user><opt/><stats><in>1</in></stats>`,
		},
		"report-all": {
			EncodeOptions{Defaults: ReportAll, Scope: all},
			`"mtu":1500,"user":[{"name":"a","role":"viewer","prefs":{"theme":"dark"}}],"opt":{"level":[1,2]},"stats":{"in":"1","unit":"octets"}`,
			`<mtu>1500</mtu><user><name>a</name><role>viewer</role><prefs><theme>dark</theme></prefs></user><opt><level>1</level><level>2</level></opt><stats><in>1</in><unit>octets</unit></stats>`,
		},
		"report-all-tagged": {
			EncodeOptions{Defaults: ReportAllTagged},
			`"mtu":1500,"user":[{"name":"a","role":"viewer","@role":{D},"prefs":{"theme":"dark","@theme":{D}}}],"opt":{"level":[1,2],"@level":[{D},{D}]}`,
			`<mtu>1500</mtu><user><name>a</name><role D>viewer</role><prefs><theme D>dark</theme></prefs></user><opt><level D>1</level><level D>2</level></opt>`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := top(strings.ReplaceAll(tc.json, "{D}", `{"`+defaultName+`":true}`))
			got := encode(t, at.Root(), tc.opt)
			if got != want {
				t.Errorf("JSON:\ngot  %s\nwant %s", got, want)
			}
			again := encode(t, fromJSONText(t, set, got).Root(), tc.opt)
			if again != got {
				t.Errorf("read back and written again:\ngot  %s\nwant %s", again, got)
			}
			opt := xml.EncodeOptions{Defaults: tc.opt.Defaults, Scope: tc.opt.Scope}
			want = `<top xmlns="urn:ex">` + strings.ReplaceAll(tc.xml, " D>", ` xmlns:wd="`+xml.WithDefaultsNamespace+`" wd:default="true">`) + `</top>`
			got = xmlText(t, at, opt)
			if got != want {
				t.Errorf("XML:\ngot  %s\nwant %s", got, want)
			}
			if again := xmlText(t, fromXMLText(t, set, got), opt); again != got {
				t.Errorf("read back and written again:\ngot  %s\nwant %s", again, got)
			}
		})
	}
}

// Defaults that are marked as such are as if not set (RFC 6243 section 4.5.2).
func TestTaggedDefaultsAreNotSet(t *testing.T) {
	set := codectest.Example(t)
	at := fromJSONText(t, set, top(`"opt":{"a":"x"},"mtu":68`))
	for _, doc := range []string{
		top(`"mtu":1500,"@mtu":{"` + defaultName + `":true}`),
		top(`"opt":{"level":[1,2],"@level":[{"` + defaultName + `":true},{"` + defaultName + `":true}]},"mtu":1500,"@mtu":{"` + defaultName + `":true}`),
	} {
		ed, err := DecodeEdit(set, nil, []byte(doc), DecodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		e := at.Edit()
		if err := e.Apply(ed, tree.Merge); err != nil {
			t.Fatal(err)
		}
		if got, want := encode(t, e.Tree().Root(), EncodeOptions{}), top(`"opt":{"a":"x"}`); got != want {
			t.Errorf("%s: got %s, want %s", doc, got, want)
		}
	}
}

// with-origin of RFC 8526, in both encodings.
func TestOrigins(t *testing.T) {
	set := codectest.Example(t)
	origin := func(name string) string { return `{"ietf-origin:origin":"ietf-origin:` + name + `"}` }
	at := fromJSONText(t, set, top(`"@":`+origin("intended")+`,"name":"x","@name":`+origin("intended")+`,"big":"1","@big":`+origin("system")+
		`,"step":["a","b"],"@step":[null,`+origin("system")+`],"user":[{"@":`+origin("system")+`,"name":"a","@name":`+origin("system")+`,"full":"F","@full":`+origin("intended")+`}],`+
		`"stats":{"@":`+origin("system")+`,"in":"1"}`))
	shown := top(`"@":` + origin("intended") + `,"name":"x","big":"1","@big":` + origin("system") +
		`,"step":["a","b"],"@step":[null,` + origin("system") + `],"user":[{"@":` + origin("system") + `,"name":"a","full":"F","@full":` + origin("intended") + `}],` +
		`"stats":{"in":"1"}`)
	if got := encode(t, at.Root(), EncodeOptions{Origin: OriginShown}); got != shown {
		t.Errorf("shown:\ngot  %s\nwant %s", got, shown)
	}
	if got := xmlText(t, at, xml.EncodeOptions{Origin: xml.OriginShown}); strings.Count(got, ":origin=") != 5 || !strings.Contains(got, `xmlns:or="urn:ietf:params:xml:ns:yang:ietf-origin" or:origin="or:intended"><name>`) {
		t.Errorf("shown in XML: %s", got)
	}
	if got, want := encode(t, at.Root(), EncodeOptions{Origin: OriginHidden}), top(`"name":"x","big":"1","step":["a","b"],"user":[{"name":"a","full":"F"}],"stats":{"in":"1"}`); got != want {
		t.Errorf("hidden:\ngot  %s\nwant %s", got, want)
	}
	if got := encode(t, at.Root(), EncodeOptions{Origin: OriginShown, Defaults: ReportAll}); !strings.Contains(got, `"mtu":1500,"@mtu":`+origin("default")) {
		t.Errorf("the origin of defaults is not shown: %s", got)
	}
}
