package gnmi

import (
	stdjson "encoding/json"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// everyType has a leaf of each type.
const everyType = `module t {
	yang-version 1.1; namespace "urn:t"; prefix t;
	identity base; identity red { base base; }
	container c {
		leaf i8 { type int8; } leaf i64 { type int64; } leaf u16 { type uint16; } leaf u64 { type uint64; }
		leaf d { type decimal64 { fraction-digits 3; } }
		leaf s { type string; } leaf b { type boolean; } leaf e { type empty; }
		leaf en { type enumeration { enum ON; } } leaf bits { type bits { bit x; bit y; } }
		leaf bin { type binary; } leaf id { type identityref { base base; } }
		leaf un { type union { type uint8; type string; } } leaf wide { type union { type uint64; type boolean; } }
		leaf ref { type leafref { path "../u64"; } }
		leaf-list ll { type uint64; }
		list l { key k; leaf k { type uint64; } leaf v { type identityref { base base; } } }
		list bag { config false; leaf v { type int8; } }
	}
}`

var typesSet = sync.OnceValues(func() (*schema.Set, error) {
	return schema.Compile([]fs.FS{fstest.MapFS{"t.yang": {Data: []byte(everyType)}}}, schema.Options{})
})

func leafOf(t testing.TB, name string) *schema.Node {
	t.Helper()
	n := must(typesSet())(t).Root.Child("t", "c").Child("t", name)
	if n == nil {
		t.Fatalf("no leaf %s", name)
	}
	return n
}

// sent returns a node's value as a client gets it in PROTO.
func sent(t testing.TB, n tree.Node) *gpb.TypedValue {
	t.Helper()
	v := &gpb.TypedValue{}
	if err := proto.Unmarshal(appendValue(nil, n, gpb.Encoding_PROTO, json.EncodeOptions{}), v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestScalars(t *testing.T) {
	integer := func(n int64) *gpb.TypedValue { return &gpb.TypedValue{Value: &gpb.TypedValue_IntVal{IntVal: n}} }
	boolean := func(b bool) *gpb.TypedValue { return &gpb.TypedValue{Value: &gpb.TypedValue_BoolVal{BoolVal: b}} }
	double := func(f float64) *gpb.TypedValue {
		return &gpb.TypedValue{Value: &gpb.TypedValue_DoubleVal{DoubleVal: f}}
	}
	octets := func(b string) *gpb.TypedValue {
		return &gpb.TypedValue{Value: &gpb.TypedValue_BytesVal{BytesVal: []byte(b)}}
	}
	decimal := func(digits int64, precision uint32) *gpb.TypedValue {
		//lint:ignore SA1019 clients still send it
		return &gpb.TypedValue{Value: &gpb.TypedValue_DecimalVal{DecimalVal: &gpb.Decimal64{Digits: digits, Precision: precision}}}
	}
	for _, test := range []struct {
		leaf string
		in   *gpb.TypedValue
		want string // canonical value and the form it is sent in; "" for a refusal
	}{
		{"i8", integer(-5), "-5 int -5"},
		{"i8", unsigned(5), "5 int 5"},
		{"i8", integer(128), ""},
		{"i8", text("5"), ""},
		{"i64", integer(-9), "-9 int -9"},
		{"u16", integer(-1), ""},
		{"u16", unsigned(65535), "65535 uint 65535"},
		{"u64", unsigned(18446744073709551615), "18446744073709551615 uint 18446744073709551615"},
		{"u64", text("7"), "7 uint 7"}, // as JSON_IETF has it
		{"u64", text("x"), ""},
		{"d", double(1.5), "1.5 double 1.5"},
		{"d", decimal(-1500, 3), "-1.5 double -1.5"},
		{"d", decimal(5, 3), "0.005 double 0.005"},
		{"d", decimal(7, 0), "7.0 double 7"},
		{"d", decimal(1, 99), ""},
		{"d", double(0.0001), ""},
		{"s", text("x"), `x "x"`},
		{"s", unsigned(1), ""},
		{"b", boolean(false), "false false"},
		{"b", text("true"), ""},
		{"e", boolean(true), " true"},
		{"e", boolean(false), ""},
		{"en", text("ON"), `ON "ON"`},
		{"en", text("OFF"), ""},
		{"bits", text("y x"), `x y "x y"`},
		{"bin", octets("abc"), "YWJj bytes 616263"},
		{"s", octets("abc"), ""},
		{"id", text("red"), `t:red "t:red"`},
		{"id", text("t:red"), `t:red "t:red"`},
		{"un", unsigned(5), "5 uint 5"},
		{"un", text("5"), `5 "5"`},
		{"wide", unsigned(5), "5 uint 5"},
		{"wide", boolean(true), "true true"},
		{"ref", unsigned(5), "5 uint 5"},
		{"s", &gpb.TypedValue{}, ""},
		{"s", nil, ""},
	} {
		s := leafOf(t, test.leaf)
		v, err := parseScalar(s, test.in)
		got := ""
		if err == nil {
			got = v.String() + " " + showValue(sent(t, tree.NewLeaf(s, v)))
		} else if status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: %v", test.leaf, err)
		}
		if got != test.want {
			t.Errorf("%s from %v: %q, %v, want %q", test.leaf, test.in, got, err, test.want)
		}
	}
}

func TestQualify(t *testing.T) {
	root := must(typesSet())(t).Root
	for _, test := range []struct{ in, want string }{
		{
			`{"c": {"i8": 1, "u64": 2, "d": 1.5, "id": "red", "s": "red", "b": true, "e": [null]}}`,
			`{"t:c":{"t:i8":1,"t:u64":"2","t:d":"1.5","t:id":"t:red","t:s":"red","t:b":true,"t:e":[null]}}`,
		},
		{
			`{"c": {"l": [{"k": 1, "v": "red"}, {"t:k": "2"}], "ll": [1, "2"], "ref": 3}}`,
			`{"t:c":{"t:l":[{"t:k":"1","t:v":"t:red"},{"t:k":"2"}],"t:ll":["1","2"],"t:ref":"3"}}`,
		},
		{`{"x": {"c": [1, {"y": "z"}]}, "c": 7}`, `{"x":{"c":[1,{"y":"z"}]},"t:c":7}`},
		{`[]`, `[]`},
		{`"\u00e9<"`, `"é\u003c"`},
		{`{`, ""},
		{`{} {}`, ""},
		{`{"a":}`, ""},
		{``, ""},
		{strings.Repeat("[", 1000), ""},
		{strings.Repeat(`{"c":`, 1000), ""},
	} {
		got, err := qualify(root, []byte(test.in))
		if string(got) != test.want || (err == nil) == (test.want == "") {
			t.Errorf("%s: %s, %v, want %s", test.in, got, err, test.want)
		}
	}
}

func FuzzQualify(f *testing.F) {
	f.Add(`{"c": {"l": [{"k": 1, "v": "red"}], "ll": [1], "e": [null]}}`)
	f.Add(`[[{"a":[]}]]`)
	f.Add(`"x"`)
	root := must(typesSet())(f).Root
	f.Fuzz(func(t *testing.T, in string) {
		out, err := qualify(root, []byte(in))
		if err == nil && !stdjson.Valid(out) {
			t.Fatalf("%q became %q", in, out)
		}
		if err != nil && stdjson.Valid([]byte(in)) && checkText([]byte(in)) == nil && !strings.Contains(err.Error(), "deeper") {
			t.Fatalf("%q is refused: %v", in, err)
		}
	})
}

func TestPlainJSONText(t *testing.T) {
	for text, want := range map[string]string{
		`"\ud83d\ude00 \u00e9 \\ud800 \n"`: "",
		`"\ud800"`:                         `\ud800 is half`,
		`"\ud800\n"`:                       `\ud800 is half`,
		`"\udc00\ud800"`:                   `\udc00 is half`,
		`"\ud800\ud800"`:                   `\ud800 is half`,
		`"\uD83`:                           "", // the decoder's to refuse
		"\"\xc3\"":                         "not UTF-8",
	} {
		err := checkText([]byte(text))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
