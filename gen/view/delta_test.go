package view_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view"
	"github.com/optical-net/waveguard/gen/view/viewtest"
	"github.com/optical-net/waveguard/yang/tree"
)

// small has two domains, a service and a transition.
func small(t testing.TB) *tree.Tree {
	t.Helper()
	return viewtest.Config(t, slices.Concat(
		viewtest.Domain("a", 1), viewtest.Domain("b", 2),
		viewtest.Service("s", "a", 7), viewtest.Transition("a", "b", "PERMIT"),
		[]string{"system/config/name = node-7"},
	)...)
}

// outline says what a delta holds, entry by entry.
func outline(d *view.Delta) string {
	var out []string
	say := func(what string, deleted bool) {
		if deleted {
			what = "-" + what
		}
		out = append(out, what)
	}
	for k, v := range d.Domains {
		say("domain "+k, v == nil)
	}
	for k, v := range d.Services {
		say("service "+k, v == nil)
	}
	for k, v := range d.Transitions {
		say("transition "+k.Source+">"+k.Target, v == nil)
	}
	if d.System != nil {
		say("system "+d.System.GetName(), false)
	}
	slices.Sort(out)
	return fmt.Sprint(out)
}

func TestDeltaHoldsWhatChanged(t *testing.T) {
	from := small(t)
	for name, test := range map[string]struct {
		lines []string
		want  string
	}{
		"nothing":                    {nil, "[]"},
		"created":                    {viewtest.Domain("c", 3), "[domain c]"},
		"leaf changed":               {[]string{viewtest.Entry("domain", "a") + "/config/description = x"}, "[domain a]"},
		"two leafs of one":           {[]string{viewtest.Entry("service", "s") + "/config/uid = 8", viewtest.Entry("service", "s") + "/config/executable = /x"}, "[service s]"},
		"leaf deleted":               {[]string{"- " + viewtest.Entry("service", "s") + "/config/uid"}, "[service s]"},
		"leaf-list entry":            {[]string{viewtest.Entry("transition", "a", "b") + "/config/operation[.='read']"}, "[transition a>b]"},
		"container deleted":          {[]string{"- " + viewtest.Entry("service", "s") + "/config"}, "[service s]"},
		"entry deleted":              {[]string{"- " + viewtest.Entry("transition", "a", "b")}, "[-transition a>b]"},
		"all of a list deleted":      {[]string{"- domains"}, "[-domain a -domain b]"},
		"everything deleted":         {[]string{"- "}, "[-domain a -domain b -service s -transition a>b system waveguard]"},
		"system":                     {[]string{"system/config/minimum-isolation-strength = MPROTECT"}, "[system node-7]"},
		"system deleted":             {[]string{"- system"}, "[system waveguard]"},
		"users are access control's": {[]string{"system/users/user[name='olga']/config/role = VIEWER"}, "[]"},
	} {
		t.Run(name, func(t *testing.T) {
			d := viewtest.Delta(t, from, viewtest.Edit(t, from, test.lines...))
			if got := outline(d); got != test.want {
				t.Errorf("delta holds %s, want %s", got, test.want)
			}
			if d.Empty() != (test.want == "[]") {
				t.Errorf("Empty is %v of %s", d.Empty(), test.want)
			}
		})
	}
}

func TestDeltaOfAWholeTree(t *testing.T) {
	d := viewtest.Delta(t, tree.New(viewtest.Set(t)), small(t))
	if got, want := outline(d), "[domain a domain b service s system node-7 transition a>b]"; got != want {
		t.Fatalf("delta holds %s, want %s", got, want)
	}
	b := d.Domains["b"]
	if b.GetName() != "b" || b.GetId() != 2 || b.GetPrivilegeLevel() != gen.MpkSecurityTypes_PrivilegeLevel_HIGH ||
		b.GetAdministrativeState() != gen.MpkSecurityTypes_AdministrativeState_IN_SERVICE {
		t.Errorf("domain b is %+v", b)
	}
	if s := d.Services["s"]; s.GetDomain() != "a" || s.GetUid() != 7 || s.Executable != nil {
		t.Errorf("service s is %+v", s)
	}
	if tr := d.Transitions[view.TransitionKey{Source: "a", Target: "b"}]; tr.GetAction() != gen.MpkSecurityTypes_TransitionAction_PERMIT ||
		!tr.GetFastPath() || tr.MaxRate != nil || tr.Operation != nil {
		t.Errorf("transition is %+v", tr)
	}
}

// TestDeltaShowsTheLatest takes an entry that several changes name.
func TestDeltaShowsTheLatest(t *testing.T) {
	from := small(t)
	to := viewtest.Edit(t, from, viewtest.Entry("transition", "a", "b")+"/config/max-rate = 5",
		viewtest.Entry("transition", "a", "b")+"/config/operation[.='x']", viewtest.Entry("transition", "a", "b")+"/config/operation[.='y']")
	tr := viewtest.Delta(t, from, to).Transitions[view.TransitionKey{Source: "a", Target: "b"}]
	if tr.GetMaxRate() != 5 || !slices.Equal(tr.Operation, []string{"x", "y"}) {
		t.Errorf("transition is %+v", tr)
	}
}

// grid is a configuration of n domains and n*n-n transitions.
func grid(t testing.TB, n int) *tree.Tree {
	var lines []string
	name := func(i int) string { return fmt.Sprintf("d%d", i) }
	for i := range n {
		lines = append(lines, viewtest.Domain(name(i), i+1)...)
		for j := range n {
			if i != j {
				lines = append(lines, viewtest.Transition(name(i), name(j), "PERMIT")...)
			}
		}
	}
	return viewtest.Config(t, lines...)
}

// TestDeltaLooksAtChangesOnly counts what one change among many entries
// allocates: a look at each entry would show.
func TestDeltaLooksAtChangesOnly(t *testing.T) {
	from := grid(t, 40)
	to := viewtest.Edit(t, from, viewtest.Entry("transition", "d3", "d4")+"/config/action = DENY")
	changes := tree.Diff(from, to)
	allocations := testing.AllocsPerRun(10, func() {
		d, err := view.New(to, changes)
		if err != nil || len(d.Transitions) != 1 {
			t.Fatalf("%v, %v", d, err)
		}
	})
	if allocations > 200 {
		t.Errorf("one change of 1,560 transitions takes %v allocations", allocations)
	}
}

func BenchmarkDelta(b *testing.B) {
	from := grid(b, 101)
	to := viewtest.Edit(b, from, viewtest.Entry("transition", "d3", "d4")+"/config/action = DENY")
	empty := tree.New(viewtest.Set(b))
	for name, pair := range map[string][2]*tree.Tree{"one-of-10100": {from, to}, "all-10100": {empty, from}} {
		b.Run(name, func(b *testing.B) {
			changes := tree.Diff(pair[0], pair[1])
			for b.Loop() {
				if _, err := view.New(pair[1], changes); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
