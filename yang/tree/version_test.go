package tree_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/yangtest"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// zoo has every kind of node an edit can meet.
const zoo = `module z {
  yang-version 1.1; namespace urn:z; prefix z;
  container top {
    leaf a { type string; }
    container np { leaf x { type string; } container deep { leaf y { type string; } } }
    container p { presence "says so"; leaf z { type string; } }
    anydata any;
    list sys {
      key "k"; leaf k { type uint8; }
      container in { leaf v { type string; } leaf-list w { type string; ordered-by user; } }
      list sub { key "k"; ordered-by user; leaf k { type string; } leaf v { type string; } }
    }
    list usr { key "k"; ordered-by user; leaf k { type uint8; } leaf v { type string; } container np { leaf x { type string; } } }
    leaf-list ll { type string; }
    leaf-list ul { type uint8; ordered-by user; }
    choice c {
      case c1 { leaf c1a { type string; } leaf-list c1l { type string; } }
      case c2 {
        container c2c { leaf v { type string; } }
        choice inner { leaf i1 { type string; } container i2 { leaf v { type string; } leaf w { type string; } } }
      }
    }
  }
  leaf-list lone { type string; }
  container stats {
    config false;
    list log { leaf line { type string; } container at { leaf where { type string; } } }
    leaf-list sample { type uint8; }
  }
}`

// version is a tree with what it must look like for good.
type version struct {
	tree *tree.Tree
	look string
}

// TestVersionsNeverChange makes versions of versions by all ways there are,
// moving subtrees between them, and looks again and again at the old ones.
func TestVersionsNeverChange(t *testing.T) {
	set := yangtest.Compile(t, []string{"z"}, zoo)
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 17))
		versions := []version{{tree.New(set), ""}}
		for range 400 {
			from := versions[r.IntN(len(versions))]
			next := mutated(t, r, from.tree, versions)
			wellFormed(t, next.Root())
			versions = append(versions, version{next, dump(next)})
			for range 10 {
				if v := versions[r.IntN(len(versions))]; dump(v.tree) != v.look {
					t.Fatalf("seed %d: a version changed from\n%sto\n%s", seed, v.look, dump(v.tree))
				}
			}
			a := versions[r.IntN(len(versions))]
			got := replayed(t, a.tree, tree.Diff(a.tree, next))
			if dump(got) != dump(next) {
				t.Fatalf("seed %d: the changes from\n%slead to\n%snot to\n%s", seed, a.look, dump(got), dump(next))
			}
			wellFormed(t, got.Root())
		}
		for _, v := range versions {
			if dump(v.tree) != v.look {
				t.Fatalf("seed %d: a version changed from\n%sto\n%s", seed, v.look, dump(v.tree))
			}
		}
	}
}

// mutated returns a version that comes from base by a few steps.
func mutated(t *testing.T, r *rand.Rand, base *tree.Tree, others []version) *tree.Tree {
	e := base.Edit()
	for range 1 + r.IntN(6) {
		switch r.IntN(8) {
		case 0: // a subtree of another version
			other := others[r.IntN(len(others))].tree
			transplant(t, r, e, other.Find)
		case 1: // a subtree of this one, to another entry
			transplant(t, r, e, e.Find)
		case 2:
			if _, err := e.DeletePath(randomPath(t, r, base.Schema())); err != nil {
				t.Fatal(err)
			}
		case 3:
			e.Tree() // whose content stays while the editor goes on
		default:
			ed := tree.NewEdit(base.Schema())
			randomEdit(r, ed, 0)
			trial := e.Tree().Edit() // an edit that fails leaves garbage
			if trial.Apply(ed, tree.Merge) == nil {
				e = trial
			}
		}
	}
	return e.Tree()
}

// transplant merges what find has at one path into a place of the same kind.
func transplant(t *testing.T, r *rand.Rand, e *tree.Editor, find func(tree.Path) tree.Node) {
	t.Helper()
	path := randomPath(t, r, e.Tree().Schema())
	if n := find(path); n != nil {
		to := append(tree.Path(nil), path[:len(path)-1]...)
		for i := range to {
			if to[i].Keys != nil && to[i].Node.Name != "log" {
				to[i].Keys = []schema.Value{to[i].Node.Keys[0].Type.Unchecked(fmt.Sprint(r.IntN(4)))}
			}
		}
		if err := e.Merge(to, n); err != nil {
			t.Fatal(err)
		}
	}
}

func randomPath(t *testing.T, r *rand.Rand, set *schema.Set) tree.Path {
	t.Helper()
	k := func() int { return r.IntN(4) }
	paths := []string{
		"/z:top", "/z:top/a", "/z:top/np", "/z:top/np/deep", "/z:top/np/deep/y", "/z:top/p", "/z:top/p/z", "/z:top/any",
		fmt.Sprintf("/z:top/sys[k='%d']", k()), fmt.Sprintf("/z:top/sys[k='%d']/in", k()), fmt.Sprintf("/z:top/sys[k='%d']/in/v", k()),
		fmt.Sprintf("/z:top/sys[k='%d']/in/w[.='%d']", k(), k()), fmt.Sprintf("/z:top/sys[k='%d']/sub[k='%d']", k(), k()),
		fmt.Sprintf("/z:top/usr[k='%d']", k()), fmt.Sprintf("/z:top/usr[k='%d']/np", k()), fmt.Sprintf("/z:top/usr[k='%d']/np/x", k()),
		fmt.Sprintf("/z:top/ll[.='%d']", k()), fmt.Sprintf("/z:top/ul[.='%d']", k()), fmt.Sprintf("/z:lone[.='%d']", k()),
		"/z:top/c1a", fmt.Sprintf("/z:top/c1l[.='%d']", k()), "/z:top/c2c", "/z:top/c2c/v", "/z:top/i1", "/z:top/i2", "/z:top/i2/w",
	}
	path := yangtest.Path(t, set, paths[r.IntN(len(paths))])
	if last := &path[len(path)-1]; r.IntN(4) == 0 {
		last.Keys, last.Value = nil, nil // the whole list
	}
	return path
}

// randomEdit adds a random edit of some children to ed, as a decoder would.
func randomEdit(r *rand.Rand, ed *tree.Edit, depth int) {
	for range 1 + r.IntN(3) {
		kids := ed.Schema.DataChildren
		s := kids[r.IntN(len(kids))]
		if !s.Config || s.IsKey() {
			continue
		}
		k := &tree.Edit{Schema: s, Operation: tree.Operation(r.IntN(int(tree.None) + 1)), Insert: tree.Insert(r.IntN(5))}
		if r.IntN(2) == 0 {
			k.Operation = tree.Inherit
		}
		value := fmt.Sprint(r.IntN(6))
		switch s.Kind {
		case schema.Leaf, schema.LeafList:
			k.Value = s.Type.Unchecked(value)
			k.Anchor = []schema.Value{s.Type.Unchecked(fmt.Sprint(r.IntN(6)))}
			k.Valueless = r.IntN(8) == 0
		case schema.AnyData:
			k.Any = tree.InnerXML("<x>" + value + "</x>")
		case schema.List:
			if r.IntN(20) > 0 {
				k.Keys = []schema.Value{s.Keys[0].Type.Unchecked(value)}
			}
			k.Anchor = []schema.Value{s.Keys[0].Type.Unchecked(fmt.Sprint(r.IntN(6)))}
			randomEdit(r, k, depth+1)
		case schema.Container:
			randomEdit(r, k, depth+1)
		}
		ed.Children = append(ed.Children, k)
	}
}

// FuzzApply applies edits that the seed makes up, whatever they say: a tree that
// comes out is well-formed, one that went in stays as it was.
func FuzzApply(f *testing.F) {
	set := yangtest.Compile(f, []string{"z"}, zoo)
	f.Add(uint64(1), uint8(3), uint8(tree.Merge))
	f.Add(uint64(2), uint8(9), uint8(tree.None))
	f.Add(uint64(3), uint8(1), uint8(tree.Replace))
	f.Fuzz(func(t *testing.T, seed uint64, edits, def uint8) {
		r := rand.New(rand.NewPCG(seed, 5))
		cur, accepted := tree.New(set), 0
		for range edits {
			ed := tree.NewEdit(set)
			randomEdit(r, ed, 0)
			before, e := dump(cur), cur.Edit()
			err := e.Apply(ed, tree.Operation(def)%(tree.None+1))
			if dump(cur) != before {
				t.Fatal("the original changed")
			}
			if err == nil {
				cur = e.Tree()
				accepted++
				wellFormed(t, cur.Root())
			}
		}
	})
}
