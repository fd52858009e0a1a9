package validate_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/yangtest"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/validate"
)

const costly = `module c {
  yang-version 1.1; namespace urn:c; prefix c;
  container top {
    must "count(entry) < 2000";
    leaf most { type uint32; }
    list entry {
      key n; must "low <= high"; must "not(../most) or low <= ../most";
      leaf n { type uint32; }
      leaf low { type uint32; }
      leaf high { type uint32; must ". >= ../low"; }
      leaf more { when "../high > 5"; type uint32; default 7; }
      leaf most { type uint32; must ". >= ../more"; }
      leaf of { type uint32; must "/top/other[n = current()]/x"; }
      leaf to { type union { type leafref { path "/c:top/c:other/c:n"; } type enumeration { enum none; } } }
      leaf at { type instance-identifier; }
      leaf by { type leafref { path "../../other/n"; } must "deref(.)/../x"; }
      list part { key p; leaf p { type uint32; } must "p <= ../high"; must "count(../part) < 9"; }
    }
    list other { key n; leaf n { type uint32; } leaf x { type uint32; } leaf y { type uint32; } }
  }
}`

// TestWhatIsAsked counts the constraints evaluated for one edit: only those that
// can have changed, however many entries there are.
func TestWhatIsAsked(t *testing.T) {
	const all = -1 // as many as there are entries, at least
	tests := []struct {
		name string
		edit op
		want int
	}{
		{"a leaf nobody looks at", op{Path: "/c:top/other[n='5']/y", Value: "3"}, 0},
		{"siblings", op{Path: "/c:top/entry[n='5']/low", Value: "2"}, 3},
		{"siblings, a condition and what its node is needed for", op{Path: "/c:top/entry[n='5']/high", Value: "8"}, 6},
		{"a default value", op{Path: "/c:top/entry[n='5']/more", Value: "6"}, 2},
		{"a new part", op{Path: "/c:top/entry[n='5']/part[p='3']"}, 5},
		{"an entry referred to by one", op{Operation: tree.Remove, Path: "/c:top/other[n='7']"}, all},
		{"what all look at", op{Path: "/c:top/most", Value: "9"}, all},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			few, many := asks(t, 10, test.edit), asks(t, 1000, test.edit)
			switch {
			case test.want == all && many < 1000:
				t.Errorf("%d of 1000 asked", many)
			case test.want != all && (few != test.want || many != test.want):
				t.Errorf("%d asked among 10 entries, %d among 1000, want %d", few, many, test.want)
			}
		})
	}
}

func asks(t *testing.T, entries int, edit op) int {
	t.Helper()
	set := yangtest.Compile(t, []string{"c"}, costly)
	rules := validate.New(set)
	var base []op
	for i := range entries {
		for _, text := range []string{
			"other[n='#']/x 1", "entry[n='#']/low 1", "entry[n='#']/high 9", "entry[n='#']/most 9", "entry[n='#']/of #",
			"entry[n='#']/to #", "entry[n='#']/by #", "entry[n='#']/at /c:top/other[n='#']", "entry[n='#']/part[p='1']", "entry[n='#']/part[p='2']",
		} {
			base = append(base, fixed("/c:top/"+strings.ReplaceAll(text, "#", strconv.Itoa(i)))...)
		}
	}
	from, err := apply(t, tree.New(set), base)
	if err != nil {
		t.Fatal(err)
	}
	state, errs := rules.Check(nil, from)
	if errs != nil {
		t.Fatal(errs[0])
	}
	next, err := apply(t, from, []op{edit})
	if err != nil {
		t.Fatal(err)
	}
	return rules.Asks(state, next)
}
