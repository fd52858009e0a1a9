package xml_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// RFC 7950 section 7.16.2: the nodes above a notification have the keys alone, and
// namespaces change where modules do.
func TestEncodeWithin(t *testing.T) {
	set, err := schema.Compile([]fs.FS{fstest.MapFS{
		"l.yang": {Data: []byte(`module l { yang-version 1.1; namespace "urn:l"; prefix l;
			identity kind; container lines { list line { key "name kind"; leaf name { type string; } leaf kind { type identityref { base kind; } } leaf speed { type uint8; } } } }`)},
		"m.yang": {Data: []byte(`module m { yang-version 1.1; namespace "urn:m"; prefix m; import l { prefix l; } identity fibre { base l:kind; }
			augment /l:lines/l:line { notification down { leaf reason { type string; } } } }`)},
	}}, schema.Options{})
	if err != nil {
		t.Fatal(err)
	}
	at, err := set.ParsePath("/l:lines/line[name='a<b'][kind='m:fibre']")
	if err != nil {
		t.Fatal(err)
	}
	down := at[1].Node.Notification("m", "down")
	for _, tt := range []struct {
		at   tree.Path
		want string
	}{
		{at, `<lines xmlns="urn:l"><line><name>a&lt;b</name><kind xmlns:m="urn:m">m:fibre</kind><down xmlns="urn:m"/></line></lines>`},
		{nil, `<down xmlns="urn:m"/>`},
	} {
		var b strings.Builder
		if err := xml.EncodeWithin(&b, tt.at, tree.NewContainer(down, nil), xml.EncodeOptions{}); err != nil {
			t.Fatal(err)
		}
		if b.String() != tt.want {
			t.Errorf("%s, want %s", b.String(), tt.want)
		}
	}
}
