package tree_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/yangtest"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xpath"
)

func selected(t testing.TB, from *tree.Tree, expr string) []xpath.Node {
	t.Helper()
	e, err := xpath.Parse(expr, nil)
	if err != nil {
		t.Fatal(err)
	}
	nodes, err := e.Nodes(xpath.Context{Node: tree.NewCursor(from, tree.ConfigAndState)})
	if err != nil {
		t.Fatal(err)
	}
	return nodes
}

func TestProject(t *testing.T) {
	set := compile(t)
	full, err := apply(
		t, tree.New(set), tree.Merge,
		yangtest.Op{Path: "/t:top/b", Value: "7"}, yangtest.Op{Path: "/t:top/np/x", Value: "x"}, yangtest.Op{Path: "/t:top/p"},
		yangtest.Op{Path: "/t:top/two[k1='a'][k2='b']/v", Value: "1"}, yangtest.Op{Path: "/t:top/two[k1='a'][k2='c']/v", Value: "2"},
		yangtest.Op{Path: "/t:top/usr[k='z']/v", Value: "3"}, yangtest.Op{Path: "/t:top/usr[k='a']/v", Value: "4"},
		yangtest.Op{Path: "/t:top/ll[.='m']"}, yangtest.Op{Path: "/t:top/ll[.='n']"},
	)
	if err != nil {
		t.Fatal(err)
	}
	for expr, want := range map[string]string{
		"/":                              dump(full),
		"//*":                            dump(full),
		"/top/b":                         "/top/b=7\n",
		"/top/b/text()":                  "/top/b=7\n",
		"/top/nothing":                   "",
		"/top/a":                         "", // a default in use
		"/top/np/y | /top/p":             "/top/p\n",
		"//v[. = 2]":                     "/top/two[a,c]\n/top/two[a,c]/v=2\n",
		"/top/two[k2='b']/k2":            "/top/two[a,b]\n",
		"/top/two":                       "/top/two[a,b]\n/top/two[a,b]/v=1\n/top/two[a,c]\n/top/two[a,c]/v=2\n",
		"/top/usr[v='4'] | //usr[1]/k":   "/top/usr[z]\n/top/usr[a]\n/top/usr[a]/v=4\n",
		"/top/ll[. = 'n'] | /top/np/x":   "/top/np/x=x\n/top/ll=n\n",
		"/top/two/v/.. | /top/two/v":     "/top/two[a,b]\n/top/two[a,b]/v=1\n/top/two[a,c]\n/top/two[a,c]/v=2\n",
		"/top/b/@x | /top/comment() | .": dump(full),
	} {
		got := tree.Project(full, selected(t, full, expr))
		if dump(got) != want {
			t.Errorf("%s selects\n%s\nwant\n%s", expr, dump(got), want)
		}
		wellFormed(t, got.Root())
	}
	two := yangtest.Path(t, set, "/t:top/two[k1='a'][k2='b']")
	whole := two[:1:1]
	whole = append(whole, schema.PathStep{Node: two[1].Node})
	if got := tree.Project(full, selected(t, full, "/top/two")); got.Find(whole) != full.Find(whole) {
		t.Error("the whole list is not shared")
	}
}

// TestProjectRandomly compares with a naive projection: a line of the dump is
// there if it belongs to an ancestor, a key or something below what is selected.
func TestProjectRandomly(t *testing.T) {
	set := yangtest.Compile(t, []string{"z"}, zoo)
	r := rand.New(rand.NewPCG(4, 4))
	versions := []version{{tree.New(set), ""}}
	for range 300 {
		next := mutated(t, r, versions[r.IntN(len(versions))].tree, versions)
		versions = append(versions, version{next, dump(next)})
		all := selected(t, next, "//*")
		var some []xpath.Node
		for _, n := range all {
			if r.IntN(6) == 0 && next.Find(n.(*tree.Cursor).Path()) != nil {
				some = append(some, n)
			}
		}
		got := tree.Project(next, some)
		wellFormed(t, got.Root())
		var want []string
		for _, n := range all {
			c := n.(*tree.Cursor)
			if c.Node().Schema().Kind != schema.Container || c.Node().Schema().Presence {
				if belongs(c, some) && next.Find(c.Path()) != nil {
					want = append(want, c.Path().String())
				}
			}
		}
		var have []string
		for _, n := range selected(t, got, "//*") {
			c := n.(*tree.Cursor)
			if c.Node().Schema().Kind != schema.Container || c.Node().Schema().Presence {
				if got.Find(c.Path()) != nil {
					have = append(have, c.Path().String())
				}
			}
		}
		if !slices.Equal(have, want) {
			t.Fatalf("got\n%s\nwant\n%s", strings.Join(have, "\n"), strings.Join(want, "\n"))
		}
	}
}

// belongs says whether c is one of the nodes, or above or below one, or a key
// of an entry above one.
func belongs(c *tree.Cursor, nodes []xpath.Node) bool {
	for _, n := range nodes {
		if within(n, c) || within(c, n) || c.Node().Schema().IsKey() && within(n, c.Up()) {
			return true
		}
	}
	return false
}

func within(n, above xpath.Node) bool {
	for ; n != nil; n = n.Parent() {
		if n.Same(above) {
			return true
		}
	}
	return false
}
