package policy

import (
	"reflect"
	"slices"
	"testing"

	"github.com/optical-net/waveguard/enforcement/page"
	"github.com/optical-net/waveguard/gen/view/viewtest"
	"github.com/optical-net/waveguard/yang/tree"
)

func configOf(t testing.TB, lines ...string) *Config {
	t.Helper()
	c := NewConfig()
	c.Apply(viewtest.Delta(t, tree.New(viewtest.Set(t)), viewtest.Config(t, lines...)))
	return c
}

func TestCompileEntry(t *testing.T) {
	const all = ^uint32(0)
	at := viewtest.Entry("transition", "a", "b") + "/config/"
	hosted := []Hosted{{Domain: "a"}, {"b", []string{"read", "write", "read"}}}
	for name, test := range map[string]struct {
		lines []string
		want  *page.Entry
	}{
		"none":               {nil, nil},
		"permit":             {viewtest.Transition("a", "b", "PERMIT"), &page.Entry{Target: 1, Flags: page.Permit | page.FastPath, Operations: all}},
		"deny":               {viewtest.Transition("a", "b", "DENY"), &page.Entry{Target: 1, Flags: page.FastPath, Operations: all}},
		"one operation":      {append(viewtest.Transition("a", "b", "PERMIT"), at+"operation[.='write']"), &page.Entry{Target: 1, Flags: page.Permit | page.FastPath, Operations: 0b010}},
		"same name twice":    {append(viewtest.Transition("a", "b", "PERMIT"), at+"operation[.='read']"), &page.Entry{Target: 1, Flags: page.Permit | page.FastPath, Operations: 0b101}},
		"unknown operation":  {append(viewtest.Transition("a", "b", "PERMIT"), at+"operation[.='erase']"), &page.Entry{Target: 1, Flags: page.Permit | page.FastPath}},
		"known and unknown":  {append(viewtest.Transition("a", "b", "PERMIT"), at+"operation[.='erase']", at+"operation[.='write']"), &page.Entry{Target: 1, Flags: page.Permit | page.FastPath, Operations: 0b010}},
		"rate":               {append(viewtest.Transition("a", "b", "PERMIT"), at+"max-rate = 12"), &page.Entry{Target: 1, Flags: page.Permit | page.FastPath, Operations: all, MaxRate: 12}},
		"dwell":              {append(viewtest.Transition("a", "b", "PERMIT"), at+"max-dwell-time = 34"), &page.Entry{Target: 1, Flags: page.Permit | page.FastPath, Operations: all, MaxDwell: 34}},
		"no fast path":       {append(viewtest.Transition("a", "b", "PERMIT"), at+"fast-path = false"), &page.Entry{Target: 1, Flags: page.Permit, Operations: all}},
		"the other way":      {viewtest.Transition("b", "a", "PERMIT"), nil},
		"to one not hosted":  {viewtest.Transition("a", "c", "PERMIT"), nil},
		"an action too less": {[]string{at + "source = a", at + "target = b"}, &page.Entry{Target: 1, Flags: page.FastPath, Operations: all}},
	} {
		t.Run(name, func(t *testing.T) {
			lines := slices.Concat(viewtest.Domain("a", 1), viewtest.Domain("b", 2), viewtest.Domain("c", 3), test.lines)
			table := Compile(configOf(t, lines...).Reader(), hosted)
			var want []page.Entry
			if test.want != nil {
				want = []page.Entry{*test.want}
			}
			if !reflect.DeepEqual(table[0].Entries, want) {
				t.Errorf("row of a is %+v, want %+v", table[0].Entries, want)
			}
		})
	}
}

func TestCompileDomain(t *testing.T) {
	for name, test := range map[string]struct {
		lines []string
		want  page.Domain
	}{
		"in service":     {viewtest.Domain("a", 5), page.Domain{ID: 5, Level: 1, State: page.InService, Wall: page.Wall{Priority: 204}}},
		"controller":     {viewtest.Domain("a", 0), page.Domain{State: page.InService, Wall: page.Wall{Priority: 255}}},
		"lowest level":   {append(viewtest.Domain("a", 6), viewtest.Entry("domain", "a")+"/config/privilege-level = DYNAMIC"), page.Domain{ID: 6, Level: 4, State: page.InService, Wall: page.Wall{Priority: 51}}},
		"out of service": {append(viewtest.Domain("a", 5), viewtest.Entry("domain", "a")+"/config/administrative-state = OUT_OF_SERVICE"), page.Domain{ID: 5, Level: 1, State: page.OutOfService, Wall: page.Wall{Priority: 204}}},
		"unknown":        {viewtest.Domain("b", 5), page.Domain{State: page.Isolated}},
	} {
		t.Run(name, func(t *testing.T) {
			if table := Compile(configOf(t, test.lines...).Reader(), []Hosted{{Domain: "a"}}); !reflect.DeepEqual(table, page.Table{test.want}) {
				t.Errorf("page is %+v, want %+v", table, test.want)
			}
		})
	}
}

func TestCompileWall(t *testing.T) {
	at := viewtest.Entry("domain", "a") + "/config/"
	for name, test := range map[string]struct {
		lines []string
		want  page.Wall
	}{
		"default":       {nil, page.Wall{Priority: 204}},
		"permissive":    {[]string{at + "enforcement-mode = PERMISSIVE"}, page.Wall{Manner: page.Permissive, Priority: 204}},
		"enforcing":     {[]string{at + "enforcement-mode = ENFORCING"}, page.Wall{Priority: 204}},
		"pinned":        {[]string{at + "pinned = true"}, page.Wall{Manner: page.Pinned, Priority: 204}},
		"constant time": {[]string{at + "constant-time-checks = true", at + "gate-delay = 65535"}, page.Wall{Manner: page.ConstantTime, Priority: 204, GateDelay: 65535}},
		"priority 0":    {[]string{at + "key-priority = 0"}, page.Wall{}},
		"dynamic":       {[]string{at + "privilege-level = DYNAMIC", at + "pinned = true"}, page.Wall{Manner: page.Pinned, Priority: 51}},
	} {
		t.Run(name, func(t *testing.T) {
			lines := append(viewtest.Domain("a", 5), test.lines...)
			if table := Compile(configOf(t, lines...).Reader(), []Hosted{{Domain: "a"}}); table[0].Wall != test.want {
				t.Errorf("wall is %+v, want %+v", table[0].Wall, test.want)
			}
		})
	}
}

// TestCompiledRowsAreSorted: pages refuse others.
func TestCompiledRowsAreSorted(t *testing.T) {
	names := []string{"e", "a", "d", "b", "c"}
	var lines []string
	var hosted []Hosted
	for i, source := range names {
		lines = append(lines, viewtest.Domain(source, i+1)...)
		hosted = append(hosted, Hosted{Domain: source})
		for _, target := range names {
			if source != target {
				lines = append(lines, viewtest.Transition(source, target, "PERMIT")...)
			}
		}
	}
	p, err := page.NewPolicy(len(hosted))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := p.Publish(Compile(configOf(t, lines...).Reader(), hosted)); err != nil {
		t.Error(err)
	}
}
