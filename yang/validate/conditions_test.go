package validate_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/yangtest"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/validate"
)

// RFC 7950 section 8.2, by example; the properties are in the tests of walks.
func TestConditionsSettle(t *testing.T) {
	const text = `module d {
	  yang-version 1.1; namespace urn:d; prefix d;
	  container top {
	    leaf stays { type string; }
	    leaf on { type string; }
	    leaf a { when "../on"; type uint8; }
	    container b { when "../a"; leaf c { type uint8; default 4; } leaf d { type uint8; } }
	    leaf e { when "../b/d"; type uint8; }
	    leaf f { type leafref { path "../e"; } }
	    leaf g { when "not(../a)"; type uint8; default 5; must "not(../on)"; }
	    leaf h { type uint8; must ". <= ../b/c"; }
	  }
	}`
	set := yangtest.Compile(t, []string{"d"}, text)
	v := validate.New(set)
	base := fixed("/d:top/stays x", "/d:top/on x", "/d:top/a 1", "/d:top/b/d 1", "/d:top/e 1")
	tests := []struct {
		name  string
		more  []op // than base, there before
		ops   []op
		gone  []string
		wrong []string
	}{
		{"nothing", nil, fixed("/d:top/a 2"), nil, nil},
		{"one after the other", nil, fixed("-/d:top/on"), []string{"/d:top/a", "/d:top/b", "/d:top/e"}, nil},
		{"from the middle, and a default appears", nil, fixed("-/d:top/a"), []string{"/d:top/b/d", "/d:top/e"}, []string{"operation-failed must-violation /d:top/g"}},
		{"the edit touched one", nil, fixed("-/d:top/on", "/d:top/b/d 2"), []string{"/d:top/a"}, []string{"unknown-element  /d:top/b"}},
		{"somebody refers to it", fixed("/d:top/f 1"), fixed("-/d:top/on"), []string{"/d:top/a", "/d:top/b", "/d:top/e"}, []string{"data-missing instance-required /d:top/f"}},
		{"a default goes", fixed("/d:top/h 4"), fixed("-/d:top/on"), []string{"/d:top/a", "/d:top/b", "/d:top/e"}, []string{"operation-failed must-violation /d:top/h"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			from := mustApply(t, tree.New(set), slices.Concat(base, test.more))
			state, errs := v.Check(nil, from)
			if errs != nil {
				t.Fatal(errs)
			}
			next, err := apply(t, from, test.ops)
			if err != nil {
				t.Fatal(err)
			}
			settled, errs := v.Check(state, next)
			if got := messages(errs); !slices.Equal(got, test.wrong) {
				t.Errorf("got  %q\nwant %q", got, test.wrong)
			}
			if errs != nil {
				return
			}
			var gone []string
			for _, c := range tree.Diff(next, settled.Tree) {
				gone = append(gone, c.Path.String())
			}
			if !slices.Equal(gone, test.gone) {
				t.Errorf("gone %q, want %q", gone, test.gone)
			}
		})
	}
}

// TestConditionsWithoutEnd has a list each entry of which goes with the one
// before: the check ends with an error that says so.
func TestConditionsWithoutEnd(t *testing.T) {
	const text = `module l { yang-version 1.1; namespace urn:l; prefix l;
	  list e { key n; when "*[local-name() = 'n'] = 0 or /*[* = current()/* - 1]"; leaf n { type uint32; } } }`
	set := yangtest.Compile(t, []string{"l"}, text)
	v := validate.New(set)
	for _, test := range []struct {
		entries, wrong int
	}{{50, 0}, {150, 1}} {
		var base []op
		for i := range test.entries {
			base = append(base, fixed(fmt.Sprintf("/l:e[n='%d']", i))...)
		}
		state, errs := v.Check(nil, mustApply(t, tree.New(set), base))
		if errs != nil {
			t.Fatal(errs)
		}
		next, err := apply(t, state.Tree, fixed("-/l:e[n='0']"))
		if err != nil {
			t.Fatal(err)
		}
		state, errs = v.Check(state, next)
		if len(errs) < test.wrong || test.wrong == 0 && (errs != nil || state.Tree.Root().Len() != 0) {
			t.Errorf("%d entries: %v", test.entries, errs)
		}
	}
}
