package xml_test

import (
	"bytes"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/yangtest"
	"github.com/optical-net/waveguard/yang/xml"
)

// The order of entries counts in the input of an operation, and means nothing in
// its output (RFC 7950 section 7.7.7).
func TestOrderOfInput(t *testing.T) {
	set := yangtest.Compile(t, []string{"o"}, `module o { yang-version 1.1; namespace urn:o; prefix o;
  grouping g {
    list step { key n; ordered-by user; leaf n { type uint8; } }
    leaf-list word { type string; ordered-by user; }
  }
  rpc go { input { uses g; } output { uses g; } }
}`)
	const given = `<step xmlns="urn:o"><n>2</n></step><step xmlns="urn:o"><n>1</n></step><word xmlns="urn:o">b</word><word xmlns="urn:o">a</word><word xmlns="urn:o">b</word>`
	const sorted = `<step xmlns="urn:o"><n>1</n></step><step xmlns="urn:o"><n>2</n></step><word xmlns="urn:o">b</word><word xmlns="urn:o">a</word><word xmlns="urn:o">b</word>`
	rpc := set.RPC("o", "go")
	for i, want := range []string{given, sorted} {
		el, err := xml.Parse([]byte("<go>"+given+"</go>"), xml.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		c, err := xml.DecodeInput(set, rpc.Children[i], el)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := xml.Encode(&got, c, xml.EncodeOptions{}); err != nil {
			t.Fatal(err)
		}
		if got.String() != want {
			t.Errorf("%s: %s, want %s", rpc.Children[i].Name, &got, want)
		}
	}
}
