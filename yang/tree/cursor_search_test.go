package tree_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/yangtest"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xpath"
)

// A search for a name below a node looks only where the schema has it, and finds
// what a walk over everything finds, in the same order.
func TestSearchFindsAll(t *testing.T) {
	set := yangtest.Compile(t, []string{"z"}, zoo)
	names := namesBelow(set.Root)
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 7))
		data := tree.New(set)
		for range 10 {
			data = mutated(t, r, data, []version{{data, ""}})
		}
		for _, name := range names {
			for _, context := range []string{"", "/z:" + set.Root.DataChildren[0].Name} {
				found := selected(t, data, fmt.Sprintf("%s//z:%s", context, name))
				all := selected(t, data, fmt.Sprintf("%s/descendant::node()[local-name() = '%s']", context, name))
				if !slices.EqualFunc(found, all, xpath.Node.Same) {
					t.Errorf("%s//z:%s finds %d nodes, not %d", context, name, len(found), len(all))
				}
			}
		}
	}
}

// TestSizeCountsAll compares what nodes know of their size with a count of what
// they yield.
func TestSizeCountsAll(t *testing.T) {
	set := yangtest.Compile(t, []string{"z"}, zoo)
	known := 0
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 8))
		data := tree.New(set)
		for range 10 {
			data = mutated(t, r, data, []version{{data, ""}})
		}
		for _, scope := range []tree.Scope{tree.ConfigOnly, tree.ConfigAndState} {
			known += checkSizes(t, tree.NewCursor(data, scope))
		}
	}
	if known < 500 {
		t.Errorf("%d sizes compared: that shows nothing", known)
	}
}

func checkSizes(t *testing.T, c *tree.Cursor) (known int) {
	t.Helper()
	if _, ok := c.Node().(*tree.Container); !ok {
		return 0
	}
	for _, s := range c.Node().Schema().DataChildren {
		count := 0
		c.Children(s.Module.Name, s.Name, func(n xpath.Node) bool {
			count++
			known += checkSizes(t, n.(*tree.Cursor))
			return true
		})
		if n, ok := c.Size(s.Module.Name, s.Name); ok && n != count {
			t.Errorf("%s has %d %s, not %d", c.Path(), count, s.Name, n)
		} else if ok {
			known++
		}
	}
	return known
}

func namesBelow(n *schema.Node) (names []string) {
	for _, k := range n.DataChildren {
		names = append(append(names, k.Name), namesBelow(k)...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Identities that are derived from each other over many ways are looked at once.
func TestDerivedFromOverManyWays(t *testing.T) {
	var b strings.Builder
	b.WriteString("module i { yang-version 1.1; namespace urn:i; prefix i; identity a0; identity b0;")
	const last = 40
	for n := range last {
		for _, name := range []string{"a", "b"} {
			fmt.Fprintf(&b, "identity %s%d { base a%d; base b%[3]d; }", name, n+1, n)
		}
	}
	b.WriteString("leaf x { type identityref { base a0; } } }")
	set := yangtest.Compile(t, []string{"i"}, b.String())
	ed := tree.New(set).Edit()
	if err := ed.Apply(yangtest.Edit(t, set, yangtest.Op{Path: "/i:x", Value: "i:a40"}), tree.Merge); err != nil {
		t.Fatal(err)
	}
	for expr, want := range map[string]string{
		"derived-from(/i:x, 'i:b0')":          "true",
		"derived-from(/i:x, 'i:b40')":         "false",
		"derived-from-or-self(/i:x, 'i:a40')": "true",
	} {
		if got := evaluate(t, ed.Tree(), expr); got != want {
			t.Errorf("%s is %s", expr, got)
		}
	}
}
