package tree_test

import (
	"slices"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/yangtest"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// TestRevise drops and replaces entries of lists in both orders, and leaves the
// list it began with as it was.
func TestRevise(t *testing.T) {
	set := yangtest.Compile(t, []string{"r"}, `module r { namespace urn:r; prefix r;
  list sorted { key k; leaf k { type string; } leaf v { type string; } }
  list placed { key k; ordered-by user; leaf k { type string; } leaf v { type string; } } }`)
	for name, order := range map[string][]string{"sorted": {"a", "b", "c"}, "placed": {"c", "a", "b"}} {
		s := set.Root.Child("r", name)
		entry := func(k, v string) *tree.Container {
			kids := []tree.Node{tree.NewLeaf(s.Keys[0], s.Keys[0].Type.Unchecked(k))}
			if v != "" {
				leaf := s.Child("r", "v")
				kids = append(kids, tree.NewLeaf(leaf, leaf.Type.Unchecked(v)))
			}
			return tree.NewContainer(s, kids)
		}
		var all []*tree.Container
		for _, k := range order {
			all = append(all, entry(k, "old"))
		}
		before := tree.NewList(s, all)
		key := func(k string) schema.Value { return s.Keys[0].Type.Unchecked(k) }
		after := before.Revise([]tree.Revision{{Old: before.Get(key("a"))}, {Old: before.Get(key("b")), New: entry("b", "")}})
		if got := slices.Collect(before.All()); !slices.Equal(got, all) {
			t.Errorf("%s: the list has changed", name)
		}
		if after.Get(key("a")) != nil || after.Get(key("c")) != before.Get(key("c")) || after.Get(key("b")).Len() != 1 {
			t.Errorf("%s: a is there: %t, c is shared: %t", name, after.Get(key("a")) != nil, after.Get(key("c")) == before.Get(key("c")))
		}
		var got []string
		for e := range after.All() {
			got = append(got, e.Keys()[0].String())
		}
		if want := slices.DeleteFunc(slices.Clone(order), func(k string) bool { return k == "a" }); !slices.Equal(got, want) {
			t.Errorf("%s: order %v, want %v", name, got, want)
		}
	}
}
