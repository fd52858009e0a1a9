package tree_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/yangtest"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// configured returns t without its state.
func configured(t *tree.Tree) *tree.Tree {
	var kids []tree.Node
	for k := range t.Root().Children() {
		if k.Schema().Config {
			kids = append(kids, k)
		}
	}
	return tree.FromRoot(t.Schema(), tree.NewContainer(t.Schema().Root, kids))
}

// TestPatchLeadsThereAndBack patches random versions into each other, in both
// directions, and into versions that share nothing with them.
func TestPatchLeadsThereAndBack(t *testing.T) {
	set := yangtest.Compile(t, []string{"z"}, zoo)
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 23))
		versions := []version{{tree.New(set), ""}}
		for range 300 {
			from := versions[r.IntN(len(versions))]
			next := configured(mutated(t, r, from.tree, versions))
			versions = append(versions, version{next, dump(next)})
			other := versions[r.IntN(len(versions))].tree
			patched(t, other, next)
			patched(t, next, other)
			patched(t, unshared(next.Root(), set), other)
		}
	}
}

// patched fails the test unless the patch from a to b makes b of a, under both
// default operations.
func patched(t *testing.T, a, b *tree.Tree) {
	t.Helper()
	ed, err := tree.Patch(a.Schema(), tree.Diff(a, b))
	if err != nil {
		t.Fatal(err)
	}
	for _, def := range []tree.Operation{tree.Merge, tree.None} {
		e := a.Edit()
		if err := e.Apply(ed, def); err != nil {
			t.Fatalf("from\n%sto\n%sthe patch fails under %s: %v", dump(a), dump(b), def, err)
		}
		if got := e.Tree(); dump(got) != dump(b) || len(tree.Diff(unshared(got.Root(), a.Schema()), unshared(b.Root(), a.Schema()))) > 0 {
			t.Fatalf("under %s, the patch leads from\n%sto\n%snot to\n%s", def, dump(a), dump(got), dump(b))
		}
		wellFormed(t, e.Tree().Root())
	}
}

// unshared returns a copy in which no node is the original's.
func unshared(c *tree.Container, set *schema.Set) *tree.Tree {
	return tree.FromRoot(set, copied(c))
}

func copied(c *tree.Container) *tree.Container {
	var kids []tree.Node
	for k := range c.Children() {
		switch x := k.(type) {
		case *tree.Leaf:
			k = tree.NewLeaf(x.Schema(), x.Value())
		case *tree.Any:
			k = tree.NewAny(x.Schema(), x.Content())
		case *tree.Container:
			k = copied(x)
		case *tree.List:
			var all []*tree.Container
			for e := range x.All() {
				all = append(all, copied(e))
			}
			k = tree.NewList(x.Schema(), all)
		case *tree.LeafList:
			var all []schema.Value
			for l := range x.All() {
				all = append(all, l.Value())
			}
			k = tree.NewLeafList(x.Schema(), all)
		}
		kids = append(kids, k)
	}
	return tree.NewContainer(c.Schema(), kids)
}

// TestPatchIsStrict: what the old version had must be there, what the new one
// brings must not.
func TestPatchIsStrict(t *testing.T) {
	set := compile(t)
	empty := tree.New(set)
	full, err := apply(t, empty, tree.Merge, yangtest.Op{Path: "/t:top/b", Value: "7"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		from, to, on *tree.Tree
		want         tree.Tag
	}{
		{empty, full, full, tree.TagDataExists},
		{full, empty, empty, tree.TagDataMissing},
	} {
		ed, err := tree.Patch(set, tree.Diff(c.from, c.to))
		if err != nil {
			t.Fatal(err)
		}
		err = c.on.Edit().Apply(ed, tree.Merge)
		if e, ok := err.(*tree.Error); !ok || e.Tag != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

func TestPatchRefusesWhatHasNoIdentity(t *testing.T) {
	set := yangtest.Compile(t, []string{"z"}, zoo)
	sample := yangtest.Path(t, set, "/z:stats/sample[.='1']")
	e := tree.New(set).Edit()
	if err := e.SetLeaf(sample, *sample[1].Value); err != nil {
		t.Fatal(err)
	}
	one := e.Tree()
	if err := e.SetLeaf(sample, *sample[1].Value); err != nil {
		t.Fatal(err)
	}
	_, err := tree.Patch(set, tree.Diff(one, e.Tree()))
	if err == nil || !strings.Contains(err.Error(), "/z:stats/sample") {
		t.Errorf("got %v", err)
	}
	patched(t, tree.New(set), one) // the container around it is new
}

// TestUnsharedOrderMovesLittle: versions that share nothing are compared by the
// order of their entries, not by where each happens to be kept.
func TestUnsharedOrderMovesLittle(t *testing.T) {
	set := compile(t)
	ul := yangtest.Path(t, set, "/t:top/ul[.='x']")[1].Node
	list := func(values string) *tree.Tree {
		var all []schema.Value
		for _, v := range strings.Fields(values) {
			all = append(all, ul.Type.Unchecked(v))
		}
		top := tree.NewContainer(ul.DataParent, []tree.Node{tree.NewLeafList(ul, all)})
		return tree.FromRoot(set, tree.NewContainer(set.Root, []tree.Node{top}))
	}
	for _, c := range []struct {
		from, to string
		changes  int
	}{
		{"a b c d e", "b c d e", 1},
		{"a b c d e", "x a b c d e", 1},
		{"a b c d e", "b c d e a", 1},
		{"a b c d e", "e a b c d", 1},
		{"a b c d e", "e d c b a", 4},
		{"a b c d e", "a x c d b", 3},
	} {
		a, b := list(c.from), list(c.to)
		if got := len(tree.Diff(a, b)); got != c.changes {
			t.Errorf("from %s to %s there are %d changes, want %d", c.from, c.to, got, c.changes)
		}
		patched(t, a, b)
	}
}
