package json

import (
	"testing"

	"github.com/optical-net/waveguard/yang/xml"
)

// anyDifferences say why the content of anydata is another in libyang's JSON.
var anyDifferences = map[string]string{
	`<blob><a xmlns="urn:q"><b>1</b><b>2</b><c/></a></blob>`: "libyang writes text that looks like a number as one, and loses the namespace",
	`<blob><lone>500</lone></blob>`:                          "libyang writes an invalid value as a number, since it looks like one",
	`<blob><a xmlns="">1</a></blob>`:                         "libyang takes the namespace for that of the node around",
	`<raw/>`:                                                 "",
}

func TestAnyLikeLibyang(t *testing.T) {
	set, lint := lexicalSet(t), newLibyang(t)
	lint.module(t, "t", lexicalModule)
	docs := map[string]string{
		`<blob><top><n>5</n><on>true</on><ll>b</ll><ll>a</ll><kind xmlns:q="urn:t">q:slow</kind><l><k>1</k><v>2</v></l><e/><set>b a</set></top><lone>4</lone></blob>`: "",
		`<blob/>`: "", `<raw>text</raw>`: "", `<blob><lone> 7 </lone></blob>`: "",
	}
	for doc, why := range anyDifferences {
		docs[doc] = why
	}
	for doc, why := range docs {
		doc = `<top xmlns="urn:t">` + doc + `</top>`
		want, ok := lint.convert(t, "in.xml", doc, "-f", "json", "-d", "trim")
		if !ok {
			t.Errorf("libyang refuses %s", doc)
			continue
		}
		at, err := decodeXML(set, doc)
		if err != nil {
			t.Fatal(err)
		}
		got := asJSON(at, EncodeOptions{Defaults: Trim})
		if same := sameJSON(got, want); same != (why == "") {
			t.Errorf("%s (%s):\nlibyang: %s\nhere:    %s", doc, why, want, got)
		}
	}
	for doc, why := range map[string]string{
		`{"blob":{"t:top":{"n":5,"on":true,"ll":["b","a"],"kind":"t:slow","l":[{"k":"1","v":"2"}],"e":[null]},"lone":4}}`: "",
		`{"blob":{}}`: "", `{"blob":{"x":{"y":["1","2"],"z":null,"w":{"v":true}}}}`: "", `{"blob":{"lone":"x"}}`: "",
		`{"raw":"a<b"}`: "", `{"raw":null}`: "", `{"raw":{"a":["1",{"b":2}],"c":null}}`: "",
		`{"raw":5}`:   "libyang has no XML for a number",
		`{"raw":[5]}`: "libyang has no XML for an array",
	} {
		doc = `{"t:top":` + doc + `}`
		want, ok := lint.convert(t, "in.json", doc, "-f", "xml", "-d", "trim")
		at, err := decodeJSON(set, doc)
		if err != nil || !ok {
			t.Errorf("%s: %v, libyang: %v", doc, err, ok)
			continue
		}
		got := asXML(t, at, xml.EncodeOptions{Defaults: xml.Trim})
		if same := flatXML(t, got) == flatXML(t, want); same != (why == "") {
			t.Errorf("%s (%s):\nlibyang: %s\nhere:    %s", doc, why, want, got)
		}
	}
	for _, doc := range []string{`{"blob":5}`, `{"blob":"<x/>"}`, `{"blob":[{}]}`, `{"blob":null}`} {
		doc = `{"t:top":` + doc + `}`
		if _, ok := lint.convert(t, "in.json", doc, "-f", "xml"); ok {
			t.Errorf("libyang takes %s", doc)
		}
		if _, err := decodeJSON(set, doc); err == nil {
			t.Errorf("%s is taken", doc)
		}
	}
}
