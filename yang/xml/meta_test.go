package xml

import (
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/codectest"
	"github.com/optical-net/waveguard/yang/tree"
)

// The prefix wd is bound for these.
func tagged(body string) string {
	return `<top xmlns="urn:ex" xmlns:wd="` + WithDefaultsNamespace + `">` + body + `</top>`
}

func TestMetaRefused(t *testing.T) {
	set := codectest.Example(t)
	for name, tc := range map[string]struct {
		in   string
		want tree.Tag
	}{
		"unknown annotation":       {top(`<mtu e:nope="x">100</mtu>`), tree.TagUnknownAttribute},
		"unknown namespace":        {top(`<mtu x:note="x" xmlns:x="urn:x">100</mtu>`), tree.TagUnknownAttribute},
		"no namespace":             {top(`<mtu note="x">100</mtu>`), tree.TagUnknownAttribute},
		"xml:lang":                 {top(`<mtu xml:lang="en">100</mtu>`), tree.TagUnknownAttribute},
		"bad value":                {top(`<mtu e:count="256">100</mtu>`), tree.TagBadAttribute},
		"identity without prefix":  {top(`<mtu e:by="fast">100</mtu>`), tree.TagBadAttribute},
		"unknown on a key":         {top(`<user><name e:nope="x">a</name></user>`), tree.TagUnknownAttribute},
		"bad value on a key":       {top(`<user><name e:count="x">a</name></user>`), tree.TagBadAttribute},
		"not the default":          {tagged(`<mtu wd:default="true">100</mtu>`), tree.TagInvalidValue},
		"without a default":        {tagged(`<name wd:default="1">100</name>`), tree.TagInvalidValue},
		"neither true nor false":   {tagged(`<mtu wd:default="yes">1500</mtu>`), tree.TagBadAttribute},
		"container as default":     {tagged(`<opt wd:default="true"/>`), tree.TagUnknownAttribute},
		"key as default":           {tagged(`<user><name wd:default="true">a</name></user>`), tree.TagUnknownAttribute},
		"text in anydata":          {top(`<blob>x</blob>`), tree.TagBadElement},
		"mixed content in anydata": {top(`<blob><a>x<b/></a></blob>`), tree.TagBadElement},
	} {
		_, err := DecodeEdit(set, config(t, tc.in), DecodeOptions{})
		if e, ok := err.(*tree.Error); !ok || e.Tag != tc.want {
			t.Errorf("%s: got %v, want %s", name, err, tc.want)
		}
	}
}

// RFC 6243 section 4.5.2.
func TestDecodeDefault(t *testing.T) {
	set := codectest.Example(t)
	for in, want := range map[string]bool{
		`<mtu wd:default="true">1500</mtu>`: true, `<mtu wd:default="1">1500</mtu>`: true,
		`<mtu wd:default="false">1500</mtu>`: false, `<mtu wd:default="0">68</mtu>`: false, `<mtu>1500</mtu>`: false,
	} {
		ed, err := DecodeEdit(set, config(t, tagged(in)), DecodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := ed.Children[0].Children[0].Default; got != want {
			t.Errorf("%s: got %v", in, got)
		}
	}
	del := `<mtu xmlns:nc="` + BaseNamespace + `" nc:operation="delete" wd:default="true"/>`
	if _, err := DecodeEdit(set, config(t, tagged(del)), DecodeOptions{}); err != nil {
		t.Errorf("a deletion with the default attribute: %v", err)
	}
	root, err := DecodeInput(set, set.Root, config(t, tagged(`<mtu wd:default="true">1500</mtu><name>x</name>`)))
	if err != nil {
		t.Fatal(err)
	}
	if got := encode(t, root, EncodeOptions{}); got != top(`<name>x</name>`) {
		t.Errorf("got %s", got)
	}
}

// The content of an operation may be annotated, but has no operations in it.
func TestInputMeta(t *testing.T) {
	set := codectest.Example(t)
	reset := set.Module("ex").RPCs[0]
	in := reset.DataChildren[0]
	root, err := DecodeInput(set, in, config(t, `<e:delay e:note="n">5</e:delay><e:what e:count="1"><e:id e:note="k">a</e:id></e:what>`))
	if err != nil {
		t.Fatal(err)
	}
	want := `<delay xmlns="urn:ex" xmlns:ex="urn:ex" ex:note="n">5</delay><what xmlns="urn:ex" xmlns:ex="urn:ex" ex:count="1"><id xmlns:ex="urn:ex" ex:note="k">a</id></what>`
	if got := encode(t, root, EncodeOptions{}); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if _, err := DecodeInput(set, in, config(t, `<e:delay nc:operation="merge">5</e:delay>`)); err == nil {
		t.Error("an operation in an operation is taken")
	}
}

func TestEncodeEditMeta(t *testing.T) {
	set := codectest.Example(t)
	doc := `<nc:config xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" xmlns:yang="urn:ietf:params:xml:ns:yang:1">` +
		`<top xmlns="urn:ex" xmlns:ex="urn:ex" ex:note="&lt;"><mtu xmlns:wd="urn:ietf:params:xml:ns:netconf:default:1.0" wd:default="true">1500</mtu>` +
		`<user><name xmlns:ex="urn:ex" ex:count="3">a</name><full>F</full></user></top></nc:config>`
	if got := encodeEdit(t, decodeEdit(t, set, doc), EncodeOptions{}); got != doc {
		t.Errorf("got  %s\nwant %s", got, doc)
	}
}

func TestSkipUnknown(t *testing.T) {
	set := codectest.Example(t)
	in := `<x xmlns="u:x"/><e:nope><e:top/></e:nope><e:top e:nope="1" foo="2"><e:name e:note="n" xml:lang="en">x</e:name><b:name>y</b:name><e:user z="1"><e:name q="2">a</e:name><q>1</q></e:user></e:top>`
	ed, err := DecodeEdit(set, config(t, in), DecodeOptions{SkipUnknown: true})
	if err != nil {
		t.Fatal(err)
	}
	want := top(`<name xmlns:ex="urn:ex" ex:note="n">x</name><user><name>a</name></user>`)
	if got := encode(t, codectest.Apply(t, set, ed).Root(), EncodeOptions{}); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, in := range []string{top(`<stats/>`), top(`<mtu>x</mtu>`), top(`<mtu e:count="x">100</mtu>`), top(`text`)} {
		if _, err := DecodeEdit(set, config(t, in), DecodeOptions{SkipUnknown: true}); err == nil {
			t.Errorf("%s is taken", in)
		}
	}
}

// Declarations that many elements take from outside, or that names in JSON would
// tell again and again, do not fill the memory.
func TestAnyIsBounded(t *testing.T) {
	set := codectest.Example(t)
	long := "urn:" + strings.Repeat("p", 1000)
	for _, blob := range []string{
		`<blob xmlns:p="` + long + `">` + strings.Repeat(`<p:a/>`, 1000) + `</blob>`,
		`<blob><w xmlns:p="` + long + `">` + strings.Repeat(`<v><p:a/></v>`, 1000) + `</w></blob>`,
		`<blob><w xmlns:p="` + long + `">` + strings.Repeat(`<v p:a=""/>`, 1000) + `</w></blob>`,
	} {
		doc := `<top xmlns="urn:ex">` + blob + `</top>`
		_, err := Decode(set, []byte(doc), DecodeOptions{Limits: Limits{Bytes: 100_000}})
		if e, ok := err.(*tree.Error); !ok || e.Tag != tree.TagTooBig {
			t.Errorf("%.40s: %v", blob, err)
		}
	}
	if _, err := Decode(set, []byte(`<top xmlns="urn:ex"><blob><w xmlns="`+long+`"/></blob></top>`), DecodeOptions{}); err != nil {
		t.Error(err)
	}
}

// One prefix stands for one namespace, whoever asks for it first.
func TestMetaPrefixes(t *testing.T) {
	set := codectest.Example(t)
	set.Module("ex").Prefix = "wd"
	var p prefixes
	p.bind("wd", WithDefaultsNamespace)
	if got := p.of(set.Module("ex")); got != "wd1" || p.of(set.Module("ex")) != got {
		t.Errorf("got %s", got)
	}
}
