package json

import (
	"testing"

	"github.com/optical-net/waveguard/yang/internal/codectest"
	"github.com/optical-net/waveguard/yang/tree"
)

// What only a lenient decoder takes, and what it means.
func TestLenient(t *testing.T) {
	set := codectest.Example(t)
	for in, want := range map[string]string{
		`{"top":{"name":"x"}}`:                     top(`"name":"x"`),
		top(`"extra":1`):                           top(`"ex-b:extra":1`),
		top(`"more":{"ex-b:in":"x"}`):              top(`"ex-b:more":{"in":"x"}`),
		top(`"mtu":"1400"`):                        top(`"mtu":1400`),
		top(`"big":5`):                             top(`"big":"5"`),
		top(`"dec":1.50`):                          top(`"dec":"1.5"`),
		top(`"on":"true"`):                         top(`"on":true`),
		top(`"name":5`):                            top(`"name":"5"`),
		top(`"name":true`):                         top(`"name":"true"`),
		top(`"flag":null`):                         top(`"flag":[null]`),
		top(`"flag":""`):                           top(`"flag":[null]`),
		top(`"any-of":"5"`):                        top(`"any-of":5`),
		top(`"blob":{},"@blob":{"ex:note":"n"}`):   top(`"blob":{"@":{"ex:note":"n"}}`),
		top(`"tag":"x"`):                           top(`"tag":["x"]`),
		top(`"user":{"name":"a"}`):                 top(`"user":[{"name":"a"}]`),
		top(`"@":{"ex:count":"7"}`):                ``,
		top(`"name":"x","@name":{"ex:count":"7"}`): top(`"name":"x","@name":{"ex:count":7}`),
	} {
		_, err := DecodeEdit(set, nil, []byte(in), DecodeOptions{State: true})
		if e, ok := err.(*tree.Error); !ok {
			t.Errorf("%s: a strict decoder says %v", in, e)
		}
		ed, err := DecodeEdit(set, nil, []byte(in), DecodeOptions{State: true, Lenient: true})
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if want == "" {
			want = "{}"
		}
		if got := encode(t, codectest.Apply(t, set, ed).Root(), EncodeOptions{}); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

func TestLenientRefuses(t *testing.T) {
	set := codectest.Example(t)
	for _, in := range []string{
		top(`"mtu":"x"`), top(`"mtu":true`), top(`"mtu":null`), top(`"mtu":""`), top(`"on":1`), top(`"flag":"x"`), top(`"flag":false`),
		top(`"mtu":[1400]`), top(`"opt":[]`), top(`"user":"a"`), `{"nope":1}`, top(`"nope":1`), `{"b:top":{}}`,
	} {
		if _, err := DecodeEdit(set, nil, []byte(in), DecodeOptions{Lenient: true}); err == nil {
			t.Errorf("%s is taken", in)
		}
	}
}

// A name that two modules have means the parent's.
func TestLenientNames(t *testing.T) {
	set := codectest.Example(t)
	ed, err := DecodeEdit(set, nil, []byte(`{"top":{"mtu":100}}`), DecodeOptions{Lenient: true})
	if err != nil {
		t.Fatal(err)
	}
	if m := ed.Children[0].Children[0].Schema.Module.Name; m != "ex" {
		t.Errorf("mtu is that of %s", m)
	}
}

func TestSkipUnknown(t *testing.T) {
	set := codectest.Example(t)
	in := `{"x":1,"nope:x":{"a":[1]},"ex:top":{"name":"x","@name":{"nope:a":1,"ex:note":"n"},"nope":{},"@nope":{"a":1},"user":[{"name":"a","q":null}]}}`
	ed, err := DecodeEdit(set, nil, []byte(in), DecodeOptions{SkipUnknown: true})
	if err != nil {
		t.Fatal(err)
	}
	want := top(`"name":"x","@name":{"ex:note":"n"},"user":[{"name":"a"}]`)
	if got := encode(t, codectest.Apply(t, set, ed).Root(), EncodeOptions{}); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, in := range []string{top(`"stats":{}`), top(`"mtu":"x"`), `{`} {
		if _, err := DecodeEdit(set, nil, []byte(in), DecodeOptions{SkipUnknown: true}); err == nil {
			t.Errorf("%s is taken", in)
		}
	}
}
