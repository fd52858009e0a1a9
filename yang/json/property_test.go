package json

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/codectest"
	"github.com/optical-net/waveguard/yang/internal/document"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// generator makes random data of a schema.
type generator struct {
	t          testing.TB
	r          *rand.Rand
	set        *schema.Set
	forLibyang bool // without what libyang cannot write: anydata and anyxml of all kinds
}

// meta returns annotations, mostly none.
func (g generator) meta() (all []tree.Annotation) {
	for _, name := range []string{"ex:note", "ex:by", "ex:count"} {
		if g.r.IntN(8) == 0 {
			a := g.set.Annotation("ex", name[len("ex:"):])
			v := codectest.Value(g.t, g.r, g.set, a.Type, a.Module)
			if g.forLibyang && strings.ContainsAny(v.String(), "\t\n") {
				continue // libyang writes them bare in attributes, where XML makes them blanks
			}
			all = append(all, tree.Annotation{Schema: a, Value: v})
		}
	}
	return all
}

// fill adds random children to ed.
func (g generator) fill(ed *tree.Edit) *tree.Edit {
	var siblings document.Siblings
	for _, s := range ed.Schema.DataChildren {
		if !s.IsData() || g.forLibyang && (s.Kind == schema.AnyData || s.Kind == schema.AnyXML) {
			continue
		}
		n := g.r.IntN(2)
		if s.Kind == schema.List || s.Kind == schema.LeafList {
			n = g.r.IntN(4)
		}
		for range n {
			if k := g.child(s, ed); siblings.Add(k) == nil {
				ed.Children = append(ed.Children, k)
			}
		}
	}
	return ed
}

func (g generator) child(s *schema.Node, parent *tree.Edit) *tree.Edit {
	ed := &tree.Edit{Schema: s, Meta: g.meta()}
	switch s.Kind {
	case schema.Leaf, schema.LeafList:
		if ed.Value = codectest.Value(g.t, g.r, g.set, s.Type, s.Module); s.IsKey() {
			ed.Value = parent.Keys[s.Index]
		}
	case schema.AnyData:
		ed.Any = tree.InnerXML(fmt.Sprintf(`<lone xmlns="urn:ex">%d</lone><q xmlns="urn:q"><a>1</a><a/></q>`, g.r.IntN(9)))
	case schema.AnyXML:
		ed.Any = Text(fmt.Sprintf(`{"a":[%d,null,"x"]}`, g.r.IntN(9)))
	default:
		for _, k := range s.Keys {
			ed.Keys = append(ed.Keys, codectest.Value(g.t, g.r, g.set, k.Type, k.Module))
		}
		return g.fill(ed)
	}
	return ed
}

// Random trees, annotations included, are the same in libyang's other encoding.
func TestTreesLikeLibyang(t *testing.T) {
	set, lint := codectest.Example(t), newLibyang(t)
	for name, f := range codectest.Files() {
		if name == "ietf-yang-metadata.yang" {
			continue // libyang has it built in
		}
		lint.module(t, strings.TrimSuffix(name, ".yang"), string(f.Data))
	}
	g := generator{t: t, r: rand.New(rand.NewPCG(1, 7)), set: set, forLibyang: true}
	for range 60 {
		at := codectest.Apply(t, set, g.fill(tree.NewEdit(set)))
		asXML, asJSON := xmlText(t, at, xml.EncodeOptions{}), encode(t, at.Root(), EncodeOptions{})
		if asXML == "" {
			continue // which libyang takes for no document
		}
		// libyang writes the defaults of state.
		at = fromXMLText(t, set, xmlText(t, at, xml.EncodeOptions{Scope: tree.ConfigAndState}))
		other, ok := lint.convert(t, "in.xml", asXML, "-f", "json")
		if !ok {
			t.Fatalf("libyang refuses %s: %s", asXML, other)
		}
		sameTree(t, at.Root(), fromJSONText(t, set, other).Root(), other)
		if other, ok = lint.convert(t, "in.json", asJSON, "-f", "xml"); !ok {
			t.Fatalf("libyang refuses %s: %s", asJSON, other)
		}
		other = declaredOnce(other)
		sameTree(t, at.Root(), fromXMLText(t, set, other).Root(), other)
	}
}

// declaredOnce mends what libyang writes where a value and an annotation need the
// same prefix: it declares that twice, which is no XML.
func declaredOnce(doc string) string {
	var b strings.Builder
	for line := range strings.Lines(doc) {
		for _, decl := range []string{` xmlns:ex="urn:ex"`, ` xmlns:b="urn:ex-b"`} {
			if i := strings.LastIndex(line, decl); strings.Count(line, decl) > 1 {
				line = line[:i] + line[i+len(decl):]
			}
		}
		b.WriteString(line)
	}
	return b.String()
}

// Whatever a tree holds, annotations included, survives each encoding, and the way
// through both.
func TestTreesComeBack(t *testing.T) {
	set := codectest.Example(t)
	g := generator{t: t, r: rand.New(rand.NewPCG(7, 95)), set: set}
	for range 400 {
		at := codectest.Apply(t, set, g.fill(tree.NewEdit(set)))
		asXML, asJSON := xmlText(t, at, xml.EncodeOptions{}), encode(t, at.Root(), EncodeOptions{})
		fromXML, fromJSON := fromXMLText(t, set, asXML), fromJSONText(t, set, asJSON)
		if got := xmlText(t, fromXML, xml.EncodeOptions{}); got != asXML {
			t.Fatalf("XML to XML:\ngot  %s\nwant %s", got, asXML)
		}
		if got := encode(t, fromJSON.Root(), EncodeOptions{}); got != asJSON {
			t.Fatalf("JSON to JSON:\ngot  %s\nwant %s", got, asJSON)
		}
		sameTree(t, at.Root(), fromXML.Root(), asXML)
		sameTree(t, at.Root(), fromJSON.Root(), asJSON)
		if got := xmlText(t, fromJSON, xml.EncodeOptions{}); got != asXML {
			t.Fatalf("to JSON and XML:\ngot  %s\nwant %s\nby way of %s", got, asXML, asJSON)
		}
	}
}

// sameTree fails the test unless b, read from doc, has the values and annotations of a.
func sameTree(t *testing.T, a, b *tree.Container, doc string) {
	t.Helper()
	var x, y bytes.Buffer
	dumpNode(&x, a)
	dumpNode(&y, b)
	if x.String() != y.String() {
		t.Fatalf("%s\nwas read as\n%s\nand written from\n%s", doc, y.String(), x.String())
	}
}

func dumpNode(b *bytes.Buffer, n tree.Node) {
	fmt.Fprintf(b, "(%s", n.Schema().Name)
	for _, a := range tree.Meta(n) {
		fmt.Fprintf(b, " @%s=%q", a.Schema, a.Value)
	}
	switch x := n.(type) {
	case *tree.Leaf:
		fmt.Fprintf(b, " %q %s", x.Value(), x.Value().Type().Base)
	case *tree.Container:
		for k := range x.Children() {
			dumpNode(b, k)
		}
	case *tree.List:
		for k := range x.All() {
			dumpNode(b, k)
		}
	case *tree.LeafList:
		for k := range x.All() {
			dumpNode(b, k)
		}
	}
	b.WriteByte(')')
}
