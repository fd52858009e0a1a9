package btree

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// version is a map under test with the plain map that it must equal.
type version struct {
	tree Map[int]
	want map[string]int
}

func (v *version) check(t *testing.T) {
	t.Helper()
	keys := slices.Sorted(maps.Keys(v.want))
	if v.tree.Len() != len(keys) {
		t.Fatalf("Len() = %d, want %d", v.tree.Len(), len(keys))
	}
	i := 0
	for k, val := range v.tree.All() {
		if k != keys[i] || val != v.want[k] {
			t.Fatalf("item %d is %q=%d, want %q=%d", i, k, val, keys[i], v.want[keys[i]])
		}
		i++
	}
	for i, k := range keys {
		if next, ok := v.tree.Next(k); ok != (i+1 < len(keys)) || ok && next != keys[i+1] {
			t.Fatalf("Next(%q) = %q, %v", k, next, ok)
		}
		if prev, ok := v.tree.Prev(k); ok != (i > 0) || ok && prev != keys[i-1] {
			t.Fatalf("Prev(%q) = %q, %v", k, prev, ok)
		}
	}
}

// mutate applies n random updates with a fresh owner.
func (v version) mutate(r *rand.Rand, n, space int) version {
	o := new(Owner)
	v.want = maps.Clone(v.want)
	for range n {
		k := fmt.Sprintf("%05d", r.IntN(space))
		if r.IntN(2) == 0 {
			if _, had := v.want[k]; v.tree.Delete(o, k) != had {
				panic("Delete misreports " + k)
			}
			delete(v.want, k)
			continue
		}
		v.want[k] = r.Int()
		v.tree.Set(o, k, v.want[k])
	}
	return v
}

// TestVersions checks that every version keeps its content while later ones
// change, and that differences are exact.
func TestVersions(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, space := range []int{5, 100, 3000} {
		versions := []version{{want: map[string]int{}}}
		for range 60 {
			from := versions[r.IntN(len(versions))]
			versions = append(versions, from.mutate(r, 1+r.IntN(space), space))
		}
		for i := range versions {
			versions[i].check(t)
			checkDiff(t, versions[r.IntN(len(versions))], versions[i])
		}
	}
}

func checkDiff(t *testing.T, a, b version) {
	t.Helper()
	got := map[string]bool{}
	Diff(a.tree, b.tree, func(k string, va, vb int, inA, inB bool) bool {
		wa, okA := a.want[k]
		wb, okB := b.want[k]
		if got[k] || inA != okA || inB != okB || va != wa || vb != wb || inA && inB && va == vb {
			t.Fatalf("Diff reports %q %d/%v %d/%v, want %d/%v %d/%v", k, va, inA, vb, inB, wa, okA, wb, okB)
		}
		got[k] = true
		return true
	})
	for k, v := range a.want {
		if w, ok := b.want[k]; (!ok || w != v) && !got[k] {
			t.Fatalf("Diff misses %q", k)
		}
	}
	for k := range b.want {
		if _, ok := a.want[k]; !ok && !got[k] {
			t.Fatalf("Diff misses new %q", k)
		}
	}
}

// TestDiffCost checks that one change among many is found without visiting the rest.
func TestDiffCost(t *testing.T) {
	var m Map[int]
	o := new(Owner)
	for i := range 100_000 {
		m.Set(o, fmt.Sprintf("%06d", i), i)
	}
	next := m
	next.Set(new(Owner), "050000x", 1)
	w := &counting{}
	Diff(m, next, w.visit)
	if w.visits != 1 {
		t.Fatalf("visited %d items, want 1", w.visits)
	}
	if allocs := testing.AllocsPerRun(10, func() { Diff(m, next, w.visit) }); allocs > 20 {
		t.Fatalf("Diff of one change allocates %v times", allocs)
	}
}

type counting struct{ visits int }

func (c *counting) visit(string, int, int, bool, bool) bool { c.visits++; return true }

func TestPrefixed(t *testing.T) {
	var m Map[int]
	o := new(Owner)
	for i := range 1000 {
		m.Set(o, fmt.Sprintf("%04d", i), i)
	}
	n := 0
	for k := range m.Prefixed("07") {
		if k[:2] != "07" {
			t.Fatalf("Prefixed yields %q", k)
		}
		n++
	}
	if n != 100 {
		t.Fatalf("Prefixed yields %d keys, want 100", n)
	}
}
