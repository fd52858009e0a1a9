package tree_test

import (
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/yangtest"
	"github.com/optical-net/waveguard/yang/tree"
)

func TestShallow(t *testing.T) {
	full, err := apply(t, tree.New(compile(t)), tree.Merge,
		yangtest.Op{Path: "/t:top/a", Value: "1"}, yangtest.Op{Path: "/t:top/np/x", Value: "2"},
		yangtest.Op{Path: "/t:top/p/z", Value: "3"}, yangtest.Op{Path: "/t:top/sys[k='4']/v", Value: "5"},
		yangtest.Op{Path: "/t:top/ll[.='6']"})
	if err != nil {
		t.Fatal(err)
	}
	for levels, want := range []string{
		1: "",
		2: "",
		3: "/top/a=1\n/top/p\n/top/sys[4]\n/top/ll=6\n",
		4: "/top/a=1\n/top/np/x=2\n/top/p\n/top/p/z=3\n/top/sys[4]\n/top/sys[4]/v=5\n/top/ll=6\n",
	} {
		if levels == 0 {
			continue
		}
		root := tree.Shallow(full.Root(), levels).(*tree.Container)
		if got := dump(tree.FromRoot(full.Schema(), root)); got != want {
			t.Errorf("%d levels: got\n%s\nwant\n%s", levels, got, want)
		}
		var kids []string
		for k := range root.Children() {
			kids = append(kids, k.Schema().Name)
		}
		if got := strings.Join(kids, " "); levels > 1 && got != "top" {
			t.Errorf("%d levels: below the root is %q, want the container, empty or not", levels, got)
		}
	}
	if tree.Shallow(full.Root(), 4) != tree.Node(full.Root()) {
		t.Error("a tree that is no deeper is copied")
	}
}
