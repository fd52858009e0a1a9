package tree_test

import (
	"math/rand/v2"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/yangtest"
	"github.com/optical-net/waveguard/yang/tree"
)

// TestMergeIsTheOperationMerge merges random trees and compares with an edit
// that says what the second holds, under RFC 6241's operation merge.
func TestMergeIsTheOperationMerge(t *testing.T) {
	set := yangtest.Compile(t, []string{"z"}, zoo)
	r := rand.New(rand.NewPCG(6, 1))
	versions := []version{{tree.New(set), ""}}
	for range 400 {
		next := configured(mutated(t, r, versions[r.IntN(len(versions))].tree, versions))
		versions = append(versions, version{next, dump(next)})
		a, b := versions[r.IntN(len(versions))].tree, versions[r.IntN(len(versions))].tree
		merged := a.Edit()
		for k := range b.Root().Children() {
			if err := merged.Merge(nil, k); err != nil {
				t.Fatal(err)
			}
		}
		ed, err := tree.Patch(set, tree.Diff(tree.New(set), b))
		if err != nil {
			t.Fatal(err)
		}
		plain(ed)
		edited := a.Edit()
		if err := edited.Apply(ed, tree.Merge); err != nil {
			t.Fatal(err)
		}
		if got, want := dump(merged.Tree()), dump(edited.Tree()); got != want {
			t.Fatalf("merging\n%sinto\n%smakes\n%snot\n%s", dump(b), dump(a), got, want)
		}
		wellFormed(t, merged.Tree().Root())
	}
}

// plain leaves of an edit what it holds.
func plain(ed *tree.Edit) {
	ed.Operation, ed.Insert, ed.Anchor = tree.Inherit, tree.Keep, nil
	for _, k := range ed.Children {
		plain(k)
	}
}
