package schema_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/optical-net/waveguard/yang/schema"
)

const pathModule = `module p {
  yang-version 1.1; namespace urn:p; prefix p;
  container top {
    list l { key "a b"; leaf a { type string; } leaf b { type uint8; } leaf v { type string; }
      action reset { }
      notification worn; }
    leaf-list w { type string; }
  }
  rpc go;
}`

// TestParseNodePath reads what a rule of ietf-netconf-acm can name: any of the
// keys, actions and notifications.
func TestParseNodePath(t *testing.T) {
	set, err := schema.Compile([]fs.FS{fstest.MapFS{"p.yang": {Data: []byte(pathModule)}}}, schema.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ path, want string }{
		{"/p:top", "top"},
		{"/p:top/l", "top l[ ]"},
		{"/p:top/l[b='7']/v", "top l[ 7] v"},
		{"/p:top/l[a='x'][b='7']", "top l[x 7]"},
		{"/p:top/w", "top w"},
		{"/p:top/l/reset", "top l[ ] reset"},
		{"/p:top/l/worn", "top l[ ] worn"},
		{"/p:top/l/reset/input", ""},
		{"/p:top/l[b='300']", ""},
		{"/p:top/l[c='7']", ""},
		{"/p:nowhere", ""},
		{"/top", ""},
		{"p:top", ""},
		{"/", ""},
	} {
		steps, err := schema.ParseNodePath(schema.Lexical{Text: tt.path, Form: schema.Canonical, Root: set.Root})
		var words []string
		for _, s := range steps {
			word := s.Node.Name
			if len(s.Keys) > 0 {
				word += "[" + s.Keys[0].String() + " " + s.Keys[1].String() + "]"
			}
			words = append(words, word)
		}
		if got := strings.Join(words, " "); got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s: got %q, %v; want %q", tt.path, got, err, tt.want)
		}
	}
}
