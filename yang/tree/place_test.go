package tree_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/yangtest"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// TestCrowdedPlaces inserts so many entries at one place that their labels have
// to be spread, again and again, and checks the order and the changes.
func TestCrowdedPlaces(t *testing.T) {
	set := compile(t)
	list := yangtest.Path(t, set, "/t:top/usr[k='x']")
	value := func(k string) schema.Value { return list[1].Node.Keys[0].Type.Unchecked(k) }
	for _, side := range []tree.Insert{tree.Before, tree.After, tree.First, tree.Last} {
		cur, want := tree.New(set), []string{}
		add := func(k string, where tree.Insert, anchor string) {
			ed := tree.NewEdit(set)
			e := ed.At(list[:1]).At(tree.Path{{Node: list[1].Node, Keys: []schema.Value{value(k)}}})
			e.Insert, e.Anchor = where, []schema.Value{value(anchor)}
			editor := cur.Edit()
			if err := editor.Apply(ed, tree.Merge); err != nil {
				t.Fatal(err)
			}
			next := editor.Tree()
			at := map[tree.Insert]int{tree.First: 0, tree.Last: len(want), tree.Before: slices.Index(want, anchor), tree.After: slices.Index(want, anchor) + 1}[where]
			before := want
			want = slices.Insert(slices.Clone(want), at, k)
			if got := order(cur, list); !slices.Equal(got, before) {
				t.Fatalf("the old order became %v", got)
			}
			changes := tree.Diff(cur, next)
			if got := replay(before, changes); !slices.Equal(got, want) {
				t.Fatalf("changes lead to %v, want %v", got, want)
			}
			if len(changes) > 40 {
				t.Fatalf("%d changes for one entry among %d", len(changes), len(want))
			}
			cur = next
		}
		add("a", tree.Last, "")
		add("z", tree.Last, "")
		for i := range 400 {
			add(fmt.Sprint(i), side, map[tree.Insert]string{tree.Before: "z", tree.After: "a"}[side])
		}
		if got := order(cur, list); !slices.Equal(got, want) {
			t.Fatalf("order %v, want %v", got, want)
		}
	}
}

// TestStayingInPlace checks that an entry put where it stands does not move.
func TestStayingInPlace(t *testing.T) {
	set := compile(t)
	list := yangtest.Path(t, set, "/t:top/usr[k='x']")
	cur := mustEdit(t, tree.New(set), yangtest.Op{Path: "/t:top/usr[k='1']"}, yangtest.Op{Path: "/t:top/usr[k='2']"}, yangtest.Op{Path: "/t:top/usr[k='3']"})
	value := func(k string) []schema.Value { return []schema.Value{list[1].Node.Keys[0].Type.Unchecked(k)} }
	for _, same := range []struct {
		key    string
		insert tree.Insert
		anchor string
	}{{"1", tree.First, ""}, {"3", tree.Last, ""}, {"2", tree.After, "1"}, {"2", tree.Before, "3"}, {"2", tree.Before, "2"}, {"2", tree.After, "2"}} {
		ed := tree.NewEdit(set)
		e := ed.At(list[:1]).At(tree.Path{{Node: list[1].Node, Keys: value(same.key)}})
		e.Insert, e.Anchor = same.insert, value(same.anchor)
		editor := cur.Edit()
		if err := editor.Apply(ed, tree.Merge); err != nil {
			t.Fatal(err)
		}
		if changes := tree.Diff(cur, editor.Tree()); len(changes) > 0 {
			t.Errorf("%v: %v", same, changes)
		}
	}
}

// TestPlacesWithoutKeys reads and edits entries that have nothing but their place.
func TestPlacesWithoutKeys(t *testing.T) {
	set := yangtest.Compile(t, []string{"z"}, zoo)
	log := yangtest.Path(t, set, "/z:stats/log[1]/line")
	sample := yangtest.Path(t, set, "/z:stats/sample[.='1']")
	e := tree.New(set).Edit()
	line := log[2].Node
	for _, text := range []string{"one", "two", "three"} {
		entry := tree.NewContainer(log[1].Node, []tree.Node{tree.NewLeaf(line, line.Type.Unchecked(text))})
		if err := e.Merge(log[:1], entry); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range []string{"7", "8", "7"} {
		if err := e.SetLeaf(tree.Path{sample[0], {Node: sample[1].Node}}, sample[1].Node.Type.Unchecked(v)); err != nil {
			t.Fatal(err)
		}
	}
	before := e.Tree()
	second := slices.Clone(log)
	second[1].Position = 2
	if err := e.SetLeaf(second, line.Type.Unchecked("zwei")); err != nil {
		t.Fatal(err)
	}
	if l, ok := e.Find(second).(*tree.Leaf); !ok || l.Value().String() != "zwei" {
		t.Errorf("the second line is %v", e.Find(second))
	}
	if ok, err := e.DeletePath(log[:2]); !ok || err != nil {
		t.Errorf("deleting the first line: %v, %v", ok, err)
	}
	if ok, _ := e.DeletePath(tree.Path{sample[0], {Node: sample[1].Node, Position: 3}}); !ok {
		t.Error("the third sample was not deleted")
	}
	missing := slices.Clone(log)
	missing[1].Position = 9
	if err := e.SetLeaf(missing, line.Type.Unchecked("x")); err == nil {
		t.Error("a ninth line was set")
	}
	const want = "/stats/log[]\n/stats/log[]/line=zwei\n/stats/log[]\n/stats/log[]/line=three\n/stats/sample=7\n/stats/sample=8\n"
	if got := dump(e.Tree()); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	var paths []string
	for _, c := range tree.Diff(before, e.Tree()) {
		paths = append(paths, c.Path.String())
	}
	if want := []string{"/z:stats/log", "/z:stats/log/line", "/z:stats/sample[.='7']"}; !slices.Equal(paths, want) {
		t.Errorf("changes at %v, want %v", paths, want)
	}
}

// TestDiffOfStateLeafList checks that a value in another's place is the end of
// one and the beginning of the other.
func TestDiffOfStateLeafList(t *testing.T) {
	set := yangtest.Compile(t, []string{"z"}, zoo)
	stats := yangtest.Path(t, set, "/z:stats")
	sample := yangtest.Path(t, set, "/z:stats/sample[.='1']")[1].Node
	r := rand.New(rand.NewPCG(4, 4))
	made := func() *tree.Tree {
		e := tree.New(set).Edit()
		for range 1 + r.IntN(5) {
			if err := e.SetLeaf(append(stats[:1:1], schema.PathStep{Node: sample}), sample.Type.Unchecked(fmt.Sprint(r.IntN(3)))); err != nil {
				t.Fatal(err)
			}
		}
		return e.Tree()
	}
	counts := func(tr *tree.Tree) map[string]int {
		n := map[string]int{}
		for l := range tr.Find(append(stats[:1:1], schema.PathStep{Node: sample})).(*tree.LeafList).All() {
			n[l.Value().String()]++
		}
		return n
	}
	for range 200 {
		a, b := made(), made()
		n := counts(a)
		for _, c := range tree.Diff(a, b) {
			value := c.Path[1].Value.String()
			switch {
			case c.Old != nil && c.New != nil:
				t.Fatalf("%s is both old and new", c.Path)
			case c.Old != nil:
				n[value]--
			default:
				n[value]++
			}
		}
		for v, want := range counts(b) {
			if n[v] != want {
				t.Fatalf("%d times %s, want %d", n[v], v, want)
			}
		}
	}
}

func mustEdit(t testing.TB, from *tree.Tree, ops ...yangtest.Op) *tree.Tree {
	t.Helper()
	next, err := apply(t, from, tree.Merge, ops...)
	if err != nil {
		t.Fatal(err)
	}
	return next
}
