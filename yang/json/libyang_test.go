package json

import (
	"bytes"
	stdjson "encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/optical-net/waveguard/yang/internal/codectest"
	"github.com/optical-net/waveguard/yang/internal/peer"
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
    leaf-list level { type uint8; default 1; default 2; ordered-by user; }
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
	kind      string // of the documents: data or config
	modules   []string
}

func newLibyang(t *testing.T) libyang {
	t.Helper()
	return libyang{tool: peer.Yanglint(t), dir: t.TempDir(), kind: "data"}
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
	args = append(args, "-p", l.dir, "-t", l.kind)
	args = append(append(args, l.modules...), l.file(t, file, text))
	cmd := exec.Command(l.tool, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.Output()
	if err != nil {
		return stderr.String(), false
	}
	return string(stdout), true
}

func decodeXML(set *schema.Set, doc string) (*tree.Tree, error) {
	return xml.Decode(set, []byte("<config>"+doc+"</config>"), xml.DecodeOptions{State: true})
}

func decodeJSON(set *schema.Set, doc string) (*tree.Tree, error) {
	return Decode(set, []byte(doc), DecodeOptions{State: true, Lenient: true})
}

func asJSON(at *tree.Tree, opt EncodeOptions) string {
	return string(AppendNode(nil, at.Root(), opt))
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
		breaks   = "white space in base64, as line breaks of tools make it, is taken here"
		mixed    = "libyang drops the text beside elements; no YANG node has both"
	)
	for doc, why := range map[string]string{
		`<s>a<![CDATA[<b>]]>c</s>`: "", `<s><![CDATA[]]></s>`: "", `<s>a<!-- x -->b</s>`: comments, `<s>a<?pi x?>b</s>`: comments,
		`<!-- c --><s>a</s><!-- d -->`: "", `<s>a<s/></s>`: "", `text<s>a</s>`: "", `<s>a</s>text`: "",
		`<n> 5 </n>`: "", "<n>\n5\t</n>": "", `<on> true </on>`: "", `<d> 1.5 </d>`: "", `<en> x </en>`: "", `<en>y z</en>`: "",
		"<set> a\n b </set>": "", `<set>b a</set>`: "", `<set>a a</set>`: "", `<set/>`: "", `<e/>`: "", `<e> </e>`: "", `<e>x</e>`: "",
		`<s/>`: "", `<s> a </s>`: "", `<s></s>`: "", `<s> </s>`: "", "<bin>aGVs\nbG8=</bin>": breaks, `<bin> aGVsbG8= </bin>`: breaks, `<bin/>`: "", `<bin>aGVsbG8</bin>`: "", `<bin>a GVsbG8=</bin>`: breaks,
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
		`<blob>text</blob>`: "", `<blob><a xmlns="urn:q">1<b/></a></blob>`: mixed,
	} {
		doc = `<top xmlns="urn:t">` + doc + `</top>`
		want, accepts := lint.convert(t, "in.xml", doc, "-f", "json", "-d", "trim")
		at, err := decodeXML(set, doc)
		got := ""
		if err == nil {
			got = asJSON(at, EncodeOptions{Defaults: Trim})
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

// annotatedDoc has annotations wherever they can stand.
const annotatedDoc = `<top xmlns="urn:t" xmlns:t="urn:t" t:note="n"><kind t:by="t:slow">slow</kind><s t:note="a&quot;b" t:count="7">x</s>` +
	`<ll>c</ll><ll t:count="1">a</ll><ll>b</ll><l t:note="e"><k t:note="k">1</k></l><blob t:note="d"><lone>5</lone></blob>` +
	`<raw t:note="r">t</raw><opt t:by="t:slow"/></top>`

// libyang reads the annotations written here and writes those that are read here,
// in both encodings.
func TestMetaLikeLibyang(t *testing.T) {
	set, lint := lexicalSet(t), newLibyang(t)
	lint.module(t, "t", lexicalModule)
	at, err := decodeXML(set, annotatedDoc)
	if err != nil {
		t.Fatal(err)
	}
	want := asXML(t, at, xml.EncodeOptions{})
	if strings.Count(want, ":note=") != 6 {
		t.Fatalf("annotations are lost: %s", want)
	}
	fromXML, ok := lint.convert(t, "in.xml", want, "-f", "json", "-d", "trim")
	if !ok {
		t.Fatalf("libyang refuses %s", want)
	}
	// libyang writes those of anydata beside it, RFC 7952 section 5.2.2 inside, and
	// refuses to read its own or ours.
	inside := asJSON(at, EncodeOptions{})
	blob := `"blob":{"@":{"t:note":"d"},"lone":5}`
	if !strings.Contains(inside, blob) {
		t.Fatalf("the annotation of anydata is not inside: %s", inside)
	}
	fromJSON, ok := lint.convert(t, "in.json", strings.Replace(inside, blob, `"blob":{"lone":5}`, 1), "-f", "xml", "-d", "trim")
	if !ok {
		t.Fatalf("libyang refuses %s", inside)
	}
	back, err := decodeJSON(set, fromXML)
	if err != nil {
		t.Fatalf("%v: %s", err, fromXML)
	}
	if got := asXML(t, back, xml.EncodeOptions{}); got != want {
		t.Errorf("XML, libyang's JSON, XML:\ngot  %s\nwant %s", got, want)
	}
	if back, err = decodeXML(set, fromJSON); err != nil {
		t.Fatalf("%v: %s", err, fromJSON)
	}
	want = strings.Replace(want, `<blob xmlns:t="urn:t" t:note="d">`, `<blob>`, 1)
	if got := asXML(t, back, xml.EncodeOptions{}); flatXML(t, got) != flatXML(t, want) {
		t.Errorf("JSON, libyang's XML, XML:\ngot  %s\nwant %s", got, want)
	}
}

// libyangModes are the modes of RFC 6243 in libyang's words.
var libyangModes = map[string]Defaults{
	"all": ReportAll, "implicit-tagged": ReportAllTagged, "trim": Trim, "": Explicit,
}

// The modes of RFC 6243 show what libyang shows, on a schema with defaults of all
// kinds and on the appliance's own. Not compared: of a leaf-list, libyang trims each
// value that is among the defaults, which leaves other values than there were.
func TestModesLikeLibyang(t *testing.T) {
	t.Run("t", func(t *testing.T) {
		lint := newLibyang(t)
		lint.module(t, "t", lexicalModule)
		lint.module(t, "ietf-netconf-with-defaults", withDefaults)
		for _, doc := range []string{
			`<top xmlns="urn:t"><mtu>1500</mtu><level>7</level><l><k>1</k></l><l><k>2</k><v>x</v></l><opt/></top>`,
			`<top xmlns="urn:t"><level>1</level><level>2</level><l><k>1</k><v>y</v></l><stats><unit>bits</unit></stats></top>`,
			`<top xmlns="urn:t"><mtu>9000</mtu><level>3</level></top>`,
		} {
			compareModes(t, lexicalSet(t), &lint, doc)
		}
	})
	t.Run("appliance", func(t *testing.T) {
		lint := newLibyang(t)
		for _, name := range models.Names() {
			text, err := fs.ReadFile(models.FS, name)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(name, "mpk-") || strings.HasPrefix(name, "ietf-netconf-acm@") {
				lint.module(t, strings.TrimSuffix(name, ".yang"), string(text))
			} else {
				lint.file(t, name, string(text))
			}
		}
		lint.module(t, "ietf-netconf-with-defaults", withDefaults)
		lint.kind = "config" // the state has mandatory nodes
		doc := codectest.Transitions(3)
		doc = strings.TrimSuffix(strings.TrimPrefix(doc, "<config>"), "</config>")
		doc = strings.Replace(doc, "<transitions>", `<domains>`+domain("d0", 1)+domain("e0", 2)+domain("e1", 3)+domain("e2", 4)+`</domains><transitions>`, 1)
		compareModes(t, codectest.Models(t), &lint, doc)
	})
}

func domain(name string, id int) string {
	return fmt.Sprintf("<domain><name>%s</name><config><name>%s</name><id>%d</id><privilege-level>LOW</privilege-level></config></domain>", name, name, id)
}

func compareModes(t *testing.T, set *schema.Set, lint *libyang, doc string) {
	t.Helper()
	at, err := decodeXML(set, doc)
	if err != nil {
		t.Fatal(err)
	}
	scope := tree.ConfigAndState
	if lint.kind == "config" {
		scope = tree.ConfigOnly
	}
	for name, mode := range libyangModes {
		args := []string{"-f", "json"}
		if name != "" {
			args = append(args, "-d", name)
		}
		want, ok := lint.convert(t, "in.xml", doc, args...)
		if !ok {
			t.Fatalf("libyang refuses %s: %s", doc, want)
		}
		got := asJSON(at, EncodeOptions{Defaults: mode, Scope: scope})
		if !sameJSON(got, want) {
			t.Errorf("mode %q of %s:\nlibyang: %s\nhere:    %s", name, doc, want, got)
		}
		inXML := asXML(t, at, xml.EncodeOptions{Defaults: mode, Scope: scope})
		args[1] = "xml"
		want, _ = lint.convert(t, "in.xml", doc, args...)
		if back, err := decodeXML(set, want); err != nil || mode == ReportAllTagged && asJSON(back, EncodeOptions{}) != asJSON(at, EncodeOptions{}) {
			t.Errorf("libyang's mode %q of %s is read wrongly: %v", name, doc, err)
		}
		// libyang writes tags in the namespace of the module, RFC 6243 section 6 has another.
		want = strings.ReplaceAll(want, "urn:ietf:params:xml:ns:yang:ietf-netconf-with-defaults", xml.WithDefaultsNamespace)
		if x, y := flatXML(t, inXML), flatXML(t, want); x != y {
			t.Errorf("mode %q of %s:\nlibyang: %s\nhere:    %s", name, doc, y, x)
		}
	}
}

// flatXML writes a document with expanded names.
func flatXML(t *testing.T, doc string) string {
	t.Helper()
	el, err := xml.Parse([]byte("<w>"+doc+"</w>"), xml.Limits{})
	if err != nil {
		t.Fatalf("%v: %s", err, doc)
	}
	var b strings.Builder
	var walk func(*xml.Element)
	walk = func(el *xml.Element) {
		fmt.Fprintf(&b, "(%s %s", el.Name, el.Text)
		for _, a := range el.Attrs {
			fmt.Fprintf(&b, " %s=%s", a.Name, a.Value)
		}
		for _, c := range el.Children {
			walk(c)
		}
		b.WriteString(")")
	}
	walk(el)
	return b.String()
}
