package json

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/tree"
)

func TestParse(t *testing.T) {
	for in, want := range map[string]string{
		`{}`:                        `{}`,
		` [ ] `:                     `[]`,
		`{"a":1,"b":[true,null]}`:   `{"a":1,"b":[true,null]}`,
		`"\u0041\ud83d\ude00\n\/"`:  "\"A\U0001F600\\n/\"",
		`[-0, 1.5e+10, 0.1, 12E-3]`: `[-0,1.5e+10,0.1,12E-3]`,
		"\t{\r\n\"x\" : false }\n":  `{"x":false}`,
		`["µ","\\\""]`:              `["µ","\\\""]`,
	} {
		v, err := parse([]byte(in), Limits{})
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got := dump(v); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

// dump writes a value in the shortest form.
func dump(v value) string {
	kids := make([]string, len(v.kids))
	for i, k := range v.kids {
		kids[i] = dump(k)
		if v.kind == object {
			kids[i] = string(appendString(nil, k.name)) + ":" + kids[i]
		}
	}
	switch v.kind {
	case object:
		return "{" + strings.Join(kids, ",") + "}"
	case array:
		return "[" + strings.Join(kids, ",") + "]"
	case text:
		return string(appendString(nil, v.text))
	}
	return v.text
}

func TestParseRefuses(t *testing.T) {
	for in, where := range map[string]string{
		``: "1:1", `{`: "1:2", `[1`: "1:3", `{"a"}`: "1:5", `{"a":}`: "1:6", `{a:1}`: "1:2", `[1,]`: "1:4", `[1 2]`: "1:4",
		`{"a":1,}`: "1:8", `01`: "1:3", `1.`: "1:3", `.5`: "1:1", `-`: "1:2", `+1`: "1:1", `1e`: "1:3", `tru`: "1:1", `nan`: "1:1",
		`"a`: "1:3", "\"\n\"": "1:2", `"\x"`: "1:2", `"\u12"`: "1:2", `"\ud800"`: "1:2", `"\ud800\u0041"`: "1:2", `"\udc00"`: "1:2",
		`"\u+123"`: "1:2", `"\`: "1:2", `1 1`: "1:3", "[\n1,\n x]": "3:2", "\"\xff\"": "1:1", `'a'`: "1:1", `{"a":1 "b":2}`: "1:8",
	} {
		_, err := parse([]byte(in), Limits{})
		var e *tree.Error
		if !errors.As(err, &e) || e.Tag != tree.TagMalformedMessage {
			t.Errorf("%q: got %v", in, err)
			continue
		}
		var line, column int
		if _, err := fmt.Sscanf(e.Message, "JSON line %d, column %d:", &line, &column); err != nil || fmt.Sprintf("%d:%d", line, column) != where {
			t.Errorf("%q: want %s: %s", in, where, e.Message)
		}
	}
}

func TestParseLimits(t *testing.T) {
	doc := `{"a":[[1]]}`
	for name, tc := range map[string]struct {
		limits Limits
		ok     bool
	}{
		"exact":  {Limits{Bytes: len(doc), Depth: 3, Values: 4}, true},
		"bytes":  {Limits{Bytes: len(doc) - 1}, false},
		"depth":  {Limits{Depth: 2}, false},
		"values": {Limits{Values: 3}, false},
	} {
		_, err := parse([]byte(doc), tc.limits)
		var e *tree.Error
		if tc.ok != (err == nil) || err != nil && (!errors.As(err, &e) || e.Tag != tree.TagTooBig) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := parse([]byte(strings.Repeat("[", 129)), Limits{}); err == nil || !strings.Contains(err.Error(), "line 1, column 129: values are nested deeper than 128") {
		t.Errorf("129 levels: %v", err)
	}
}

// FuzzParse compares with encoding/json, which also takes half surrogate pairs
// and bytes that are not UTF-8, and does not take a byte order mark.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"a":[1,-2.5e3,"x\n\u00e9\ud83d\ude00",true,null,{}]}`, ` [ ] `, `"\ud800"`, `01`, "\uFEFF1", "\uFEFF\uFEFF1"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := parse(data, Limits{})
		data = bytes.TrimPrefix(data, []byte(byteOrderMark))
		if err != nil {
			var e *tree.Error
			if !errors.As(err, &e) {
				t.Fatalf("%q: %v is no *tree.Error", data, err)
			}
			if lenient := strings.Contains(err.Error(), "surrogate") || strings.Contains(err.Error(), "UTF-8"); !lenient && e.Tag != tree.TagTooBig && stdjson.Valid(data) {
				t.Fatalf("%q is valid: %v", data, err)
			}
			return
		}
		if !stdjson.Valid(data) {
			t.Fatalf("%q is not valid", data)
		}
		again, err := parse([]byte(dump(v)), Limits{})
		if err != nil || dump(again) != dump(v) {
			t.Fatalf("%q reads as %s, and that as %s (%v)", data, dump(v), dump(again), err)
		}
	})
}
