package json_test

import (
	"bytes"
	stdjson "encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/optical-net/waveguard/yang/internal/codectest"
	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/models"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

const lexicalModule = `module t {
  yang-version 1.1; namespace urn:t; prefix t;
  import ietf-yang-metadata { prefix md; }
  md:annotation note { type string; }
  md:annotation count { type uint8; }
  identity kind;
  identity slow { base kind; }
  md:annotation by { type identityref { base kind; } }
  container top {
    leaf kind { type identityref { base kind; } }
    leaf at { type instance-identifier { require-instance false; } }
    leaf s { type string; }
    leaf e { type empty; }
    leaf n { type int32; }
    leaf on { type boolean; }
    leaf bin { type binary; }
    leaf set { type bits { bit a; bit b; } }
    leaf en { type enumeration { enum x; enum "y z"; } }
    leaf d { type decimal64 { fraction-digits 2; } }
    leaf u { type union { type int8; type boolean; type string; } }
    leaf-list ll { type string; ordered-by user; }
    list l { key k; leaf k { type string; } leaf v { type string; default x; } }
    anydata blob;
    anyxml raw;
    leaf mtu { type uint16; default 1500; }
    leaf-list level { type uint8; default 1; default 2; }
    container opt { presence "on"; leaf q { type string; default e; } }
    container stats { config false; leaf unit { type string; default octets; } }
  }
  leaf lone { type uint8; }
}`

// metadataOf stands in for the module that libyang has built in.
const metadataOf = `module ietf-yang-metadata {
  namespace "urn:ietf:params:xml:ns:yang:ietf-yang-metadata"; prefix md;
  extension annotation { argument name; }
}`

// withDefaults makes libyang write tags.
const withDefaults = `module ietf-netconf-with-defaults {
  namespace "urn:ietf:params:xml:ns:yang:ietf-netconf-with-defaults"; prefix ncwd;
}`

func lexicalSet(t *testing.T) *schema.Set {
	t.Helper()
	set, err := schema.Compile([]fs.FS{fstest.MapFS{
		"t.yang":                  {Data: []byte(lexicalModule)},
		"ietf-yang-metadata.yang": {Data: []byte(metadataOf)},
	}}, schema.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// libyang has yanglint read documents.
type libyang struct {
	tool, dir string
	modules   []string
}

func newLibyang(t *testing.T) libyang {
	t.Helper()
	tool, err := exec.LookPath("yanglint")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("yanglint is missing: install libyang2-tools")
		}
		t.Skip("yanglint is missing: install libyang2-tools to compare with libyang")
	}
	return libyang{tool: tool, dir: t.TempDir()}
}

func (l *libyang) file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(l.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (l *libyang) module(t *testing.T, name, text string) {
	l.modules = append(l.modules, l.file(t, name+".yang", text))
}

// convert returns what libyang writes for a document in file; ok is false when it
// refuses it.
func (l *libyang) convert(t *testing.T, file, text string, args ...string) (out string, ok bool) {
	t.Helper()
	args = append(args, "-p", l.dir, "-t", "data")
	args = append(append(args, l.modules...), l.file(t, file, text))
	stdout, err := exec.Command(l.tool, args...).Output()
	return string(stdout), err == nil
}

func decodeXML(set *schema.Set, doc string) (*tree.Tree, error) {
	el, err := xml.Parse([]byte("<config>"+doc+"</config>"), xml.Limits{})
	if err != nil {
		return nil, err
	}
	ed, err := xml.DecodeEdit(set, el, xml.DecodeOptions{State: true})
	if err != nil {
		return nil, err
	}
	e := tree.New(set).Edit()
	if err := e.Apply(ed, tree.Merge); err != nil {
		return nil, err
	}
	return e.Tree(), nil
}

func decodeJSON(set *schema.Set, doc string) (*tree.Tree, error) {
	ed, err := json.DecodeEdit(set, nil, []byte(doc), json.DecodeOptions{State: true, Lenient: true})
	if err != nil {
		return nil, err
	}
	e := tree.New(set).Edit()
	if err := e.Apply(ed, tree.Merge); err != nil {
		return nil, err
	}
	return e.Tree(), nil
}

func asJSON(at *tree.Tree, opt json.EncodeOptions) string {
	return string(json.AppendNode(nil, at.Root(), opt))
}

func asXML(t *testing.T, at *tree.Tree, opt xml.EncodeOptions) string {
	t.Helper()
	var b bytes.Buffer
	if err := xml.Encode(&b, at.Root(), opt); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// sameJSON says whether two documents have the same content.
func sameJSON(a, b string) bool {
	var x, y any
	return stdjson.Unmarshal([]byte(a), &x) == nil && stdjson.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}

// XML documents below <top> that libyang and this package must take or refuse
// alike, and take to mean the same; those marked with a reason differ.
func TestLexicalLikeLibyang(t *testing.T) {
	set, lint := lexicalSet(t), newLibyang(t)
	lint.module(t, "t", lexicalModule)
	const (
		comments = "text with a comment inside is one text (XML 1.0 section 2.5); libyang refuses it"
		blanks   = "white space around the value is no part of it (RFC 7950 section 9.4.2 is for strings alone); libyang keeps it"
		reserved = "the prefix xml is bound in every document; the attribute is unknown all the same"
	)
	for doc, why := range map[string]string{
		`<s>a<![CDATA[<b>]]>c</s>`: "", `<s><![CDATA[]]></s>`: "", `<s>a<!-- x -->b</s>`: comments, `<s>a<?pi x?>b</s>`: comments,
		`<!-- c --><s>a</s><!-- d -->`: "", `<s>a<s/></s>`: "", `text<s>a</s>`: "", `<s>a</s>text`: "",
		`<n> 5 </n>`: "", "<n>\n5\t</n>": "", `<on> true </on>`: "", `<d> 1.5 </d>`: "", `<en> x </en>`: "", `<en>y z</en>`: "",
		"<set> a\n b </set>": "", `<set>b a</set>`: "", `<set>a a</set>`: "", `<set/>`: "", `<e/>`: "", `<e> </e>`: "", `<e>x</e>`: "",
		`<s/>`: "", `<s> a </s>`: "", `<s></s>`: "", `<s> </s>`: "", "<bin>aGVs\nbG8=</bin>": "", `<bin> aGVsbG8= </bin>`: "", `<bin/>`: "", `<bin>aGVsbG8</bin>`: "", `<bin>a GVsbG8=</bin>`: "",
		`<kind>slow</kind>`: "", `<kind> slow </kind>`: "", `<kind xmlns:q="urn:t">q:slow</kind>`: "", `<kind>q:slow</kind>`: "",
		`<kind xmlns:q="urn:t"> q:slow </kind>`: "", `<kind/>`: "", `<kind>kind</kind>`: "",
		`<q:kind xmlns="urn:o" xmlns:q="urn:t">slow</q:kind>`: "", `<q:kind xmlns="urn:o" xmlns:q="urn:t">q:slow</q:kind>`: "", `<q:kind xmlns="" xmlns:q="urn:t">slow</q:kind>`: "",
		`<at xmlns:q="urn:t">/q:lone</at>`: "", `<at xmlns:q="urn:t"> /q:top/q:l[q:k = "a" ] </at>`: "", `<at>/lone</at>`: "", `<at xmlns:q="urn:t">/q:top/s</at>`: "",
		`<at xmlns:q="urn:t">/q:top/q:l</at>`: "", `<at xmlns:q="urn:t">/q:top/q:l[k="a"]</at>`: "", `<at xmlns:q="urn:t">/q:top/q:ll[.='a']</at>`: "",
		`<s xml:lang="en">a</s>`: "", `<s xmlns:i="urn:i" i:type="x">a</s>`: "", `<s foo="x">a</s>`: "", `<s xmlns:i="urn:i">a</s>`: "",
		`<l><v>1</v><k>a</k></l>`: "", `<l><k>a</k><k>b</k></l>`: "", `<l><v>1</v></l>`: "", `<l><k>a</k></l><l><k>a</k></l>`: "",
		`<s xmlns="">a</s>`: "", `<s>a</s><s>b</s>`: "", `<u> 5 </u>`: "", `<u> true</u>`: "", `<u>true</u>`: "", `<u>500</u>`: "",
		`<ll>a</ll><s>x</s><ll>b</ll>`: "", `<ll>a</ll><ll>a</ll>`: "", `<s>&#x41;&lt;&gt;&amp;&quot;&apos;</s>`: "", `<s>&foo;</s>`: "", `<s>&#0;</s>`: "",
		`<n>0x10</n>`: "", `<n>010</n>`: "", `<n>+5</n>`: "", `<n>-0</n>`: "", `<n>5 5</n>`: "", `<n/>`: "", `<n>1e1</n>`: "",
		`<d>01.50</d>`: "", `<d>.5</d>`: "", `<d>1.</d>`: "", `<d>+1</d>`: "", `<d>1.555</d>`: "", `<on>1</on>`: "", `<on>TRUE</on>`: "",
		`<blob>text</blob>`: "", `<blob><a xmlns="urn:q">1<b/></a></blob>`: "",
	} {
		doc = `<top xmlns="urn:t">` + doc + `</top>`
		want, accepts := lint.convert(t, "in.xml", doc, "-f", "json", "-d", "trim")
		at, err := decodeXML(set, doc)
		got := ""
		if err == nil {
			got = asJSON(at, json.EncodeOptions{Defaults: json.Trim})
		}
		same := accepts == (err == nil) && (err != nil || sameJSON(got, want))
		switch {
		case !same && why == "":
			t.Errorf("%s:\nlibyang: %v %s\nhere:    %v %s", doc, accepts, want, err, got)
		case same && why != "":
			t.Errorf("%s: there is no difference any more: %s", doc, why)
		}
	}
}

var _ = strings.TrimSpace
var _ = codectest.Files
var _ = models.FS
