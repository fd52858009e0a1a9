package json

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/codectest"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

func top(body string) string { return `{"ex:top":{` + body + `}}` }

func encode(t testing.TB, n tree.Node, opt EncodeOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := EncodeNode(&b, n, opt); err != nil {
		t.Fatal(err)
	}
	if !stdjson.Valid(b.Bytes()) {
		t.Fatalf("the encoder wrote %s", b.String())
	}
	if got := string(AppendNode([]byte("x"), n, opt)); got != "x"+b.String() {
		t.Errorf("AppendNode writes %s", got)
	}
	return b.String()
}

func path(t testing.TB, set *schema.Set, text string) tree.Path {
	t.Helper()
	p, err := set.ParsePath(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Round trips: in is decoded, applied to an empty tree and encoded; want is what
// comes out, or "" for the same as in.
func TestRoundTrip(t *testing.T) {
	set := codectest.Example(t)
	for name, tc := range map[string]struct{ in, want string }{
		"nothing":           {`{}`, ""},
		"text":              {top(`"name":"a \"b\" \u0009µ/"`), top(`"name":"a \"b\" \tµ/"`)},
		"numbers":           {top(`"mtu":1400,"big":"18446744073709551615","dec":"1.50"`), top(`"mtu":1400,"big":"18446744073709551615","dec":"1.5"`)},
		"others":            {top(`"on":true,"flag":[null],"set":"b a","data":"aGk="`), top(`"on":true,"flag":[null],"set":"a b","data":"aGk="`)},
		"identity":          {top(`"kind":"ex-b:fast"`), ""},
		"own identity":      {top(`"kind":"slow"`), top(`"kind":"ex:slow"`)},
		"union number":      {top(`"any-of":7`), ""},
		"union text":        {top(`"any-of":"auto"`), ""},
		"instance":          {top(`"at":"/ex:top/user[name=\"a\"]/full"`), top(`"at":"/ex:top/user[name='a']/full"`)},
		"augmented":         {top(`"ex-b:more":{"in":"x"},"ex-b:mtu":"y"`), top(`"ex-b:mtu":"y","ex-b:more":{"in":"x"}`)},
		"redundant modules": {top(`"ex:user":[{"ex:name":"a","ex:prefs":{"ex:size":1}}],"ex-b:more":{"ex-b:in":"x"}`), top(`"user":[{"name":"a","prefs":{"size":1}}],"ex-b:more":{"in":"x"}`)},
		"leaf-lists":        {top(`"tag":["z","a"],"step":["z","a"]`), top(`"tag":["a","z"],"step":["z","a"]`)},
		"empty arrays":      {top(`"name":"x","tag":[],"user":[]`), top(`"name":"x"`)},
		"keys anywhere":     {top(`"user":[{"full":"F","name":"b"},{"name":"a"}]`), top(`"user":[{"name":"a"},{"name":"b","full":"F"}]`)},
		"nested lists":      {top(`"user":[{"name":"a","key":[{"id":9,"type":"slow"}]}]`), top(`"user":[{"name":"a","key":[{"type":"ex:slow","id":9}]}]`)},
		"user order":        {top(`"rule":[{"id":9},{"id":1}]`), ""},
		"presence":          {top(`"opt":{}`), ""},
		"anydata":           {top(`"blob":{"x":[1, "1", {"y":null}],"u:z":1e3}`), top(`"blob":{"x":[1,"1",{"y":null}],"u:z":1e3}`)},
		"anyxml":            {top(`"raw":[1,{"a":"\u00e9"}]`), top(`"raw":[1,{"a":"é"}]`)},
		"anyxml null":       {top(`"raw":null`), ""},
		"state":             {top(`"stats":{"in":"1","sample":[3,3],"log":[{"line":"z"},{"line":"a"}]}`), ""},
		"two tops":          {`{"ex:lone":"x","ex:top":{"name":"n"}}`, `{"ex:top":{"name":"n"},"ex:lone":"x"}`},
	} {
		t.Run(name, func(t *testing.T) {
			ed, err := DecodeEdit(set, nil, []byte(tc.in), DecodeOptions{State: true})
			if err != nil {
				t.Fatal(err)
			}
			want := tc.want
			if want == "" {
				want = tc.in
			}
			if got := encode(t, codectest.Apply(t, set, ed).Root(), EncodeOptions{}); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	set := codectest.Example(t)
	for name, tc := range map[string]struct{ in, want string }{
		"no object":         {`[]`, `invalid-value / []`},
		"unqualified top":   {`{"top":{}}`, `unknown-element / [[bad-element top]]`},
		"unknown module":    {`{"x:top":{}}`, `unknown-element / [[bad-element x:top]]`},
		"unknown":           {top(`"nope":1`), `unknown-element /ex:top [[bad-element nope]]`},
		"unqualified below": {top(`"more":{}`), `unknown-element /ex:top [[bad-element more]]`},
		"choice":            {top(`"c":{}`), `unknown-element /ex:top [[bad-element c]]`},
		"state":             {top(`"stats":{}`), `unknown-element /ex:top [[bad-element stats]]`},
		"annotation":        {top(`"@":{"ex:nope":1}`), `unknown-attribute /ex:top [[bad-attribute ex:nope]]`},
		"leaf annotation":   {top(`"mtu":100,"@mtu":{"nope":1}`), `unknown-attribute /ex:top/mtu [[bad-attribute nope]]`},
		"uint64 as number":  {top(`"big":1`), `invalid-value /ex:top/big []`},
		"uint16 as string":  {top(`"mtu":"1400"`), `invalid-value /ex:top/mtu []`},
		"boolean as string": {top(`"on":"true"`), `invalid-value /ex:top/on []`},
		"string as number":  {top(`"name":1`), `invalid-value /ex:top/name []`},
		"null":              {top(`"name":null`), `invalid-value /ex:top/name []`},
		"empty as null":     {top(`"flag":null`), `invalid-value /ex:top/flag []`},
		"empty as two":      {top(`"flag":[null,null]`), `invalid-value /ex:top/flag []`},
		"leaf as object":    {top(`"name":{}`), `invalid-value /ex:top/name []`},
		"range":             {top(`"mtu":5`), `invalid-value /ex:top/mtu []`},
		"exponent":          {top(`"mtu":1e3`), `invalid-value /ex:top/mtu []`},
		"list as object":    {top(`"user":{"name":"a"}`), `invalid-value /ex:top/user []`},
		"entry as string":   {top(`"user":["a"]`), `invalid-value /ex:top/user []`},
		"leaf-list bare":    {top(`"tag":"a"`), `invalid-value /ex:top/tag []`},
		"container array":   {top(`"opt":[]`), `invalid-value /ex:top/opt []`},
		"no key":            {top(`"user":[{"full":"x"}]`), `missing-element /ex:top/user [[bad-element name]]`},
		"in entry":          {top(`"user":[{"name":"a"},{"prefs":{"size":"x"},"name":"b"}]`), `invalid-value /ex:top/user[name='b']/prefs/size []`},
		"leaf twice":        {top(`"mtu":70,"mtu":70`), `bad-element /ex:top/mtu [[bad-element mtu]]`},
		"twice by module":   {top(`"mtu":70,"ex:mtu":70`), `bad-element /ex:top/mtu [[bad-element mtu]]`},
		"list twice":        {top(`"tag":[],"ex:tag":[]`), `bad-element /ex:top/tag [[bad-element tag]]`},
		"entry twice":       {top(`"user":[{"name":"a"},{"name":"a"}]`), `bad-element /ex:top/user[name='a'] [[bad-element user]]`},
		"key twice":         {top(`"user":[{"name":"a","ex:name":"a"}]`), `bad-element /ex:top/user[name='a']/name [[bad-element name]]`},
		"value twice":       {top(`"tag":["a","a"]`), `bad-element /ex:top/tag [[bad-element tag]]`},
		"two cases":         {top(`"one-a":"","two-a":""`), `bad-element /ex:top/two-a [[bad-element two-a]]`},
		"anydata string":    {top(`"blob":"<x/>"`), `invalid-value /ex:top/blob []`},
		"anydata array":     {top(`"blob":[]`), `invalid-value /ex:top/blob []`},
		"name twice in any": {top(`"blob":{"x":{"a":1,"a":2}}`), `invalid-value /ex:top/blob []`},
		"malformed":         {`{"ex:top":}`, `malformed-message / []`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := DecodeEdit(set, nil, []byte(tc.in), DecodeOptions{})
			var e *tree.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want a *tree.Error", err)
			}
			if got := fmt.Sprintf("%s %s %v", e.Tag, e.Path, e.Info); got != tc.want {
				t.Errorf("got  %s (%s)\nwant %s", got, e.Message, tc.want)
			}
		})
	}
}

// The value of each node goes out by EncodeNode and comes back by DecodeNode.
func TestNodes(t *testing.T) {
	set := codectest.Example(t)
	doc := top(`"mtu":70,"flag":[null],"tag":["a","b"],"user":[{"name":"a","full":"F","prefs":{"size":1}},{"name":"b"}],"ex-b:more":{"in":"x"}`)
	full, err := Decode(set, []byte(doc), DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]string{
		"/ex:top/mtu":                  `70`,
		"/ex:top/flag":                 `[null]`,
		"/ex:top/ex-b:more":            `{"ex-b:in":"x"}`,
		"/ex:top/user[name='a']":       `{"ex:name":"a","ex:full":"F","ex:prefs":{"size":1}}`,
		"/ex:top/user[name='a']/prefs": `{"ex:size":1}`,
		"/ex:top/tag[.='a']":           `"a"`,
	} {
		p := path(t, set, at)
		if got := encode(t, full.Find(p), EncodeOptions{}); got != want {
			t.Errorf("%s: got %s, want %s", at, got, want)
			continue
		}
		if p.Schema().Kind != schema.LeafList { // of which the array is read
			checkDecodeNode(t, set, p, want)
		}
	}
	for name, want := range map[string]string{
		"user": `[{"ex:name":"a","ex:full":"F","ex:prefs":{"size":1}},{"ex:name":"b"}]`,
		"tag":  `["a","b"]`,
	} {
		p := path(t, set, "/ex:top")
		p = append(p, schema.PathStep{Node: p.Schema().Child("ex", name)})
		if got := encode(t, full.Find(p), EncodeOptions{}); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
		checkDecodeNode(t, set, p, want)
	}
	checkDecodeNode(t, set, nil, doc)
}

// checkDecodeNode puts a value at path into an empty tree and reads it there.
func checkDecodeNode(t *testing.T, set *schema.Set, p tree.Path, value string) {
	t.Helper()
	node := set.Root
	if len(p) > 0 {
		node = p.Schema()
	}
	edits, err := DecodeNode(set, node, []byte(value), DecodeOptions{At: p})
	if err != nil {
		t.Errorf("%s: %v", p, err)
		return
	}
	ed := tree.NewEdit(set)
	if len(p) > 0 {
		parent := ed.At(p[:len(p)-1])
		parent.Children = append(parent.Children, edits...)
	} else {
		ed = edits[0]
	}
	full := codectest.Apply(t, set, ed)
	if got := encode(t, full.Find(p), EncodeOptions{}); got != value {
		t.Errorf("%s: got %s, want %s", p, got, value)
	}
}

func TestDecodeAt(t *testing.T) {
	set := codectest.Example(t)
	at := path(t, set, "/ex:top/user[name='a']")
	for in, want := range map[string]string{
		`{"full":"x"}`:                 "",
		`{"name":"a","full":"x"}`:      "",
		`{"name":"b","full":"x"}`:      "invalid-value at /ex:top/user[name='a']/name: the key is \"b\" here and \"a\" in the path",
		`{"prefs":{"size":"1"}}`:       "invalid-value at /ex:top/user[name='a']/prefs/size: ",
		`{"ex:prefs":{"ex:nope":"1"}}`: "unknown-element at /ex:top/user[name='a']/prefs: ",
	} {
		ed, err := DecodeEdit(set, at.Schema(), []byte(in), DecodeOptions{At: at})
		switch {
		case want == "" && (err != nil || fmt.Sprint(ed.Keys) != "[a]" || len(ed.Children) != 1):
			t.Errorf("%s: %v, %v", in, ed, err)
		case want != "" && (err == nil || !bytes.HasPrefix([]byte(err.Error()), []byte(want))):
			t.Errorf("%s:\ngot  %v\nwant %s", in, err, want)
		}
	}
	if at[1].Keys[0].String() != "a" {
		t.Error("the caller's path has changed")
	}
}

func TestDecodeLeaf(t *testing.T) {
	set := codectest.Example(t)
	for _, tc := range []struct{ leaf, in, want string }{
		{"mtu", `1400`, "1400"},
		{"name", `"x"`, "x"},
		{"kind", `"ex-b:fast"`, "ex-b:fast"},
		{"at", `"/ex:top/name"`, "/ex:top/name"},
		{"mtu", `"1400"`, ""},
		{"mtu", `1400 1`, ""},
		{"mtu", ``, ""},
	} {
		eds, err := DecodeNode(set, path(t, set, "/ex:top/"+tc.leaf).Schema(), []byte(tc.in), DecodeOptions{})
		if (err != nil) != (tc.want == "") || err == nil && eds[0].Value.String() != tc.want {
			t.Errorf("%s %s: %v, %v", tc.leaf, tc.in, eds, err)
		}
	}
}

func TestEncodeModes(t *testing.T) {
	set := codectest.Example(t)
	ed, err := DecodeEdit(set, nil, []byte(top(`"mtu":1500,"big":"5","dec":"1.5","kind":"ex-b:fast","tag":["a"],"ex-b:more":{"in":"x"},`+
		`"user":[{"name":"a","role":"viewer","prefs":{"theme":"dark"}},{"name":"b"}]`)), DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	root := codectest.Apply(t, set, ed).Root()
	for name, tc := range map[string]struct {
		opt  EncodeOptions
		want string
	}{
		"trim": {EncodeOptions{Defaults: Trim}, top(`"big":"5","dec":"1.5","kind":"ex-b:fast","tag":["a"],"user":[{"name":"a"},{"name":"b"}],"ex-b:more":{"in":"x"}`)},
		"report-all": {EncodeOptions{Defaults: ReportAll}, top(`"mtu":1500,"big":"5","dec":"1.5","kind":"ex-b:fast","tag":["a"],` +
			`"user":[{"name":"a","role":"viewer","prefs":{"theme":"dark"}},{"name":"b","role":"viewer","prefs":{"theme":"dark"}}],"ex-b:more":{"in":"x"}`)},
		"plain": {EncodeOptions{Plain: true, Defaults: Trim}, `{"top":{"big":5,"dec":1.5,"kind":"fast","tag":["a"],"user":[{"name":"a"},{"name":"b"}],"more":{"in":"x"}}}`},
	} {
		if got := encode(t, root, tc.opt); got != tc.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, tc.want)
		}
	}
	var want bytes.Buffer
	if err := stdjson.Indent(&want, []byte(encode(t, root, EncodeOptions{})), "", "  "); err != nil {
		t.Fatal(err)
	}
	if got := encode(t, root, EncodeOptions{Indent: "  "}); got != want.String() {
		t.Errorf("indented:\n%s\nwant:\n%s", got, want.String())
	}
	if got := encode(t, tree.New(set).Root(), EncodeOptions{Defaults: ReportAll}); got != top(`"mtu":1500`) {
		t.Errorf("report-all of an empty tree: %s", got)
	}
	if got := encode(t, root, EncodeOptions{Defaults: ReportAll, Indent: " "}); !stdjson.Valid([]byte(got)) {
		t.Errorf("report-all indented: %s", got)
	}
}

// What XML puts in comes out of JSON, goes back in and comes out of XML.
func TestAcrossEncodings(t *testing.T) {
	set := codectest.Example(t)
	doc := `<top xmlns="urn:ex"><name>&lt;x&gt;</name><dec>0.1</dec><flag/><kind xmlns:b="urn:ex-b">b:fast</kind>` +
		`<user><name>a</name><key><type xmlns:b="urn:ex-b">b:fast</type><id>1</id></key></user><rule><id>2</id></rule><rule><id>1</id></rule>` +
		`<blob><q xmlns="u:q">1</q></blob></top>`
	was, err := xml.Decode(set, []byte("<config>"+doc+"</config>"), xml.DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	text := encode(t, was.Root(), EncodeOptions{})
	is, err := Decode(set, []byte(text), DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := xml.Encode(&got, is.Root(), xml.EncodeOptions{}); err != nil {
		t.Fatal(err)
	}
	if got.String() != doc {
		t.Errorf("got  %s\nwant %s\nby way of %s", got.String(), doc, text)
	}
}

func TestEncodeWriterError(t *testing.T) {
	r, w := io.Pipe()
	r.CloseWithError(io.ErrClosedPipe)
	if err := Encode(w, bigTree(t, codectest.Models(t)).Root(), EncodeOptions{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}

func bigTree(t testing.TB, set *schema.Set) *tree.Tree {
	t.Helper()
	big, err := xml.Decode(set, []byte(codectest.Transitions(10_000)), xml.DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return big
}

// FuzzDecodeEdit decodes documents; what applies to an empty tree must come back
// from its own encoding.
func BenchmarkDecodeEdit(b *testing.B) {
	set := codectest.Models(b)
	doc := AppendNode(nil, bigTree(b, set).Root(), EncodeOptions{})
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeEdit(set, nil, doc, DecodeOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	root := bigTree(b, codectest.Models(b)).Root()
	b.SetBytes(int64(len(AppendNode(nil, root, EncodeOptions{}))))
	b.ReportAllocs()
	for b.Loop() {
		if err := Encode(io.Discard, root, EncodeOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
