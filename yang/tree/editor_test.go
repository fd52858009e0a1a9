package tree_test

import (
	"testing"

	"github.com/optical-net/waveguard/yang/internal/yangtest"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// TestFoundNodesStay checks that what an editor shows does not change while it
// goes on, and that a subtree merged into a second place is not tied to the first.
func TestFoundNodesStay(t *testing.T) {
	set := yangtest.Compile(t, []string{"z"}, zoo)
	path := func(p string) tree.Path { return yangtest.Path(t, set, p) }
	e := tree.New(set).Edit()
	set1 := func(p, v string) {
		t.Helper()
		if err := e.SetLeaf(path(p), path(p).Schema().Type.Unchecked(v)); err != nil {
			t.Fatal(err)
		}
	}
	set1("/z:top/sys[k='1']/in/v", "first")
	set1("/z:top/sys[k='1']/in/w[.='x']", "")
	found := e.Find(path("/z:top/sys[k='1']/in"))
	if err := e.Merge(path("/z:top/sys[k='2']"), found); err != nil {
		t.Fatal(err)
	}
	set1("/z:top/sys[k='2']/in/v", "second")
	set1("/z:top/sys[k='2']/in/w[.='y']", "")
	if v, _ := found.(*tree.Container).Leaf("v"); v.String() != "first" {
		t.Errorf("the node found has become %s", v)
	}
	const want = "/top/sys[1]\n/top/sys[1]/in/v=first\n/top/sys[1]/in/w=x\n" +
		"/top/sys[2]\n/top/sys[2]/in/v=second\n/top/sys[2]/in/w=x\n/top/sys[2]/in/w=y\n"
	if got := dump(e.Tree()); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestNothingIsNotStored checks that no way of editing leaves behind what says
// nothing, or more of it than it should.
func TestNothingIsNotStored(t *testing.T) {
	set := yangtest.Compile(t, []string{"z"}, zoo)
	path := func(p string) tree.Path { return yangtest.Path(t, set, p) }
	node := func(p string) *schema.Node { return path(p).Schema() }
	tests := []struct {
		name string
		edit func(e *tree.Editor) error
		want string
	}{
		{"merge an empty container", func(e *tree.Editor) error {
			return e.Merge(path("/z:top"), tree.NewContainer(node("/z:top/np"), nil))
		}, ""},
		{"merge below what is not there", func(e *tree.Editor) error {
			return e.Merge(path("/z:top/np"), tree.NewContainer(node("/z:top/np/deep"), nil))
		}, ""},
		{"merge an empty list", func(e *tree.Editor) error {
			return e.Merge(path("/z:top"), tree.NewList(node("/z:top/sys[k='1']"), nil))
		}, ""},
		{"merge nothing but empty things", func(e *tree.Editor) error {
			deep := tree.NewContainer(node("/z:top/np/deep"), nil)
			return e.Merge(path("/z:top"), tree.NewContainer(node("/z:top/np"), []tree.Node{deep}))
		}, ""},
		{"merge a presence container", func(e *tree.Editor) error {
			return e.Merge(path("/z:top"), tree.NewContainer(node("/z:top/p"), nil))
		}, "/top/p\n"},
		{"merge one entry", func(e *tree.Editor) error {
			k := node("/z:top/usr[k='1']").Keys[0]
			return e.Merge(path("/z:top"), tree.NewContainer(node("/z:top/usr[k='1']"), []tree.Node{tree.NewLeaf(k, k.Type.Unchecked("1"))}))
		}, "/top/usr[1]\n"},
		{"merge one value", func(e *tree.Editor) error {
			ll := node("/z:top/ll[.='1']")
			return e.Merge(path("/z:top"), tree.NewLeaf(ll, ll.Type.Unchecked("1")))
		}, "/top/ll=1\n"},
		{"delete the last leaf of an entry", func(e *tree.Editor) error {
			leaf := path("/z:top/sys[k='1']/in/v")
			if err := e.SetLeaf(leaf, leaf.Schema().Type.Unchecked("x")); err != nil {
				return err
			}
			_, err := e.DeletePath(leaf)
			return err
		}, "/top/sys[1]\n"},
		{"delete the last entry", func(e *tree.Editor) error {
			leaf := path("/z:top/usr[k='1']/np/x")
			if err := e.SetLeaf(leaf, leaf.Schema().Type.Unchecked("x")); err != nil {
				return err
			}
			_, err := e.DeletePath(path("/z:top/usr[k='1']"))
			return err
		}, ""},
		{"delete a whole list", func(e *tree.Editor) error {
			leaf := path("/z:top/sys[k='1']/in/v")
			if err := e.SetLeaf(leaf, leaf.Schema().Type.Unchecked("x")); err != nil {
				return err
			}
			_, err := e.DeletePath(tree.Path{leaf[0], {Node: leaf[1].Node}})
			return err
		}, ""},
		{"delete everything", func(e *tree.Editor) error {
			leaf := path("/z:top/a")
			if err := e.SetLeaf(leaf, leaf.Schema().Type.Unchecked("x")); err != nil {
				return err
			}
			_, err := e.DeletePath(nil)
			return err
		}, ""},
		{"the container of another case goes", func(e *tree.Editor) error {
			for _, p := range []string{"/z:top/i2/v", "/z:top/c2c/v", "/z:top/i1"} {
				if err := e.SetLeaf(path(p), node(p).Type.Unchecked("x")); err != nil {
					return err
				}
			}
			return nil
		}, "/top/c2c/v=x\n/top/i1=x\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := tree.New(set).Edit()
			if err := test.edit(e); err != nil {
				t.Fatal(err)
			}
			got := e.Tree()
			wellFormed(t, got.Root())
			if dump(got) != test.want {
				t.Errorf("got\n%swant\n%s", dump(got), test.want)
			}
		})
	}
}

func TestEditorRefuses(t *testing.T) {
	set := yangtest.Compile(t, []string{"z"}, zoo)
	path := func(p string) tree.Path { return yangtest.Path(t, set, p) }
	key := path("/z:top/sys[k='1']/k")
	tests := []struct {
		name string
		edit func(e *tree.Editor) error
		tag  tree.Tag
	}{
		{"change a key", func(e *tree.Editor) error { return e.SetLeaf(key, key.Schema().Type.Unchecked("2")) }, tree.TagInvalidValue},
		{"delete a key", func(e *tree.Editor) error { _, err := e.DeletePath(key); return err }, tree.TagBadElement},
		{"merge into the wrong place", func(e *tree.Editor) error {
			a := path("/z:top/a").Schema()
			return e.Merge(path("/z:top/np"), tree.NewLeaf(a, a.Type.Unchecked("1")))
		}, tree.TagBadElement},
		{"set a container", func(e *tree.Editor) error { return e.SetLeaf(path("/z:top/np"), schema.Value{}) }, tree.TagBadElement},
		{"go through a leaf", func(e *tree.Editor) error {
			return e.SetLeaf(append(path("/z:top/a"), path("/z:top/a")...), schema.Value{})
		}, tree.TagBadElement},
		{"half a key", func(e *tree.Editor) error {
			return e.SetLeaf(tree.Path{key[0], {Node: key[1].Node}, path("/z:top/sys[k='1']/in")[2], path("/z:top/sys[k='1']/in/v")[3]}, schema.Value{})
		}, tree.TagDataMissing},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := mustEdit(t, tree.New(set), yangtest.Op{Path: "/z:top/sys[k='1']"}).Edit()
			err, ok := test.edit(e).(*tree.Error)
			if !ok || err.Tag != test.tag || len(err.Path) == 0 {
				t.Errorf("error %v, want %s", err, test.tag)
			}
		})
	}
}
