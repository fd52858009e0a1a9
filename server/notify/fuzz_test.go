package notify

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/optical-net/waveguard/yang/schema"
)

// FuzzRecord holds that a line of the log, whatever is in it, is read or refused,
// and that what was read is written so that it is read again.
func FuzzRecord(f *testing.F) {
	set, err := schema.Compile([]fs.FS{fstest.MapFS{"m.yang": {Data: []byte(`module m { yang-version 1.1; namespace "urn:m"; prefix m;
		notification n { leaf a { type uint8; } container c { leaf-list b { type string; } } anydata d; }
		container p { list l { key "j k"; leaf j { type uint8; } leaf k { type string; } notification e { leaf a { type uint8; } } } } }`)}}}, schema.Options{})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		`{"time":"2026-01-02T03:04:05.6Z","name":"m:n","content":{"a":7,"c":{"b":["x","y"]},"d":{"m:z":1}}}`,
		`{"time":"2026-01-02T03:04:05Z","name":"m:n","content":{}}`,
		`{"time":"yesterday","name":"m:n","content":{}}`,
		`{"time":"2026-01-02T03:04:05Z","name":"n","content":null}`,
		`{"time":"2026-01-02T03:04:05Z","name":"m:n","content":{"a":"7"}`,
		`{"time":"2026-01-02T03:04:05Z","name":"m:e","at":"/m:p/l[j='1'][k='\"']","content":{"a":7}}`,
		`{"time":"2026-01-02T03:04:05Z","name":"m:e","at":"/m:p/l[j='1']","content":{"a":7}}`,
		`{"time":"2026-01-02T03:04:05Z","name":"m:e","at":"/m:p/l","content":{}}`,
		`{"time":"2026-01-02T03:04:05Z","name":"m:n","at":"/m:p","content":{}}`,
		`[]`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := parseRecord(line)
		if err != nil {
			return
		}
		n, err := decoder{set}.decode(r)
		if err != nil {
			return
		}
		again, err := decoder{set}.decode(encode(n))
		if err != nil || !again.Time.Equal(n.Time) {
			t.Errorf("%s is read, and written as what is not: %v", line, err)
		}
	})
}
