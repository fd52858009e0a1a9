package datastore_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// flat is a tree as a map from what exists by somebody's will to its value: leafs,
// values of leaf-lists, list entries, presence containers.
type flat map[string]string

func flatten(t *tree.Tree) flat {
	f := flat{}
	f.add("", t.Root())
	return f
}

func (f flat) add(path string, n tree.Node) {
	switch x := n.(type) {
	case *tree.Leaf:
		f[path] = x.Value().String()
	case *tree.LeafList:
		for leaf := range x.All() {
			f[path+"[.='"+leaf.Value().String()+"']"] = ""
		}
	case *tree.List:
		for entry := range x.All() {
			at := path + "[" + entry.Keys()[0].String() + "]"
			f[at] = "entry"
			f.add(at, entry)
		}
	case *tree.Container:
		if x.Schema().Presence {
			f[path] = "present"
		}
		for k := range x.Children() {
			if !k.Schema().IsKey() {
				f.add(path+"/"+k.Schema().Name, k)
			}
		}
	}
}

// below returns what f holds at and below a path.
func (f flat) below(at string) flat {
	sub := flat{}
	for k, v := range f {
		if isAt(k, at) {
			sub[k] = v
		}
	}
	return sub
}

func isAt(k, at string) bool { return k == at || strings.HasPrefix(k, at+"/") }

// put makes what is at and below a path the same as in from.
func (f flat) put(at string, from flat) {
	maps.DeleteFunc(f, func(k, _ string) bool { return isAt(k, at) })
	maps.Copy(f, from.below(at))
}

// changed returns the paths of the topmost differences, sorted.
func (f flat) changed(to flat) (paths []string) {
	all := maps.Clone(f)
	maps.Copy(all, to)
	for _, k := range slices.Sorted(maps.Keys(all)) {
		was, had := f[k]
		is, has := to[k]
		if (had != has || was != is) && !slices.ContainsFunc(paths, func(p string) bool { return isAt(k, p) }) {
			paths = append(paths, k)
		}
	}
	return paths
}

// naive is rebase by looking at everything.
func naive(base, mine, theirs flat, mode datastore.Resolution) (result flat, conflicts []string) {
	result = maps.Clone(theirs)
	for _, at := range base.changed(mine) {
		region := at
		for k := range base {
			if _, left := theirs[k]; !left && isAt(at, k) && len(k) < len(region) {
				region = k
			}
		}
		switch {
		case region == at && maps.Equal(theirs.below(at), base.below(at)):
			result.put(at, mine)
		case region == at && maps.Equal(theirs.below(at), mine.below(at)):
		case !slices.Contains(conflicts, region):
			conflicts = append(conflicts, region)
		}
	}
	for _, at := range conflicts {
		from := theirs
		if mode == datastore.PreferCandidate {
			from = mine
		}
		result.put(at, from)
	}
	return result, conflicts
}

// randomEdits changes a tree at random.
func randomEdits(t *testing.T, r *rand.Rand, from *tree.Tree, n int) *tree.Tree {
	t.Helper()
	e := from.Edit()
	for range n {
		item := fmt.Sprintf("/t:top/items/item[name='%d']", r.IntN(3))
		part := fmt.Sprintf("%s/part[id='%d']", item, r.IntN(2))
		at := []string{
			"/t:top/config", "/t:top/config/name", "/t:top/config/limit", fmt.Sprintf("/t:top/config/tag[.='%d']", r.IntN(3)), "/t:top/items",
			item, item + "/config", item + "/config/size", fmt.Sprintf("%s/config/tag[.='%d']", item, r.IntN(2)), part, part + "/config/weight",
			"/t:top/extra", "/t:top/extra/a", "/t:top/mode",
		}[r.IntN(14)]
		p := parsePath(t, at)
		ed := tree.NewEdit(set(t))
		switch one := ed.At(p); {
		case r.IntN(3) == 0:
			one.Operation, one.Valueless = tree.Remove, p.Schema().Kind == schema.Leaf
		case p.Schema().Kind == schema.Leaf:
			one.Value = parseValue(t, p.Schema(), fmt.Sprint(r.IntN(3)))
		}
		ok(t, e.Apply(ed, tree.Merge))
	}
	return e.Tree()
}

// TestRebaseAgainstNaive compares random changes of both sides with a model that
// looks at everything.
func TestRebaseAgainstNaive(t *testing.T) {
	met := 0
	for seed := range uint64(1000) {
		r := rand.New(rand.NewPCG(seed, 1))
		base := randomEdits(t, r, tree.New(set(t)), r.IntN(12))
		mine, theirs := randomEdits(t, r, base, r.IntN(6)), randomEdits(t, r, base, r.IntN(6))
		for _, mode := range []datastore.Resolution{datastore.PreferCandidate, datastore.PreferRunning} {
			got, paths, err := datastore.Rebased(base, mine, theirs, mode)
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			want, conflicts := naive(flatten(base), flatten(mine), flatten(theirs), mode)
			if len(paths) != len(conflicts) || !maps.Equal(flatten(got), want) {
				t.Fatalf("seed %d, mode %d: from %s\nmine %s\ntheirs %s\ngot %s\nconflicts %v\nwant %v\nconflicts %v",
					seed, mode, text(base), text(mine), text(theirs), text(got), paths, want, conflicts)
			}
			met += len(conflicts)
		}
	}
	if met < 300 {
		t.Errorf("no more than %d conflicts were met", met)
	}
}

// TestRebaseOfOrders holds, for random orders, that there is no error, that no entry
// is lost or there twice, and that without a conflict the order of who ordered stays.
func TestRebaseOfOrders(t *testing.T) {
	for seed := range uint64(700) {
		r := rand.New(rand.NewPCG(seed, 2))
		base := shuffled(t, r, tree.New(set(t)))
		mine, theirs := shuffled(t, r, base), shuffled(t, r, base)
		for _, mode := range []datastore.Resolution{datastore.PreferCandidate, datastore.PreferRunning} {
			got, conflicts, err := datastore.Rebased(base, mine, theirs, mode)
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			want := theirs
			if mode == datastore.PreferCandidate {
				want = mine
			}
			order, all := orderOf(got), append(orderOf(mine), orderOf(theirs)...)
			if slices.ContainsFunc(order, func(v string) bool { return !slices.Contains(all, v) }) || len(slices.Compact(slices.Sorted(slices.Values(order)))) != len(order) {
				t.Fatalf("seed %d: %v of %v and %v", seed, order, orderOf(mine), orderOf(theirs))
			}
			if len(conflicts) > 0 && conflicts[0].String() == "/t:top/order" && !slices.Equal(order, orderOf(want)) {
				t.Fatalf("seed %d, mode %d: %v, want %v", seed, mode, order, orderOf(want))
			}
			for _, side := range []*tree.Tree{mine, theirs} {
				ordered := !inOrder(orderOf(side), orderOf(base)) || slices.ContainsFunc(orderOf(side), func(v string) bool { return !slices.Contains(orderOf(base), v) })
				if len(conflicts) == 0 && ordered && !inOrder(order, orderOf(side)) {
					t.Fatalf("seed %d: %v from %v: mine %v, theirs %v", seed, order, orderOf(base), orderOf(mine), orderOf(theirs))
				}
			}
		}
	}
}

func orderOf(t *tree.Tree) (all []string) {
	f := t.Root()
	for k := range f.Children() {
		for l := range k.(*tree.Container).Children() {
			if list, is := l.(*tree.LeafList); is && l.Schema().Name == "order" {
				for leaf := range list.All() {
					all = append(all, leaf.Value().String())
				}
			}
		}
	}
	return all
}

// inOrder says whether what both have stands in the same order in both.
func inOrder(a, b []string) bool {
	common := func(x, y []string) []string {
		return slices.DeleteFunc(slices.Clone(x), func(v string) bool { return !slices.Contains(y, v) })
	}
	return slices.Equal(common(a, b), common(b, a))
}

func shuffled(t *testing.T, r *rand.Rand, from *tree.Tree) *tree.Tree {
	t.Helper()
	e := from.Edit()
	for range r.IntN(4) {
		p := parsePath(t, fmt.Sprintf("/t:top/order[.='%d']", r.IntN(5)))
		ed := tree.NewEdit(set(t))
		one := ed.At(p)
		one.Operation = []tree.Operation{tree.Remove, tree.Merge, tree.Merge}[r.IntN(3)]
		if one.Operation == tree.Merge {
			one.Insert = []tree.Insert{tree.Keep, tree.First, tree.Last}[r.IntN(3)]
		}
		ok(t, e.Apply(ed, tree.Merge))
	}
	return e.Tree()
}
