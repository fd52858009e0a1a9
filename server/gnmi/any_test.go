package gnmi

import (
	"io/fs"
	"testing"
	"testing/fstest"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/protobuf/proto"

	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// The content of anydata is JSON in both of gNMI's JSON encodings and XML in PROTO,
// whatever it came as.
func TestAnyData(t *testing.T) {
	set := must(schema.Compile([]fs.FS{fstest.MapFS{"a.yang": {Data: []byte(`module a {
		yang-version 1.1; namespace "urn:a"; prefix a; anydata any; leaf x { type string; }
	}`)}}}, schema.Options{}))(t)
	node := set.Root.Child("a", "any")
	e := editor{set: set}
	path := tree.Path{{Node: node}}
	ed := must(e.document(node, path, []byte(`{"x":"<","q":[1]}`)))(t)[0]
	for _, content := range []tree.Content{ed.Any, tree.InnerXML(`<x xmlns="urn:a">&lt;</x><q xmlns="urn:a">1</q>`)} {
		n := tree.NewAny(node, content)
		if got, want := sent(t, n).GetStringVal(), `<x xmlns="urn:a">&lt;</x><q xmlns="urn:a">1</q>`; got != want {
			t.Errorf("PROTO: got %s, want %s", got, want)
		}
		want := `{"x":"<","q":"1"}`
		if content == ed.Any {
			want = `{"x":"<","q":[1]}`
		}
		v := &gpb.TypedValue{}
		if err := proto.Unmarshal(appendValue(nil, n, gpb.Encoding_JSON_IETF, json.EncodeOptions{}), v); err != nil {
			t.Fatal(err)
		}
		if got := string(v.GetJsonIetfVal()); got != want {
			t.Errorf("JSON_IETF: got %s, want %s", got, want)
		}
	}
	if _, err := e.document(node, path, []byte(`"<x/>"`)); err == nil {
		t.Error("a string is taken for anydata")
	}
}
