package xml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/codectest"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// config parses body inside a <config> element where the prefixes nc, yang and b are bound.
func config(t testing.TB, body string) *Element {
	t.Helper()
	el, err := Parse([]byte(`<config xmlns="`+BaseNamespace+`" xmlns:nc="`+BaseNamespace+`" xmlns:yang="`+YangNamespace+
		`" xmlns:b="urn:ex-b" xmlns:e="urn:ex">`+body+`</config>`), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return el
}

func top(body string) string { return `<top xmlns="urn:ex">` + body + `</top>` }

func encode(t testing.TB, c *tree.Container, opt EncodeOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := Encode(&b, c, opt); err != nil {
		t.Fatal(err)
	}
	if _, err := Parse([]byte("<w>"+b.String()+"</w>"), Limits{}); err != nil {
		t.Fatalf("the encoder wrote %s: %v", b.String(), err)
	}
	return b.String()
}

// Round trips: in is decoded, applied to an empty tree and encoded; want is what
// comes out, or "" for the same as in.
func TestRoundTrip(t *testing.T) {
	set := codectest.Example(t)
	for name, tc := range map[string]struct{ in, want string }{
		"text":                       {top(`<name>a &lt; b &amp; c</name>`), ""},
		"blank text":                 {top(`<name> </name>`), ""},
		"empty text":                 {top(`<name></name>`), top(`<name/>`)},
		"numbers":                    {top(`<mtu> 1400 </mtu><big>18446744073709551615</big><dec>+1.50</dec>`), top(`<mtu>1400</mtu><big>18446744073709551615</big><dec>1.5</dec>`)},
		"others":                     {top(`<on>true</on><flag/><set>b a</set><data>aGk=</data>`), top(`<on>true</on><flag/><set>a b</set><data>aGk=</data>`)},
		"identity":                   {top(`<kind>b:fast</kind>`), top(`<kind xmlns:b="urn:ex-b">b:fast</kind>`)},
		"own identity":               {top(`<kind>slow</kind>`), top(`<kind xmlns:ex="urn:ex">ex:slow</kind>`)},
		"identity by another prefix": {top(`<kind xmlns:zz="urn:ex-b">zz:fast</kind>`), top(`<kind xmlns:b="urn:ex-b">b:fast</kind>`)},
		"union":                      {top(`<any-of>b:fast</any-of>`), top(`<any-of xmlns:b="urn:ex-b">b:fast</any-of>`)},
		"instance-identifier": {
			top(`<at>/e:top/e:user[e:name="o'x"]/e:key[e:type='b:fast'][e:id='7']</at>`),
			top(`<at xmlns:ex="urn:ex" xmlns:b="urn:ex-b">/ex:top/ex:user[ex:name="o'x"]/ex:key[ex:type='b:fast'][ex:id='7']</at>`),
		},
		"augmented":  {top(`<b:more><b:in>x</b:in></b:more><b:mtu>y</b:mtu>`), top(`<mtu xmlns="urn:ex-b">y</mtu><more xmlns="urn:ex-b"><in>x</in></more>`)},
		"leaf-lists": {top(`<tag>z</tag><tag>a</tag><step>z</step><step>a</step>`), top(`<tag>a</tag><tag>z</tag><step>z</step><step>a</step>`)},
		"list": {
			top(`<user><full>F</full><name>b</name></user><user><name>a</name></user>`),
			top(`<user><name>a</name></user><user><name>b</name><full>F</full></user>`),
		},
		"two keys": {
			top(`<user><name>a</name><key><data>x</data><id>9</id><type>slow</type></key></user>`),
			top(`<user><name>a</name><key><type xmlns:ex="urn:ex">ex:slow</type><id>9</id><data>x</data></key></user>`),
		},
		"user order":         {top(`<rule><id>9</id></rule><rule><id>1</id></rule>`), ""},
		"inserted first":     {top(`<rule><id>9</id></rule><rule yang:insert="first"><id>1</id></rule>`), top(`<rule><id>1</id></rule><rule><id>9</id></rule>`)},
		"inserted before":    {top(`<rule><id>9</id></rule><rule yang:insert="before" yang:key="[e:id='9']"><id>1</id></rule>`), top(`<rule><id>1</id></rule><rule><id>9</id></rule>`)},
		"inserted value":     {top(`<step>a</step><step>b</step><step yang:insert="after" yang:value="a">c</step>`), top(`<step>a</step><step>c</step><step>b</step>`)},
		"presence":           {top(`<opt/>`), ""},
		"no presence":        {top(`<user><name>a</name><prefs/></user>`), top(`<user><name>a</name></user>`)},
		"choice":             {top(`<one-a>x</one-a><one-b>y</one-b>`), ""},
		"anydata":            {top(`<blob><x xmlns="u:x" a="1">t<!--c--></x></blob>`), ""},
		"anydata inheriting": {top(`<blob><x>b:t</x></blob>`), top(`<blob><x xmlns="urn:ex" xmlns:b="urn:ex-b">b:t</x></blob>`)},
		"anyxml text":        {top(`<raw>a &amp; b</raw>`), ""},
		"two tops":           {`<lone xmlns="urn:ex">x</lone>` + top(`<name>n</name>`), top(`<name>n</name>`) + `<lone xmlns="urn:ex">x</lone>`},
		"white space":        {"\n <e:top>\n <e:name>n</e:name>\n </e:top>\n", top(`<name>n</name>`)},
		"state":              {top(`<stats><in>1</in><sample>3</sample><sample>3</sample><log><line>z</line></log><log><line>a</line></log></stats>`), ""},
		"nothing":            {``, ``},
	} {
		t.Run(name, func(t *testing.T) {
			ed, err := DecodeEdit(set, config(t, tc.in), DecodeOptions{State: true})
			if err != nil {
				t.Fatal(err)
			}
			root := codectest.Apply(t, set, ed).Root()
			want := tc.want
			if want == "" {
				want = tc.in
			}
			if got := encode(t, root, EncodeOptions{}); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestDecodeOperations(t *testing.T) {
	set := codectest.Example(t)
	el := config(t, top(`<mtu nc:operation="delete"/><name nc:operation="remove">x</name><user nc:operation="replace"><name nc:operation="merge">a</name><role/></user>`+
		`<opt nc:operation="delete"><a/></opt>`))
	ed, err := DecodeEdit(set, el, DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, k := range ed.Children[0].Children {
		got = append(got, fmt.Sprintf("%s %s %v %v", k.Schema.Name, k.Operation, k.Valueless, k.Keys))
	}
	want := "[mtu delete true [] name remove false [] user replace false [a] opt delete false []]"
	if fmt.Sprint(got) != want {
		t.Errorf("got  %v\nwant %s", got, want)
	}
}

func TestDecodeRefuses(t *testing.T) {
	set := codectest.Example(t)
	for name, tc := range map[string]struct{ in, want string }{
		"unknown namespace":  {`<x xmlns="u:x"/>`, `unknown-namespace / [[bad-element x] [bad-namespace u:x]]`},
		"unknown top":        {`<e:x/>`, `unknown-element / [[bad-element x]]`},
		"unknown below":      {top(`<user><name>a</name><nope/></user>`), `unknown-element /ex:top/user[name='a'] [[bad-element nope]]`},
		"of another module":  {top(`<b:name/>`), `unknown-element /ex:top [[bad-element name]]`},
		"an rpc":             {`<e:reset/>`, `unknown-element / [[bad-element reset]]`},
		"a choice":           {top(`<c/>`), `unknown-element /ex:top [[bad-element c]]`},
		"state":              {top(`<stats/>`), `unknown-element /ex:top [[bad-element stats]]`},
		"range":              {top(`<mtu>5</mtu>`), `invalid-value /ex:top/mtu []`},
		"leaf without value": {top(`<mtu/>`), `invalid-value /ex:top/mtu []`},
		"bad entry":          {top(`<user><name>a</name><prefs><size>x</size></prefs></user>`), `invalid-value /ex:top/user[name='a']/prefs/size []`},
		"no key":             {top(`<user><full>x</full></user>`), `missing-element /ex:top/user [[bad-element name]]`},
		"no second key":      {top(`<user><name>a</name><key><id>1</id></key></user>`), `missing-element /ex:top/user[name='a']/key [[bad-element type]]`},
		"bad key":            {top(`<rule><id>x</id></rule>`), `invalid-value /ex:top/rule/id []`},
		"key twice":          {top(`<user><name>a</name><name>a</name></user>`), `bad-element /ex:top/user[name='a']/name [[bad-element name]]`},
		"leaf twice":         {top(`<mtu>70</mtu><mtu>70</mtu>`), `bad-element /ex:top/mtu [[bad-element mtu]]`},
		"container twice":    {`<e:top/><e:top/>`, `bad-element /ex:top [[bad-element top]]`},
		"entry twice":        {top(`<rule><id>1</id></rule><rule><id>01</id></rule>`), `bad-element /ex:top/rule[id='1'] [[bad-element rule]]`},
		"value twice":        {top(`<tag>a</tag><tag>a</tag>`), `bad-element /ex:top/tag [[bad-element tag]]`},
		"two cases":          {top(`<one-a/><two-a/>`), `bad-element /ex:top/two-a [[bad-element two-a]]`},
		"text":               {top(`text`), `bad-element /ex:top [[bad-element top]]`},
		"element in leaf":    {top(`<mtu><x/></mtu>`), `unknown-element /ex:top/mtu [[bad-element x]]`},
		"unbound prefix":     {top(`<kind>zz:fast</kind>`), `invalid-value /ex:top/kind []`},
		"unknown operation":  {top(`<mtu nc:operation="drop"/>`), `bad-attribute /ex:top/mtu [[bad-attribute operation] [bad-element mtu]]`},
		"operation none":     {top(`<mtu nc:operation="none"/>`), `bad-attribute /ex:top/mtu [[bad-attribute operation] [bad-element mtu]]`},
		"bare operation":     {top(`<mtu operation="delete"/>`), `unknown-attribute /ex:top/mtu [[bad-attribute operation] [bad-element mtu]]`},
		"unknown attribute":  {top(`<user e:x="1"><name>a</name></user>`), `unknown-attribute /ex:top/user[name='a'] [[bad-attribute x] [bad-element user]]`},
		"key deleted":        {top(`<user><name nc:operation="delete">a</name></user>`), `bad-attribute /ex:top/user/name [[bad-attribute operation] [bad-element name]]`},
		"insert unordered":   {top(`<tag yang:insert="first">a</tag>`), `unknown-attribute /ex:top/tag [[bad-attribute insert] [bad-element tag]]`},
		"insert anywhere":    {top(`<step yang:insert="top">a</step>`), `bad-attribute /ex:top/step [[bad-attribute insert] [bad-element step]]`},
		"insert before what": {top(`<step yang:insert="before">a</step>`), `missing-attribute /ex:top/step [[bad-attribute value] [bad-element step]]`},
		"value alone":        {top(`<step yang:value="b">a</step>`), `bad-attribute /ex:top/step [[bad-attribute value] [bad-element step]]`},
		"malformed anchor":   {top(`<rule yang:insert="after" yang:key="9"><id>1</id></rule>`), `bad-attribute /ex:top/rule[id='1'] [[bad-attribute key] [bad-element rule]]`},
		"anchor out of type": {top(`<rule yang:insert="after" yang:key="[e:id='x']"><id>1</id></rule>`), `bad-attribute /ex:top/rule[id='1'] [[bad-attribute key] [bad-element rule]]`},
		"anchor by another":  {top(`<rule yang:insert="after" yang:key="[e:action='1']"><id>1</id></rule>`), `bad-attribute /ex:top/rule[id='1'] [[bad-attribute key] [bad-element rule]]`},
		"anchor without key": {top(`<rule yang:insert="after" yang:key=""><id>1</id></rule>`), `bad-attribute /ex:top/rule[id='1'] [[bad-attribute key] [bad-element rule]]`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := DecodeEdit(set, config(t, tc.in), DecodeOptions{})
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

func TestDecodeInput(t *testing.T) {
	set := codectest.Example(t)
	rpc := set.RPC("urn:ex", "reset")
	el := config(t, `<reset xmlns="urn:ex"><what><kind>b:fast</kind><id>z</id></what><reason>q</reason><what><id>a</id></what><delay>3</delay></reset>`).Children[0]
	in, err := DecodeInput(set, rpc.DataChildren[0], el)
	if err != nil {
		t.Fatal(err)
	}
	want := `<delay xmlns="urn:ex">3</delay><reason xmlns="urn:ex">q</reason><what xmlns="urn:ex"><id>a</id></what>` +
		`<what xmlns="urn:ex"><id>z</id><kind xmlns:b="urn:ex-b">b:fast</kind></what>`
	if got := encode(t, in, EncodeOptions{Root: set.Root}); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	el = config(t, `<reset xmlns="urn:ex"><delay nc:operation="delete"/></reset>`).Children[0]
	if _, err := DecodeInput(set, rpc.DataChildren[0], el); err == nil || !strings.Contains(err.Error(), "unknown-attribute") {
		t.Errorf("an operation in RPC input: %v", err)
	}
}

func TestEncodeNotification(t *testing.T) {
	set := codectest.Example(t)
	el := config(t, `<alarm xmlns="urn:ex"><severity>MINOR</severity><detail><x>1</x></detail></alarm>`).Children[0]
	n, err := DecodeInput(set, set.Module("ex").Notifications[0], el)
	if err != nil {
		t.Fatal(err)
	}
	want := `<alarm xmlns="urn:ex"><severity>MINOR</severity><detail><x>1</x></detail></alarm>`
	if got := encode(t, n, EncodeOptions{}); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestEncodeModes(t *testing.T) {
	set := codectest.Example(t)
	ed, err := DecodeEdit(set, config(t, top(`<mtu>1500</mtu><user><name>a</name><role>viewer</role><prefs><theme>dark</theme></prefs></user><user><name>b</name><prefs><theme>light</theme></prefs></user>`)), DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	root := codectest.Apply(t, set, ed).Root()
	for name, tc := range map[string]struct {
		opt  EncodeOptions
		want string
	}{
		"explicit": {EncodeOptions{}, top(`<mtu>1500</mtu><user><name>a</name><role>viewer</role><prefs><theme>dark</theme></prefs></user><user><name>b</name><prefs><theme>light</theme></prefs></user>`)},
		"trim":     {EncodeOptions{Defaults: Trim}, top(`<user><name>a</name></user><user><name>b</name><prefs><theme>light</theme></prefs></user>`)},
		"report-all": {EncodeOptions{Defaults: ReportAll}, top(`<mtu>1500</mtu><user><name>a</name><role>viewer</role><prefs><theme>dark</theme></prefs></user>` +
			`<user><name>b</name><role>viewer</role><prefs><theme>light</theme></prefs></user>`)},
		"indent": {EncodeOptions{Defaults: Trim, Indent: " "}, "<top xmlns=\"urn:ex\">\n <user>\n  <name>a</name>\n </user>\n <user>\n  <name>b</name>\n  <prefs>\n   <theme>light</theme>\n  </prefs>\n </user>\n</top>"},
	} {
		if got := encode(t, root, tc.opt); got != tc.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, tc.want)
		}
	}
	if got := encode(t, tree.New(set).Root(), EncodeOptions{Defaults: ReportAll}); got != top(`<mtu>1500</mtu>`) {
		t.Errorf("report-all of an empty tree: %s", got)
	}
}

func TestEncodeWriterError(t *testing.T) {
	set := codectest.Models(t)
	r, w := io.Pipe()
	r.CloseWithError(io.ErrClosedPipe)
	if err := Encode(w, bigTree(t, set).Root(), EncodeOptions{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
}

func TestFormatPath(t *testing.T) {
	set := codectest.Example(t)
	for in, want := range map[string]string{
		"/ex:top":                                              "/ex:top map[ex:urn:ex]",
		"/ex:top/ex-b:more/in":                                 "/ex:top/b:more/b:in map[b:urn:ex-b ex:urn:ex]",
		"/ex:top/user[name='a']/full":                          "/ex:top/ex:user[ex:name='a']/ex:full map[ex:urn:ex]",
		"/ex:top/user[name=\"a'b\"]":                           "/ex:top/ex:user[ex:name=\"a'b\"] map[ex:urn:ex]",
		"/ex:top/user[name='a''b\"']":                          "/ex:top/ex:user[ex:name=concat('a',\"'\",'b\"')] map[ex:urn:ex]",
		"/ex:top/tag[.='x']":                                   "/ex:top/ex:tag[.='x'] map[ex:urn:ex]",
		"/ex:top/stats/log[2]/line":                            "/ex:top/ex:stats/ex:log[2]/ex:line map[ex:urn:ex]",
		"/ex:top/user[name='a']/key[type='ex-b:fast'][id='1']": "/ex:top/ex:user[ex:name='a']/ex:key[ex:type='b:fast'][ex:id='1'] map[b:urn:ex-b ex:urn:ex]",
	} {
		path, err := set.ParsePath(in)
		if err != nil {
			t.Fatal(err)
		}
		xpath, namespaces := FormatPath(path)
		if got := fmt.Sprint(xpath, " ", namespaces); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", in, got, want)
		}
	}
	if xpath, ns := FormatPath(nil); xpath != "" || len(ns) != 0 {
		t.Errorf("no path: %q, %v", xpath, ns)
	}
}

func TestPrefixesAreDistinct(t *testing.T) {
	a, b := &schema.Module{Prefix: "x", Namespace: "u:1"}, &schema.Module{Prefix: "x", Namespace: "u:2"}
	c := &schema.Module{Prefix: "x1", Namespace: "u:3"}
	var p prefixes
	if got := fmt.Sprint([]string{p.of(a), p.of(b), p.of(c), p.of(b), p.of(a)}); got != "[x x1 x11 x1 x]" {
		t.Errorf("got %s", got)
	}
}

func bigTree(t testing.TB, set *schema.Set) *tree.Tree {
	t.Helper()
	el, err := Parse([]byte(codectest.Transitions(10_000)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	ed, err := DecodeEdit(set, el, DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return codectest.Apply(t, set, ed)
}

// A document of several buffers comes out as it went in.
func TestEncodeMany(t *testing.T) {
	set := codectest.Models(t)
	doc := codectest.Transitions(10_000)
	got := "<config>" + encode(t, bigTree(t, set).Root(), EncodeOptions{}) + "</config>"
	if len(got) != len(doc) {
		t.Errorf("got %d bytes, want %d", len(got), len(doc))
	}
}

// FuzzDecodeEdit decodes documents; what applies to an empty tree must come back
// from its own encoding.
func FuzzDecodeEdit(f *testing.F) {
	set := codectest.Example(f)
	for _, s := range []string{
		top(`<name>x</name><kind xmlns:b="urn:ex-b">b:fast</kind><tag>1</tag>`),
		top(`<user><name>a</name><prefs><size>1</size></prefs></user><rule><id>1</id></rule>`),
		top(`<rule xmlns:y="` + YangNamespace + `" xmlns:e="urn:ex" y:insert="before" y:key="[e:id='9']"><id>1</id></rule>`),
		top(`<at xmlns:e="urn:ex">/e:top/e:user[e:name='x']</at><blob><q>1</q></blob><stats><log><line/></log></stats>`),
		`<top xmlns="urn:ex" xmlns:e="urn:ex" e:note="n" e:by="e:slow"><mtu xmlns:wd="` + WithDefaultsNamespace + `" wd:default="true">1500</mtu><step/><step e:count="1">b</step></top>`,
		top(`<user xmlns:e="urn:ex" e:note=""><name e:count="2">a</name></user><blob e:by="slow" xmlns:e="urn:ex"><q a="1">t</q><e:top/></blob>`),
		top(`<name><![CDATA[<]]><!-- --><?p i?>x</name>`),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		first, ok := decodeAndEncode(t, set, data, EncodeOptions{}, DecodeOptions{})
		loose, looseOK := decodeAndEncode(t, set, data, EncodeOptions{}, DecodeOptions{SkipUnknown: true})
		if ok && (!looseOK || loose != first) {
			t.Fatalf("%q\nencodes as %s\nand when unknown nodes are skipped as %s", data, first, loose)
		}
		if !looseOK {
			return
		}
		second, ok := decodeAndEncode(t, set, []byte(loose), EncodeOptions{}, DecodeOptions{})
		if !ok || loose != second {
			t.Fatalf("%q\nencodes as %s\nwhich encodes as %s", data, loose, second)
		}
		tagged, _ := decodeAndEncode(t, set, []byte(loose), EncodeOptions{Defaults: ReportAllTagged, Scope: tree.ConfigAndState}, DecodeOptions{})
		if again, ok := decodeAndEncode(t, set, []byte(tagged), EncodeOptions{}, DecodeOptions{}); !ok || again != loose {
			t.Fatalf("%s\nwith its defaults is %s\nwhich encodes as %s", loose, tagged, again)
		}
	})
}

func decodeAndEncode(t *testing.T, set *schema.Set, data []byte, out EncodeOptions, in DecodeOptions) (string, bool) {
	in.State = true
	el, err := Parse([]byte("<config>"+string(data)+"</config>"), Limits{})
	if err != nil {
		return "", false
	}
	ed, err := DecodeEdit(set, el, in)
	if err != nil {
		return "", false
	}
	e := tree.New(set).Edit()
	if e.Apply(ed, tree.Merge) != nil {
		return "", false
	}
	return encode(t, e.Tree().Root(), out), true
}

func BenchmarkParse(b *testing.B) {
	doc := []byte(codectest.Transitions(10_000))
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(doc, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseAndDecodeEdit(b *testing.B) {
	set, doc := codectest.Models(b), []byte(codectest.Transitions(10_000))
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		el, err := Parse(doc, Limits{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := DecodeEdit(set, el, DecodeOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	root := bigTree(b, codectest.Models(b)).Root()
	b.SetBytes(int64(len(codectest.Transitions(10_000))))
	b.ReportAllocs()
	for b.Loop() {
		if err := Encode(io.Discard, root, EncodeOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

// An element that was made and not parsed has no text of its own.
func TestInnerXMLOfMadeElement(t *testing.T) {
	if inner, ok := (&Element{}).InnerXML(); inner != "" || !ok {
		t.Errorf("got %q, %t", inner, ok)
	}
	if inner, ok := (&Element{Children: []*Element{{}}}).InnerXML(); ok {
		t.Errorf("got %q of an element with children", inner)
	}
}
