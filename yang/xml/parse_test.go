package xml

import (
	stdxml "encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for name, tc := range map[string]struct{ doc, want string }{
		"empty":                 {`<a/>`, `{}a[]`},
		"text":                  {`<a>x</a>`, `{}a[]"x"`},
		"white space kept":      {"<a> x\n</a>", `{}a[]" x\n"`},
		"default namespace":     {`<a xmlns="u:1"><b/></a>`, `{u:1}a[]({u:1}b[])`},
		"undeclared default":    {`<a xmlns="u:1"><b xmlns=""/></a>`, `{u:1}a[]({}b[])`},
		"prefix":                {`<p:a xmlns:p="u:1"><b p:c='1' c="2"/></p:a>`, `{u:1}a[]({}b[{u:1}c=1 {}c=2])`},
		"rebinding":             {`<p:a xmlns:p="u:1"><p:b xmlns:p="u:2"/><p:c/></p:a>`, `{u:1}a[]({u:2}b[] {u:1}c[])`},
		"declaration after use": {`<p:a p:x="1" xmlns:p="u:1"/>`, `{u:1}a[{u:1}x=1]`},
		"references":            {`<a b="&lt;&#65;&#x42;&#10;">&amp;&gt;&quot;&apos;</a>`, `{}a[{}b=<AB` + "\n" + `]"&>\"'"`},
		"cdata":                 {`<a>x<![CDATA[<&]]>y</a>`, `{}a[]"x<&y"`},
		"comments and PIs":      {`<?xml version="1.0" encoding="utf-8"?><!--x--><?p q?><a>1<!-- - -->2<?p?></a><!---->`, `{}a[]"12"`},
		"indentation":           {"<a>\n  <b/>\n  <c/>\n</a>", `{}a[]({}b[] {}c[])`},
		"mixed":                 {"<a>x<b/> <c/></a>", `{}a[]"x"({}b[] {}c[])`},
		"line ends":             {"<a b='1\r\n2'>x\r\ny\rz</a>", `{}a[{}b=1 2]"x\ny\nz"`},
		"byte order mark":       {"\uFEFF<a/>", `{}a[]`},
		"wide names":            {"<größe λ='1'>µ</größe>", `{}größe[{}λ=1]"µ"`},
		"xml prefix":            {`<a xml:lang="en"/>`, `{}a[{http://www.w3.org/XML/1998/namespace}lang=en]`},
		"end tag with space":    {"<a></a \n>", `{}a[]`},
	} {
		t.Run(name, func(t *testing.T) {
			el, err := Parse([]byte(tc.doc), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if got := dump(el); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

// dump writes an element as {space}name[attributes]"text"(children).
func dump(e *Element) string {
	var attrs, kids []string
	for _, a := range e.Attrs {
		attrs = append(attrs, fmt.Sprintf("{%s}%s=%s", a.Name.Space, a.Name.Local, a.Value))
	}
	for _, c := range e.Children {
		kids = append(kids, dump(c))
	}
	out := fmt.Sprintf("{%s}%s[%s]", e.Name.Space, e.Name.Local, strings.Join(attrs, " "))
	if e.Text != "" {
		out += fmt.Sprintf("%q", e.Text)
	}
	if kids != nil {
		out += "(" + strings.Join(kids, " ") + ")"
	}
	return out
}

func TestParseRefuses(t *testing.T) {
	for name, tc := range map[string]struct{ doc, where string }{
		"nothing":                {"", "1:1"},
		"only text":              {"x", "1:1"},
		"two roots":              {"<a/><b/>", "1:5"},
		"text behind":            {"<a/>\nx", "2:1"},
		"unclosed":               {"<a>", "1:4"},
		"wrong end":              {"<a>\n</b>", "2:1"},
		"longer end":             {"<a></ab>", "1:7"},
		"shorter end":            {"<ab></a>", "1:5"},
		"prefix of end":          {`<p:a xmlns:p="u"></a>`, "1:18"},
		"undeclared prefix":      {"<p:a/>", "1:1"},
		"attribute prefix":       {`<a p:b=""/>`, "1:1"},
		"sibling's prefix":       {`<a><p:b xmlns:p="u"/><p:c/></a>`, "1:22"},
		"attribute twice":        {`<a b="" b=""/>`, "1:1"},
		"expanded twice":         {`<a xmlns:p="u" xmlns:q="u" p:b="" q:b=""/>`, "1:1"},
		"declaration twice":      {`<a xmlns="u" xmlns="v"/>`, "1:14"},
		"empty prefix namespace": {`<a xmlns:p=""/>`, "1:4"},
		"xmlns declared":         {`<a xmlns:xmlns="u"/>`, "1:4"},
		"xml rebound":            {`<a xmlns:xml="u"/>`, "1:4"},
		"doctype":                {`<!DOCTYPE a><a/>`, "1:1"},
		"entity":                 {`<a>&nbsp;</a>`, "1:4"},
		"bare ampersand":         {`<a>a & b</a>`, "1:6"},
		"reference to NUL":       {`<a>&#0;</a>`, "1:4"},
		"reference to surrogate": {`<a>&#xD800;</a>`, "1:4"},
		"signed reference":       {`<a>&#+65;</a>`, "1:4"},
		"NUL":                    {"<a>\x00</a>", "1:4"},
		"escape":                 {"<a>\x1b</a>", "1:4"},
		"U+FFFE":                 {"<a>\uFFFE</a>", "1:4"},
		"not UTF-8":              {"<a>\xff</a>", "1:4"},
		"cdata end in text":      {"<a>]]></a>", "1:6"},
		"less in attribute":      {`<a b="<"/>`, "1:7"},
		"unquoted":               {`<a b=1/>`, "1:6"},
		"no value":               {`<a b/>`, "1:5"},
		"no space":               {`<a b=""c=""/>`, "1:8"},
		"double hyphen":          {`<a><!-- -- --></a>`, "1:4"},
		"unclosed comment":       {`<a><!-- </a>`, "1:4"},
		"unclosed cdata":         {`<a><![CDATA[ ]]</a>`, "1:4"},
		"late declaration":       {`<a><?xml version="1.0"?></a>`, "1:4"},
		"latin-1":                {`<?xml version="1.0" encoding="iso-8859-1"?><a/>`, "1:1"},
		"version 1.1":            {`<?xml version="1.1"?><a/>`, "1:1"},
		"two colons":             {`<a:b:c xmlns:a="u"/>`, "1:5"},
		"leading digit":          {`<1/>`, "1:2"},
		"slash alone":            {`<a/ >`, "1:4"},
		"cut":                    {`<a b="`, "1:7"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(tc.doc), Limits{})
			var syntax *SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("got %v, want a SyntaxError", err)
			}
			if got := fmt.Sprintf("%d:%d", syntax.Line, syntax.Column); got != tc.where {
				t.Errorf("at %s, want %s: %v", got, tc.where, err)
			}
		})
	}
}

func TestParseLimits(t *testing.T) {
	doc := `<a xmlns:p="u" b="1"><c xmlns:q="v"><d/></c></a>`
	for name, tc := range map[string]struct {
		limits Limits
		ok     bool
	}{
		"exact":      {Limits{Bytes: len(doc), Depth: 3, Attributes: 2, Namespaces: 2, Elements: 3}, true},
		"bytes":      {Limits{Bytes: len(doc) - 1}, false},
		"depth":      {Limits{Depth: 2}, false},
		"attributes": {Limits{Attributes: 1}, false},
		"namespaces": {Limits{Namespaces: 1}, false},
		"elements":   {Limits{Elements: 2}, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(doc), tc.limits)
			var syntax *SyntaxError
			if tc.ok != (err == nil) || err != nil && (!errors.As(err, &syntax) || !syntax.TooBig) {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, err := Parse([]byte(strings.Repeat("<a>", 129)), Limits{}); err == nil || !strings.Contains(err.Error(), "deeper than 128") {
		t.Errorf("129 levels: %v", err)
	}
}

func TestElement(t *testing.T) {
	root, err := Parse([]byte("<a xmlns='u:a' xmlns:p='u:p'>\n<p:b xmlns='u:b' xmlns:q='u:q' p:x='1'> v </p:b></a>"), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	b := root.Child("u:p", "b")
	if b == nil || root.Child("u:a", "b") != nil {
		t.Fatal("Child ignores the namespace")
	}
	if b.Line != 2 || b.Prefix != "p" || b.TrimmedText() != "v" {
		t.Errorf("line %d, prefix %q, text %q", b.Line, b.Prefix, b.TrimmedText())
	}
	if v, ok := b.Attr("u:p", "x"); !ok || v != "1" {
		t.Errorf("attribute %q, %v", v, ok)
	}
	if _, ok := b.Attr("", "x"); ok {
		t.Error("Attr ignores the namespace")
	}
	if got := fmt.Sprint(b.Declared()); got != "[{ u:b} {q u:q}]" {
		t.Errorf("declared %s", got)
	}
	if got := fmt.Sprint(b.InScope()); got != "[{q u:q} { u:b} {p u:p}]" {
		t.Errorf("in scope %s", got)
	}
	for prefix, want := range map[string]string{"": "u:b", "p": "u:p", "q": "u:q", "xml": xmlSpace} {
		if got, ok := b.Resolve(prefix); !ok || got != want {
			t.Errorf("prefix %q is %q, %v", prefix, got, ok)
		}
	}
	if _, ok := root.Resolve("q"); ok {
		t.Error("an inner prefix is visible outside")
	}
}

func TestInnerXML(t *testing.T) {
	for doc, want := range map[string]string{
		`<a/>`:                         ``,
		`<a>x &amp; <![CDATA[<]]></a>`: `x &amp; <![CDATA[<]]>`,
		`<a><b/></a>`:                  `<b xmlns=""/>`,
		`<a xmlns="u"> t <b c="1"><d/></b> u </a>`:            ` t <b xmlns="u" c="1"><d/></b> u `,
		`<p:a xmlns:p="u" xmlns:q="v"><p:b>q:x</p:b></p:a>`:   `<p:b xmlns:q="v" xmlns:p="u" xmlns="">q:x</p:b>`,
		`<a xmlns:p="u"><b xmlns="w" xmlns:p="v">p:x</b></a>`: `<b xmlns="w" xmlns:p="v">p:x</b>`,
	} {
		el, err := Parse([]byte(doc), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := el.InnerXML(); got != want || !ok {
			t.Errorf("%s:\ngot  %s\nwant %s", doc, got, want)
		}
	}
}

func TestAppendText(t *testing.T) {
	for in, want := range map[string]string{
		"plain":     "plain",
		`<a> & "b"`: `&lt;a&gt; &amp; "b"`,
		"\t\n\r":    "\t\n&#13;",
		"µ\x00\xff": "µ\uFFFD\uFFFD",
		"\uFFFE":    "\uFFFD",
	} {
		if got := string(AppendText(nil, in)); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
		el, err := Parse([]byte(`<a b="`+string(AppendAttrValue(nil, in))+`">`+string(AppendText(nil, in))+`</a>`), Limits{})
		if err != nil {
			t.Errorf("%q: %v", in, err)
			continue
		}
		if b, _ := el.Attr("", "b"); b != el.Text || isPlain(in) && b != in {
			t.Errorf("%q: reads back as %q and, as an attribute, %q", in, el.Text, b)
		}
	}
}

// What takes long escapes all along is written in a time that goes by its length.
func TestAppendLong(t *testing.T) {
	const n = 16 << 20
	if got := AppendAttrValue(nil, strings.Repeat(`"`, n)); len(got) != n*len("&#34;") {
		t.Errorf("got %d bytes", len(got))
	}
	if got := AppendName(nil, strings.Repeat(" ", 1<<20)); len(got) != len("_x20_")<<20 {
		t.Errorf("got %d bytes", len(got))
	}
}

// isPlain says whether XML can write s.
func isPlain(s string) bool { return illegalChar(s) < 0 }

// FuzzParse compares with encoding/xml: what we accept it accepts and reads
// alike, but for names beyond ASCII, where it follows an older edition.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`<a/>`, `<p:a xmlns:p="u" p:b="1 &lt;">x<![CDATA[y]]><!--c--><?d e?><b xmlns="v"/></p:a>`,
		`<?xml version="1.0" encoding="UTF-8" standalone='yes'?><a>&#x41;</a>`, "<a\n>\r\n</a\t>", `<a xmlns:p="u"><p:b xmlns:p="v"/></a>`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		el, err := Parse(data, Limits{})
		if err != nil {
			return
		}
		if strings.ContainsFunc(string(data), func(r rune) bool { return r >= 0x80 }) {
			return
		}
		want, err := stdDump(el.doc.src)
		if err != nil {
			if strings.Contains(err.Error(), "encoding") {
				return // encoding/xml knows UTF-8 by one name only
			}
			t.Fatalf("encoding/xml refuses %q: %v", data, err)
		}
		if got := flat(el); got != want {
			t.Fatalf("%q\ngot  %s\nwant %s", data, got, want)
		}
		inner, ok := el.InnerXML()
		if !ok {
			return
		}
		again, err := Parse([]byte("<w>"+inner+"</w>"), Limits{Depth: 130, Attributes: 400, Namespaces: 400})
		if err != nil {
			t.Fatalf("inner XML of %q: %q: %v", data, inner, err)
		}
		for i, c := range again.Children {
			if flat(c) != flat(el.Children[i]) {
				t.Fatalf("inner XML of %q reads as %s", data, flat(again))
			}
		}
	})
}

// flat writes an element without attributes; text only where there are no children.
func flat(e *Element) string {
	out := "{" + e.Name.Space + "}" + e.Name.Local
	for _, a := range e.Attrs {
		out += " {" + a.Name.Space + "}" + a.Name.Local + "=" + foldSpace(a.Value)
	}
	if len(e.Children) == 0 {
		return out + fmt.Sprintf("%q", e.Text)
	}
	out += "("
	for _, c := range e.Children {
		out += flat(c)
	}
	return out + ")"
}

type stdElement struct {
	head, text string
	kids       []string
}

func (e *stdElement) String() string {
	if len(e.kids) == 0 {
		return e.head + fmt.Sprintf("%q", e.text)
	}
	return e.head + "(" + strings.Join(e.kids, "") + ")"
}

// stdDump is flat by way of encoding/xml.
func stdDump(doc string) (string, error) {
	d := stdxml.NewDecoder(strings.NewReader(doc))
	stack := []*stdElement{{}}
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return strings.Join(stack[0].kids, ""), nil
		}
		if err != nil {
			return "", err
		}
		switch x := tok.(type) {
		case stdxml.StartElement:
			head := "{" + stdSpace(x.Name.Space) + "}" + x.Name.Local
			for _, a := range x.Attr {
				if a.Name.Space != "xmlns" && (a.Name.Space != "" || a.Name.Local != "xmlns") {
					head += " {" + stdSpace(a.Name.Space) + "}" + a.Name.Local + "=" + foldSpace(a.Value)
				}
			}
			stack = append(stack, &stdElement{head: head})
		case stdxml.EndElement:
			e := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			top := stack[len(stack)-1]
			top.kids = append(top.kids, e.String())
		case stdxml.CharData:
			stack[len(stack)-1].text += string(x)
		}
	}
}

// foldSpace evens out that encoding/xml leaves white space in attribute values as it is.
func foldSpace(s string) string { return strings.NewReplacer("\t", " ", "\n", " ").Replace(s) }

// stdSpace evens out that encoding/xml leaves undeclared prefixes as they are.
func stdSpace(s string) string {
	if s == "xml" {
		return xmlSpace
	}
	return s
}
