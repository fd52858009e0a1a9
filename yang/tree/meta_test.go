package tree_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/yangtest"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

const annotatedModule = `module m {
  yang-version 1.1; namespace urn:m; prefix m;
  import ietf-yang-metadata { prefix md; }
  md:annotation a { type string; }
  md:annotation b { type union { type uint8; type string; } }
  container c {
    leaf x { type union { type uint8; type string; } default 7; }
    leaf y { type string; default d; }
    leaf-list z { type string; }
    list l { key k; leaf k { type string; } leaf v { type leafref { path /c/x; } } leaf w { type string; } }
    list u { key k; ordered-by user; leaf k { type string; } }
    anydata any;
    container s { config false; leaf t { type string; } }
  }
}`

const metadataModule = `module ietf-yang-metadata {
  namespace "urn:ietf:params:xml:ns:yang:ietf-yang-metadata"; prefix md;
  extension annotation { argument name; }
}`

const originModule = `module ietf-origin {
  yang-version 1.1; namespace "urn:ietf:params:xml:ns:yang:ietf-origin"; prefix or;
  import ietf-yang-metadata { prefix md; }
  identity origin;
  identity intended { base origin; }
  identity system { base origin; }
  identity default { base origin; }
  md:annotation origin { type identityref { base origin; } }
}`

func annotatedSet(t testing.TB) *schema.Set {
	return yangtest.Compile(t, []string{"m", "ietf-yang-metadata", "ietf-origin"}, annotatedModule, metadataModule, originModule)
}

// annotation makes an annotation from module:name=value.
func annotation(t testing.TB, set *schema.Set, text string) tree.Annotation {
	t.Helper()
	name, value, _ := strings.Cut(text, "=")
	module, name, _ := strings.Cut(name, ":")
	a := set.Annotation(module, name)
	if a == nil {
		t.Fatalf("there is no annotation %s", text)
	}
	v, err := a.Type.Parse(schema.Lexical{Text: value, Form: schema.Canonical, Module: a.Module})
	if err != nil {
		t.Fatal(err)
	}
	return tree.Annotation{Schema: a, Value: v}
}

func metaText(n tree.Node) string {
	var out []string
	for _, a := range tree.Meta(n) {
		out = append(out, fmt.Sprintf("%s=%s", a.Schema, a.Value))
	}
	return strings.Join(out, " ")
}

// change applies one edit: path, operation, value of a leaf, annotations.
func change(t testing.TB, at *tree.Tree, op tree.Operation, path, value string, meta ...string) *tree.Tree {
	t.Helper()
	set := at.Schema()
	ed := yangtest.Edit(t, set, yangtest.Op{Operation: op, Path: path, Value: value})
	last := ed.At(yangtest.Path(t, set, path))
	for _, m := range meta {
		last.Meta = append(last.Meta, annotation(t, set, m))
	}
	e := at.Edit()
	if err := e.Apply(ed, tree.Merge); err != nil {
		t.Fatal(err)
	}
	return e.Tree()
}

func TestNodeSizes(t *testing.T) {
	for node, most := range map[any]uintptr{tree.Leaf{}: 32, tree.Any{}: 32} {
		if size := reflect.TypeOf(node).Size(); size > most {
			t.Errorf("%T has %d bytes", node, size)
		}
	}
	if size := reflect.TypeFor[tree.Container]().Size(); size > 48 {
		t.Errorf("a container has %d bytes", size)
	}
}

func TestMetaIsSortedAndShared(t *testing.T) {
	set := annotatedSet(t)
	x := yangtest.Path(t, set, "/m:c/x").Schema()
	v, _ := x.Type.Parse(schema.Lexical{Text: "5", Form: schema.Canonical})
	leaf := tree.NewLeaf(x, v)
	all := []tree.Annotation{annotation(t, set, "m:b=5"), annotation(t, set, "m:a=1")}
	n := tree.WithMeta(leaf, all)
	if got := metaText(n); got != "m:a=1 m:b=5" {
		t.Errorf("got %s", got)
	}
	if metaText(leaf) != "" || n.(*tree.Leaf).Value() != v || tree.Meta(n)[1].Value.Type().Base != schema.Uint8 {
		t.Error("the annotations disturb the values")
	}
	if tree.WithMeta(n, all) != n || tree.WithMeta(leaf, nil) != tree.Node(leaf) {
		t.Error("a node that has the annotations already is copied")
	}
	if back := tree.WithMeta(n, nil); metaText(back) != "" || back.(*tree.Leaf).Value() != v {
		t.Error("annotations do not go")
	}
}

// The value of a leaf comes back with the type that accepted it.
func TestValueTypes(t *testing.T) {
	set := annotatedSet(t)
	for path, texts := range map[string][]string{"/m:c/x": {"5", "five"}, "/m:c/l[k='a']/v": {"5", "five"}, "/m:c/y": {"5"}} {
		s := yangtest.Path(t, set, path).Schema()
		for _, text := range texts {
			v, err := s.ParseValue(text)
			if err != nil {
				t.Fatal(err)
			}
			if got := tree.NewLeaf(s, v).Value(); got != v {
				t.Errorf("%s: %q of type %s became %q of type %s", path, v, v.Type().Name, got, got.Type().Name)
			}
		}
	}
}

func TestEditMeta(t *testing.T) {
	const merge, replace = tree.Merge, tree.Replace
	for _, test := range []struct {
		name, path string
		op         tree.Operation
		value      string
		meta       []string
		want       string
	}{
		{"merge keeps with the same value", "/m:c/x", merge, "1", nil, "m:a=old"},
		{"merge drops with another value", "/m:c/x", merge, "2", nil, ""},
		{"merge replaces", "/m:c/x", merge, "1", []string{"m:b=new"}, "m:b=new"},
		{"replace drops", "/m:c/x", replace, "1", nil, ""},
		{"merge keeps a container's", "/m:c", merge, "", nil, "m:a=old"},
		{"merge replaces a container's", "/m:c", merge, "", []string{"m:a=new"}, "m:a=new"},
		{"merge keeps an entry's", "/m:c/l[k='1']", merge, "", nil, "m:a=old"},
		{"merge replaces an entry's", "/m:c/l[k='1']", merge, "", []string{"m:a=new"}, "m:a=new"},
		{"replace drops an entry's", "/m:c/l[k='1']", replace, "", nil, ""},
		{"merge keeps a value's", "/m:c/z[.='1']", merge, "", nil, "m:a=old"},
		{"merge replaces a value's", "/m:c/z[.='1']", merge, "", []string{"m:a=new"}, "m:a=new"},
		{"replace drops a value's", "/m:c/z[.='1']", replace, "", nil, ""},
		{"a key keeps", "/m:c/l[k='1']/k", merge, "1", nil, "m:a=old"},
		{"a key changes", "/m:c/l[k='1']/k", merge, "1", []string{"m:a=new"}, "m:a=new"},
	} {
		t.Run(test.name, func(t *testing.T) {
			set := annotatedSet(t)
			at := change(t, tree.New(set), merge, "/m:c/x", "1")
			at = change(t, at, merge, "/m:c/l[k='1']/k", "1")
			old := at
			at = change(t, at, merge, test.path, "1", "m:a=old")
			now := change(t, at, test.op, test.path, test.value, test.meta...)
			path := yangtest.Path(t, set, test.path)
			if got := metaText(now.Find(path)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if got := metaText(at.Find(path)); got != "m:a=old" {
				t.Errorf("the old version has %q now", got)
			}
			wellFormed(t, now.Root())
			if changes := tree.Diff(old, change(t, old, merge, "/m:c/x", "1", "m:a=1")); len(changes) > 0 {
				t.Errorf("annotations are changes: %v", changes)
			}
		})
	}
}

// A merged subtree brings its annotations and keeps those it says nothing about.
func TestMergeMeta(t *testing.T) {
	set := annotatedSet(t)
	a := change(t, tree.New(set), tree.Merge, "/m:c/x", "1", "m:a=x")
	a = change(t, a, tree.Merge, "/m:c", "", "m:a=c")
	a = change(t, a, tree.Merge, "/m:c/z[.='1']", "", "m:a=z")
	b := change(t, tree.New(set), tree.Merge, "/m:c/x", "1")
	b = change(t, b, tree.Merge, "/m:c/z[.='1']", "", "m:a=zz")
	b = change(t, b, tree.Merge, "/m:c/y", "new", "m:a=y")
	e := a.Edit()
	if err := e.Merge(nil, b.Root().Child(set.Root.Child("m", "c"))); err != nil {
		t.Fatal(err)
	}
	now := e.Tree()
	for path, want := range map[string]string{"/m:c": "m:a=c", "/m:c/x": "m:a=x", "/m:c/y": "m:a=y", "/m:c/z[.='1']": "m:a=zz"} {
		if got := metaText(now.Find(yangtest.Path(t, set, path))); got != want {
			t.Errorf("%s has %q, want %q", path, got, want)
		}
	}
}

// RFC 6243 section 4.5.2.
func TestEditDefault(t *testing.T) {
	set := annotatedSet(t)
	at := change(t, tree.New(set), tree.Merge, "/m:c/y", "d")
	at = change(t, at, tree.Merge, "/m:c/x", "1")
	path := yangtest.Path(t, set, "/m:c/y")
	for op, tag := range map[tree.Operation]tree.Tag{tree.Merge: "", tree.Replace: "", tree.Create: tree.TagDataExists} {
		ed := yangtest.Edit(t, set, yangtest.Op{Operation: op, Path: "/m:c/y", Value: "d"})
		ed.At(path).Default = true
		e := at.Edit()
		err := e.Apply(ed, tree.Merge)
		switch {
		case tag == "" && (err != nil || e.Tree().Find(path) != nil):
			t.Errorf("%s: %v, or it is still set", op, err)
		case tag != "" && (err == nil || err.(*tree.Error).Tag != tag):
			t.Errorf("%s: got %v, want %s", op, err, tag)
		}
	}
}

func TestOrigin(t *testing.T) {
	set := annotatedSet(t)
	at := change(t, tree.New(set), tree.Merge, "/m:c/x", "1", "ietf-origin:origin=ietf-origin:system")
	at = change(t, at, tree.Merge, "/m:c/z[.='1']", "")
	at = change(t, at, tree.Merge, "/m:c/s/t", "v")
	at = change(t, at, tree.Merge, "/m:c", "", "ietf-origin:origin=ietf-origin:intended")
	for path, want := range map[string]string{
		"/m:c": "ietf-origin:intended", "/m:c/x": "ietf-origin:system", "/m:c/z[.='1']": "ietf-origin:intended",
		"/m:c/y": "ietf-origin:default", "/m:c/s/t": "",
	} {
		got := ""
		if id := tree.NewCursor(at, tree.ConfigAndState).Reach(yangtest.Path(t, set, path)).Origin(); id != nil {
			got = id.String()
		}
		if got != want {
			t.Errorf("%s is of origin %q, want %q", path, got, want)
		}
	}
	if tree.NewCursor(at, tree.ConfigOnly).Origin() != nil {
		t.Error("the root has an origin")
	}
}
