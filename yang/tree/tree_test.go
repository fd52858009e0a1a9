package tree_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/yangtest"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

const module = `module t {
  yang-version 1.1; namespace urn:t; prefix t;
  container top {
    leaf a { type string; default "dflt"; }
    leaf b { type uint8; }
    container np { leaf x { type string; } leaf y { type string; default "yy"; } }
    container p { presence "says so"; leaf z { type string; } }
    list sys { key "k"; leaf k { type int16; } leaf v { type string; } }
    list two { key "k1 k2"; leaf k1 { type string; } leaf k2 { type string; } leaf v { type string; } }
    list usr { key "k"; ordered-by user; leaf k { type string; } leaf v { type string; } }
    leaf-list ll { type string; }
    leaf-list ul { type string; ordered-by user; }
    choice c {
      default c1;
      case c1 { leaf c1a { type string; default "one"; } leaf c1b { type string; } }
      case c2 { leaf c2a { type string; } leaf-list c2l { type string; } }
    }
  }
}`

func compile(t testing.TB) *schema.Set { return yangtest.Compile(t, []string{"t"}, module) }

// dump prints a tree's stored leafs, one a line.
func dump(t *tree.Tree) string {
	var b strings.Builder
	var walk func(n tree.Node, path string)
	walk = func(n tree.Node, path string) {
		switch x := n.(type) {
		case *tree.Leaf:
			fmt.Fprintf(&b, "%s=%s\n", path, x.Value())
		case *tree.LeafList:
			for l := range x.All() {
				fmt.Fprintf(&b, "%s=%s\n", path, l.Value())
			}
		case *tree.List:
			for e := range x.All() {
				keys := []string{}
				for _, k := range e.Keys() {
					keys = append(keys, k.String())
				}
				fmt.Fprintf(&b, "%s[%s]\n", path, strings.Join(keys, ","))
				for k := range e.Children() {
					if !k.Schema().IsKey() {
						walk(k, fmt.Sprintf("%s[%s]/%s", path, strings.Join(keys, ","), k.Schema().Name))
					}
				}
			}
		case *tree.Container:
			if x.Schema().Presence {
				fmt.Fprintf(&b, "%s\n", path)
			}
			for k := range x.Children() {
				walk(k, path+"/"+k.Schema().Name)
			}
		}
	}
	walk(t.Root(), "")
	return b.String()
}

func apply(t testing.TB, from *tree.Tree, def tree.Operation, ops ...yangtest.Op) (*tree.Tree, error) {
	t.Helper()
	e := from.Edit()
	err := e.Apply(yangtest.Edit(t, from.Schema(), ops...), def)
	return e.Tree(), err
}

func TestApply(t *testing.T) {
	set := compile(t)
	op := func(o tree.Operation, path, value string) yangtest.Op {
		return yangtest.Op{Operation: o, Path: path, Value: value}
	}
	start := []yangtest.Op{
		op(0, "/t:top/b", "7"), op(0, "/t:top/np/x", "1"),
		op(0, "/t:top/sys[k='2']/v", "two"), op(0, "/t:top/sys[k='-3']/v", "three"), op(0, "/t:top/sys[k='10']/v", "ten"),
	}
	const stays = "/top/sys[-3]\n/top/sys[-3]/v=three\n/top/sys[2]\n/top/sys[2]/v=two\n/top/sys[10]\n/top/sys[10]/v=ten\n"
	tests := []struct {
		name string
		def  tree.Operation
		op   yangtest.Op
		want string
		tag  tree.Tag
	}{
		{"merge leaf", tree.Merge, op(0, "/t:top/b", "8"), "/top/b=8\n/top/np/x=1\n" + stays, ""},
		{"create existing leaf", tree.Merge, op(tree.Create, "/t:top/b", "8"), "", tree.TagDataExists},
		{"create leaf", tree.Merge, op(tree.Create, "/t:top/a", "8"), "/top/a=8\n/top/b=7\n/top/np/x=1\n" + stays, ""},
		{"delete leaf", tree.None, op(tree.Delete, "/t:top/b", ""), "/top/np/x=1\n" + stays, ""},
		{"delete absent leaf", tree.None, op(tree.Delete, "/t:top/a", ""), "", tree.TagDataMissing},
		{"remove absent leaf", tree.None, op(tree.Remove, "/t:top/a", ""), "/top/b=7\n/top/np/x=1\n" + stays, ""},
		{"last leaf takes the container along", tree.None, op(tree.Delete, "/t:top/np/x", ""), "/top/b=7\n" + stays, ""},
		{"none on what is absent", tree.None, op(0, "/t:top/p", ""), "", tree.TagDataMissing},
		{"none on an implied container", tree.None, op(tree.Remove, "/t:top/np/y", ""), "/top/b=7\n/top/np/x=1\n" + stays, ""},
		{"replace container", tree.Merge, op(tree.Replace, "/t:top/np", ""), "/top/b=7\n" + stays, ""},
		{"presence container", tree.Merge, op(tree.Create, "/t:top/p", ""), "/top/b=7\n/top/np/x=1\n/top/p\n" + stays, ""},
		{"create existing entry", tree.Merge, op(tree.Create, "/t:top/sys[k='2']", ""), "", tree.TagDataExists},
		{"delete entry", tree.None, op(tree.Delete, "/t:top/sys[k='2']", ""), "/top/b=7\n/top/np/x=1\n/top/sys[-3]\n/top/sys[-3]/v=three\n/top/sys[10]\n/top/sys[10]/v=ten\n", ""},
		{"delete absent entry", tree.None, op(tree.Delete, "/t:top/sys[k='3']", ""), "", tree.TagDataMissing},
		{"replace entry", tree.Merge, op(tree.Replace, "/t:top/sys[k='2']", ""), "/top/b=7\n/top/np/x=1\n/top/sys[-3]\n/top/sys[-3]/v=three\n/top/sys[2]\n/top/sys[10]\n/top/sys[10]/v=ten\n", ""},
		{"delete key", tree.Merge, op(tree.Delete, "/t:top/sys[k='2']/k", ""), "", tree.TagBadElement},
		{"replace everything", tree.Replace, op(0, "/t:top/a", "x"), "/top/a=x\n", ""},
		{"delete top", tree.None, op(tree.Delete, "/t:top", ""), "", ""},
		{"remove everything", tree.Remove, op(tree.Merge, "/t:top/b", "1"), "", ""},
		{"merge presence twice", tree.Merge, op(tree.Merge, "/t:top/p/z", "1"), "/top/b=7\n/top/np/x=1\n/top/p\n/top/p/z=1\n" + stays, ""},
		{"replace an entry with what it has", tree.Merge, op(tree.Replace, "/t:top/sys[k='2']/v", "zwei"), "/top/b=7\n/top/np/x=1\n" + strings.ReplaceAll(stays, "two", "zwei"), ""},
		{"create below what exists", tree.Merge, op(tree.Create, "/t:top/np/y", "1"), "/top/b=7\n/top/np/x=1\n/top/np/y=1\n" + stays, ""},
		{"create a container that has content", tree.Merge, op(tree.Create, "/t:top/np", ""), "", tree.TagDataExists},
		{"entry left with its key", tree.Merge, op(tree.Delete, "/t:top/sys[k='2']/v", ""), "/top/b=7\n/top/np/x=1\n" + strings.Replace(stays, "/top/sys[2]/v=two\n", "", 1), ""},
		{"none creates nothing", tree.None, op(0, "/t:top/sys[k='3']/v", "1"), "", tree.TagDataMissing},
		{"none allows a deeper create", tree.None, op(tree.Create, "/t:top/two[k1='a'][k2='b']", ""), "/top/b=7\n/top/np/x=1\n" + stays + "/top/two[a,b]\n", ""},
		{"key as it is", tree.Merge, op(tree.Merge, "/t:top/sys[k='2']/k", "2"), "/top/b=7\n/top/np/x=1\n" + stays, ""},
		{"key to another value", tree.Merge, op(tree.Merge, "/t:top/sys[k='2']/k", "5"), "", tree.TagInvalidValue},
		{"leaf-list entry", tree.Merge, op(tree.Create, "/t:top/ll[.='x']", ""), "/top/b=7\n/top/np/x=1\n" + stays + "/top/ll=x\n", ""},
		{"delete absent leaf-list entry", tree.Merge, op(tree.Delete, "/t:top/ll[.='x']", ""), "", tree.TagDataMissing},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			base, err := apply(t, tree.New(set), tree.Merge, start...)
			if err != nil {
				t.Fatal(err)
			}
			before := dump(base)
			got, err := apply(t, base, test.def, test.op)
			if dump(base) != before {
				t.Fatalf("the original changed:\n%s", dump(base))
			}
			if test.tag != "" {
				if e, ok := err.(*tree.Error); !ok || e.Tag != test.tag || e.Path.String() == "" {
					t.Fatalf("error %v, want tag %s with a path", err, test.tag)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if dump(got) != test.want {
				t.Errorf("got\n%swant\n%s", dump(got), test.want)
			}
		})
	}
}

// TestChoiceInOneEdit checks that an edit may choose another case and say itself
// that the nodes of the old one go, in any order.
func TestChoiceInOneEdit(t *testing.T) {
	set := compile(t)
	base := mustEdit(t, tree.New(set), yangtest.Op{Path: "/t:top/c1a", Value: "v"}, yangtest.Op{Path: "/t:top/c1b", Value: "w"})
	gone := yangtest.Op{Operation: tree.Delete, Path: "/t:top/c1a"}
	for _, ops := range [][]yangtest.Op{
		{gone, {Path: "/t:top/c2a", Value: "x"}},
		{{Path: "/t:top/c2a", Value: "x"}, gone},
		{{Operation: tree.Create, Path: "/t:top/c2a", Value: "x"}, gone},
	} {
		if got := mustEdit(t, base, ops...); dump(got) != "/top/c2a=x\n" {
			t.Errorf("%v: got\n%s", ops, dump(got))
		}
	}
	// Of two cases chosen, which the decoders refuse, the last one stands.
	got := mustEdit(t, base, yangtest.Op{Path: "/t:top/c2a", Value: "x"}, yangtest.Op{Path: "/t:top/c1a", Value: "y"})
	if dump(got) != "/top/c1a=y\n" {
		t.Errorf("got\n%s", dump(got))
	}
}

func TestChoiceExcludes(t *testing.T) {
	set := compile(t)
	base, _ := apply(t, tree.New(set), tree.Merge, yangtest.Op{Path: "/t:top/c1a", Value: "v"}, yangtest.Op{Path: "/t:top/c1b", Value: "w"})
	got, err := apply(t, base, tree.Merge, yangtest.Op{Path: "/t:top/c2a", Value: "x"})
	if err != nil || dump(got) != "/top/c2a=x\n" {
		t.Errorf("got %v\n%s", err, dump(got))
	}
}

// TestUserOrder moves entries about and compares with a slice that does the same.
func TestUserOrder(t *testing.T) {
	set := compile(t)
	r := rand.New(rand.NewPCG(7, 7))
	list := yangtest.Path(t, set, "/t:top/usr[k='x']")
	cur, want := tree.New(set), []string{}
	from, start := cur, []string{} // where the changes being collected begin
	for i := range 3000 {
		k := fmt.Sprint(r.IntN(40))
		ed := tree.NewEdit(set)
		e := ed.At(list[:1]).At(tree.Path{{Node: list[1].Node, Keys: []schema.Value{list[1].Node.Keys[0].Type.Unchecked(k)}}})
		before := slices.Clone(want)
		at := slices.Index(want, k)
		switch e.Insert = tree.Insert(r.IntN(5)); e.Insert {
		case tree.Keep:
			if at < 0 {
				want = append(want, k)
			}
		case tree.First:
			want = append([]string{k}, slices.DeleteFunc(want, func(s string) bool { return s == k })...)
		case tree.Last:
			want = append(slices.DeleteFunc(want, func(s string) bool { return s == k }), k)
		default:
			if len(want) == 0 {
				continue
			}
			anchor := want[r.IntN(len(want))]
			if anchor == k {
				continue
			}
			e.Anchor = []schema.Value{list[1].Node.Keys[0].Type.Unchecked(anchor)}
			want = slices.DeleteFunc(want, func(s string) bool { return s == k })
			i := slices.Index(want, anchor)
			if e.Insert == tree.After {
				i++
			}
			want = slices.Insert(want, i, k)
		}
		editor := cur.Edit()
		if err := editor.Apply(ed, tree.Merge); err != nil {
			t.Fatal(err)
		}
		next := editor.Tree()
		if got := order(next, list); !slices.Equal(got, want) {
			t.Fatalf("order %v, want %v (from %v)", got, want, before)
		}
		if got := replay(start, tree.Diff(from, next)); !slices.Equal(got, want) {
			t.Fatalf("changes lead from %v to %v, want %v", start, got, want)
		}
		if cur = next; i%7 == 0 {
			from, start = cur, slices.Clone(want)
		}
	}
}

func order(t *tree.Tree, path tree.Path) []string {
	l, _ := t.Find(tree.Path{path[0], {Node: path[1].Node}}).(*tree.List)
	if l == nil {
		return []string{}
	}
	names := []string{}
	for e := range l.All() {
		names = append(names, e.Keys()[0].String())
	}
	return names
}

// replay applies a change list of a user-ordered list to its old order.
func replay(order []string, changes []tree.Change) []string {
	order = slices.Clone(order)
	for _, c := range changes {
		n := c.New
		if n == nil {
			n = c.Old
		}
		entry, ok := n.(*tree.Container)
		if !ok {
			continue
		}
		if entry.Schema().Name == "top" { // created as a whole
			for l := range entry.Children() {
				for e := range l.(*tree.List).All() {
					order = append(order, e.Keys()[0].String())
				}
			}
			continue
		}
		k := entry.Keys()[0].String()
		order = slices.DeleteFunc(order, func(s string) bool { return s == k })
		if c.New == nil {
			continue
		}
		i := 0
		if c.After != nil {
			i = slices.Index(order, c.After[0].String()) + 1
		}
		order = slices.Insert(order, i, k)
	}
	return order
}

func TestFromPathAndBack(t *testing.T) {
	set := compile(t)
	for _, p := range []string{"/t:top/two[k1='a'][k2='b/c']/v", "/t:top/ll[.='x']", "/t:top/np/x"} {
		if got := yangtest.Path(t, set, p).String(); got != p {
			t.Errorf("%s comes back as %s", p, got)
		}
	}
}

func BenchmarkEditOneEntry(b *testing.B) {
	for _, n := range []int{100, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			set := compile(b)
			ops := make([]yangtest.Op, n)
			list := yangtest.Path(b, set, "/t:top/two[k1='a'][k2='b']/v")
			base := tree.New(set).Edit()
			for i := range ops {
				p := slices.Clone(list)
				p[1].Keys = []schema.Value{p[1].Keys[0].Type().Unchecked(fmt.Sprint(i)), p[1].Keys[1].Type().Unchecked("x")}
				if err := base.SetLeaf(p, p[2].Node.Type.Unchecked("v")); err != nil {
					b.Fatal(err)
				}
			}
			cur := base.Tree()
			p := slices.Clone(list)
			p[1].Keys = []schema.Value{p[1].Keys[0].Type().Unchecked(fmt.Sprint(n / 2)), p[1].Keys[1].Type().Unchecked("x")}
			for i := range b.N {
				e := cur.Edit()
				_ = e.SetLeaf(p, p[2].Node.Type.Unchecked(fmt.Sprint(i)))
				next := e.Tree()
				if len(tree.Diff(cur, next)) != 1 {
					b.Fatal("want one change")
				}
				cur = next
			}
		})
	}
}
