package json

import (
	"bytes"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/codectest"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

func FuzzDecodeEdit(f *testing.F) {
	set := codectest.Example(f)
	for _, s := range []string{
		top(`"name":"x","kind":"ex-b:fast","tag":["1"],"flag":[null],"big":"1"`),
		top(`"user":[{"name":"a","prefs":{"size":1}}],"rule":[{"id":1}],"ex-b:more":{}`),
		top(`"at":"/ex:top/user[name='x']","blob":{"q":[null]},"stats":{"log":[{"line":""}]},"any-of":1`),
		top(`"@":{"ex:note":"n","ex:by":"slow"},"mtu":1500,"@mtu":{"ietf-netconf-with-defaults:default":true},"step":["a","b"],"@step":[null,{"ex:count":1}]`),
		top(`"blob":{"@":{"ex:note":""},"ex:top":{"name":"x"},"u:x":[[1],{"@":{"a":1},"#text":"t"}]},"raw":"t","@raw":{"ex:note":"n"}`),
		top(`"blob":{"x":{"_":[null],"#text":"0"},"@x":{"xmlns":1,"http://www.w3.org/XML/1998/namespace:lang":"en"}},"raw":{"@b":{"a b":1,"a_x20_b":2},"b":"t"}`),
		`{"top":{"mtu":"1500","flag":"","tag":"x"}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		first, ok := decodeAndEncode(t, set, data, EncodeOptions{}, DecodeOptions{})
		loose, looseOK := decodeAndEncode(t, set, data, EncodeOptions{}, DecodeOptions{Lenient: true, SkipUnknown: true})
		if ok && (!looseOK || loose != first) {
			t.Fatalf("%q\nencodes as %s\nand when read leniently as %s", data, first, loose)
		}
		if !looseOK {
			return
		}
		second, ok := decodeAndEncode(t, set, []byte(loose), EncodeOptions{}, DecodeOptions{})
		if !ok || loose != second {
			t.Fatalf("%q\nencodes as %s\nwhich encodes as %s", data, loose, second)
		}
		tagged, _ := decodeAndEncode(t, set, []byte(loose), EncodeOptions{Defaults: ReportAllTagged, Scope: tree.ConfigAndState}, DecodeOptions{})
		if again, ok := decodeAndEncode(t, set, []byte(tagged), EncodeOptions{}, DecodeOptions{}); !ok || again != loose {
			t.Fatalf("%s\nwith its defaults is %s\nwhich encodes as %s", loose, tagged, again)
		}
	})
}

func decodeAndEncode(t *testing.T, set *schema.Set, data []byte, out EncodeOptions, in DecodeOptions) (string, bool) {
	in.State = true
	ed, err := DecodeEdit(set, nil, data, in)
	if err != nil {
		return "", false
	}
	e := tree.New(set).Edit()
	if e.Apply(ed, tree.Merge) != nil {
		return "", false
	}
	readableXML(t, set, e.Tree())
	return encode(t, e.Tree().Root(), out), true
}

// readableXML fails the test unless the tree can be written in XML and read again.
func readableXML(t *testing.T, set *schema.Set, at *tree.Tree) {
	t.Helper()
	var b bytes.Buffer
	if err := xml.Encode(&b, at.Root(), xml.EncodeOptions{}); err != nil {
		t.Fatal(err)
	}
	el, err := xml.Parse([]byte("<config>"+b.String()+"</config>"), xml.Limits{})
	if err != nil {
		t.Fatalf("%v: %s", err, b.String())
	}
	if _, err := xml.DecodeEdit(set, el, xml.DecodeOptions{State: true}); err != nil {
		t.Fatalf("%v: %s", err, b.String())
	}
}
