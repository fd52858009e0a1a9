package subtree

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// TestSelectWithin filters a notification that the entry "east" of a list sends.
func TestSelectWithin(t *testing.T) {
	set, err := schema.Compile([]fs.FS{fstest.MapFS{"l.yang": {Data: []byte(`module l { yang-version 1.1; namespace "urn:l"; prefix l;
		container lines { leaf site { type string; } list line { key name; leaf name { type string; } leaf speed { type uint8; }
			notification down { leaf reason { type string; } container by { leaf who { type string; } } } } } }`)}}}, schema.Options{})
	if err != nil {
		t.Fatal(err)
	}
	at, err := set.ParsePath("/l:lines/line[name='east']")
	if err != nil {
		t.Fatal(err)
	}
	event, err := xml.DecodeInput(set, at[1].Node.Notification("l", "down"), element(t, `<down xmlns="urn:l"><reason>dark</reason><by><who>me</who></by></down>`))
	if err != nil {
		t.Fatal(err)
	}
	const whole = `<down xmlns="urn:l"><reason>dark</reason><by><who>me</who></by></down>`
	for _, tt := range []struct{ filter, want string }{
		{``, ``},
		{`<lines/>`, whole},
		{`<lines><line/></lines>`, whole},
		{`<lines><line><down/></line></lines>`, whole},
		{`<lines><line><name>east</name></line></lines>`, whole},
		{`<lines><line><name>west</name></line></lines>`, ``},
		{`<lines><line><name>west</name></line><line><name>east</name><down><by/></down></line></lines>`, `<down xmlns="urn:l"><by><who>me</who></by></down>`},
		{`<lines><line><name>east</name><down><reason>bright</reason></down></line></lines>`, ``},
		{`<lines><line><down><reason>dark</reason></down></line></lines>`, whole},
		{`<lines><line><speed>1</speed></line></lines>`, ``}, // of the entry, the keys are known
		{`<lines><site>here</site></lines>`, ``},
		{`<lines><line><name/></line></lines>`, ``},
		{`<down/>`, ``}, // it is none of the top
	} {
		f := filter(t, set, tt.filter)
		for range 2 { // a filter is none the worse for use
			got := ""
			if c := f.SelectWithin(tree.Path(at), event); c != nil {
				got = encode(t, c)
			}
			if got != tt.want {
				t.Errorf("%s selects %s, want %s", tt.filter, got, tt.want)
			}
		}
	}
}
