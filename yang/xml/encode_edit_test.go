package xml

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/codectest"
	"github.com/optical-net/waveguard/yang/internal/document"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

func encodeEdit(t testing.TB, ed *tree.Edit, opt EncodeOptions) string {
	t.Helper()
	var b strings.Builder
	if err := EncodeEdit(&b, ed, opt); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func decodeEdit(t testing.TB, set *schema.Set, doc string) *tree.Edit {
	t.Helper()
	el, err := Parse([]byte(doc), Limits{})
	if err != nil {
		t.Fatalf("%v in\n%s", err, doc)
	}
	ed, err := DecodeEdit(set, el, DecodeOptions{})
	if err != nil {
		t.Fatalf("%v in\n%s", err, doc)
	}
	return ed
}

func TestEncodeEdit(t *testing.T) {
	set := codectest.Example(t)
	doc := `<nc:config xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" xmlns:yang="urn:ietf:params:xml:ns:yang:1">
  <top xmlns="urn:ex">
    <mtu nc:operation="delete"/>
    <kind nc:operation="create" xmlns:b="urn:ex-b">b:fast</kind>
    <step nc:operation="create" yang:insert="after" yang:value="a&#34;b">c</step>
    <step nc:operation="delete">d</step>
    <user nc:operation="replace">
      <name>x</name>
      <key>
        <type xmlns:ex="urn:ex">ex:slow</type>
        <id>7</id>
        <data>&lt;</data>
      </key>
    </user>
    <rule nc:operation="merge" yang:insert="before" yang:key="[ex:id='3']" xmlns:ex="urn:ex">
      <id>4</id>
    </rule>
    <rule yang:insert="first">
      <id>9</id>
    </rule>
    <opt nc:operation="remove"/>
    <blob><x xmlns="">1</x></blob>
    <extra xmlns="urn:ex-b">5</extra>
  </top>
</nc:config>`
	if got := encodeEdit(t, decodeEdit(t, set, doc), EncodeOptions{Indent: "  "}); got != doc {
		t.Errorf("got\n%s\nwant\n%s", got, doc)
	}
	if got := encodeEdit(t, tree.NewEdit(set), EncodeOptions{Indent: "  "}); !strings.HasSuffix(got, "></nc:config>") {
		t.Errorf("nothing is encoded as %s", got)
	}
}

// TestEncodeEditPrefixes: a module whose prefix is that of the attributes gets another.
func TestEncodeEditPrefixes(t *testing.T) {
	set := codectest.Example(t)
	set.Module("ex").Prefix = "nc"
	ed := decodeEdit(t, set, `<config>`+top(`<kind xmlns:e="urn:ex" xmlns:nc="`+BaseNamespace+`" nc:operation="create">e:slow</kind>`)+`</config>`)
	doc := encodeEdit(t, ed, EncodeOptions{})
	if !strings.Contains(doc, `<kind nc:operation="create" xmlns:nc1="urn:ex">nc1:slow</kind>`) {
		t.Errorf("got %s", doc)
	}
	sameEdit(t, doc, ed, decodeEdit(t, set, doc))
}

func TestEncodeEditRefuses(t *testing.T) {
	set := codectest.Example(t)
	user := set.Root.Child("ex", "top").Child("ex", "user")
	tag := set.Root.Child("ex", "top").Child("ex", "tag")
	for want, ed := range map[string]*tree.Edit{
		"the root":          {Schema: set.Root, Operation: tree.Replace},
		"operation none":    {Schema: set.Root, Children: []*tree.Edit{{Schema: set.Root.Child("ex", "lone"), Operation: tree.None}}},
		"/ex:top/user: all": {Schema: set.Root, Children: []*tree.Edit{{Schema: user.DataParent, Children: []*tree.Edit{{Schema: user, Operation: tree.Delete}}}}},
		"/ex:top/tag: all":  {Schema: set.Root, Children: []*tree.Edit{{Schema: user.DataParent, Children: []*tree.Edit{{Schema: tag, Operation: tree.Delete, Valueless: true}}}}},
	} {
		err := EncodeEdit(new(strings.Builder), ed, EncodeOptions{})
		if e, ok := err.(*tree.Error); !ok || e.Tag != tree.TagOperationUnsupported || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	ed := tree.NewEdit(set)
	if err := EncodeEdit(failingWriter{}, ed, EncodeOptions{}); err == nil {
		t.Error("the writer's error is lost")
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, fmt.Errorf("full") }

// randomEdits adds to ed what a client could send, to the limits of Siblings.
func randomEdits(t testing.TB, r *rand.Rand, set *schema.Set, ed *tree.Edit, plain bool) {
	var siblings document.Siblings
	kids := ed.Schema.DataChildren
	for range 1 + r.IntN(6) {
		s := kids[r.IntN(len(kids))]
		if !s.Config || s.IsKey() {
			continue
		}
		k := randomOne(t, r, set, s, plain)
		if siblings.Add(k) == nil {
			ed.Children = append(ed.Children, k)
		}
	}
}

// randomMeta returns annotations, mostly none.
func randomMeta(t testing.TB, r *rand.Rand, set *schema.Set) (all []tree.Annotation) {
	for _, name := range []string{"note", "by", "count"} {
		if r.IntN(6) > 0 {
			continue
		}
		def := set.Annotation("ex", name)
		all = append(all, tree.Annotation{Schema: def, Value: codectest.Value(t, r, set, def.Type, def.Module)})
	}
	return all
}

func randomOne(t testing.TB, r *rand.Rand, set *schema.Set, s *schema.Node, plain bool) *tree.Edit {
	k := &tree.Edit{Schema: s}
	if !plain {
		k.Operation = tree.Operation(r.IntN(int(tree.None)))
		k.Meta = randomMeta(t, r, set)
		if s.OrderedByUser {
			k.Insert = tree.Insert(r.IntN(5))
		}
	}
	anchored := k.Insert == tree.Before || k.Insert == tree.After
	switch s.Kind {
	case schema.Leaf, schema.LeafList:
		if k.Valueless = s.Kind == schema.Leaf && (k.Operation == tree.Delete || k.Operation == tree.Remove); !k.Valueless {
			k.Value = codectest.Value(t, r, set, s.Type, s.Module)
		}
		if anchored {
			k.Anchor = []schema.Value{codectest.Value(t, r, set, s.Type, s.Module)}
		}
	case schema.AnyData, schema.AnyXML:
		k.Any = tree.InnerXML(`<x xmlns="">1</x>`)
	case schema.List:
		for _, key := range s.Keys {
			k.Keys = append(k.Keys, codectest.Value(t, r, set, key.Type, key.Module))
			if anchored {
				k.Anchor = append(k.Anchor, codectest.Value(t, r, set, key.Type, key.Module))
			}
		}
		randomEdits(t, r, set, k, plain || k.Operation == tree.Delete || k.Operation == tree.Remove)
	default:
		randomEdits(t, r, set, k, plain)
	}
	if k.Operation == tree.Delete || k.Operation == tree.Remove {
		k.Children = nil // below, a leaf without a value would be one to delete
	}
	return k
}

// sameEdit fails the test unless both say the same.
func sameEdit(t testing.TB, doc string, a, b *tree.Edit) {
	t.Helper()
	x, y := *a, *b
	x.Children, y.Children = nil, nil
	if !reflect.DeepEqual(x, y) || len(a.Children) != len(b.Children) {
		t.Fatalf("%+v\ncame back as\n%+v\nfrom\n%s", x, y, doc)
	}
	for i := range a.Children {
		sameEdit(t, doc, a.Children[i], b.Children[i])
	}
}

func TestEditsComeBack(t *testing.T) {
	set := codectest.Example(t)
	r := rand.New(rand.NewPCG(3, 9))
	for i := range 1000 {
		ed := tree.NewEdit(set)
		randomEdits(t, r, set, ed, false)
		doc := encodeEdit(t, ed, EncodeOptions{Indent: strings.Repeat(" ", i%3)})
		sameEdit(t, doc, ed, decodeEdit(t, set, doc))
	}
}

// TestPatchesTravel sends patches between random trees through XML.
func TestPatchesTravel(t *testing.T) {
	set := codectest.Example(t)
	r := rand.New(rand.NewPCG(8, 2))
	old := tree.New(set)
	for range 500 {
		from, ed := old, tree.NewEdit(set)
		if r.IntN(2) == 0 {
			from = tree.New(set)
		}
		randomEdits(t, r, set, ed, true)
		randomEdits(t, r, set, ed.At(tree.Path{{Node: set.Root.Child("ex", "top")}}), true)
		e := from.Edit()
		if err := e.Apply(ed, tree.Merge); err != nil {
			t.Fatal(err)
		}
		next := e.Tree()
		patch, err := tree.Patch(set, tree.Diff(old, next))
		if err != nil {
			t.Fatal(err)
		}
		doc := encodeEdit(t, patch, EncodeOptions{})
		e = old.Edit()
		if err := e.Apply(decodeEdit(t, set, doc), tree.Merge); err != nil {
			t.Fatalf("%v after\n%s", err, doc)
		}
		if got, want := encode(t, e.Tree().Root(), EncodeOptions{}), encode(t, next.Root(), EncodeOptions{}); got != want {
			t.Fatalf("%s\nleads to\n%s\nnot to\n%s", doc, got, want)
		}
		old = next
	}
}

// FuzzEncodeEdit encodes what DecodeEdit accepts: it comes back the same.
func FuzzEncodeEdit(f *testing.F) {
	for _, body := range []string{
		`<name>x</name><mtu nc:operation="delete"/><step yang:insert="after" yang:value="a">b</step>`,
		`<rule yang:insert="before" yang:key="[e:id='3']" nc:operation="create"><id>4</id></rule><opt nc:operation="remove"/>`,
		`<user nc:operation="replace"><name>a'"b</name><key><type>b:fast</type><id>7</id></key></user><blob><x/></blob>`,
		`<at>/e:top/e:user[e:name="o'x"]</at><kind nc:operation="merge">b:fast</kind><any-of>b:fast</any-of><flag/>`,
	} {
		f.Add(top(body))
	}
	set := codectest.Example(f)
	f.Fuzz(func(t *testing.T, body string) {
		el, err := Parse([]byte(`<c xmlns:nc="`+BaseNamespace+`" xmlns:yang="`+YangNamespace+`" xmlns:b="urn:ex-b" xmlns:e="urn:ex">`+body+`</c>`), Limits{})
		if err != nil {
			return
		}
		ed, err := DecodeEdit(set, el, DecodeOptions{})
		if err != nil || holdsAny(ed) {
			return // the content of anydata takes in declarations around it
		}
		doc := encodeEdit(t, ed, EncodeOptions{})
		sameEdit(t, doc, ed, decodeEdit(t, set, doc))
	})
}

func holdsAny(ed *tree.Edit) bool {
	if ed.Schema.Kind == schema.AnyData || ed.Schema.Kind == schema.AnyXML {
		return true
	}
	for _, k := range ed.Children {
		if holdsAny(k) {
			return true
		}
	}
	return false
}
