package xpath

import (
	"strconv"
	"testing"
)

// TestLookup says which expressions are answered without a scan of the list.
func TestLookup(t *testing.T) {
	tests := []struct {
		expr    string
		lookups int
	}{
		{"/ports/port[name='eth1']", 1},
		{"/ports/port[m:name='eth1']/mtu", 1},
		{"/ports/port[current()/best = name]", 1},
		{"/ports/port[name = string(/links/best)]", 1},
		{"/ports/port[name = concat('eth', '1')]", 1},
		{"/ports/port[name='none']", 1},
		{"/ports/port[name='eth1'][mtu > 5]", 1},
		{"/ports/port[name='eth1'][last()]", 1},
		{"/ports/port[name='eth1'][mtu='9000']", 1},
		{"link[from='eth0'][to='eth1']", 1},
		{"link[from='eth0' and to=current()/best]/cost", 1},
		{"/ports/port[name='eth0']/tag[.='red']", 2},

		{"/ports/port[name=none]", 0},
		{"/ports/port[name=/links/link/to]", 0},
		{"/ports/port[name=mtu]", 0},
		{"/ports/port[name='eth1' or mtu]", 0},
		{"/ports/port[name!='eth1']", 0},
		{"/ports/port[mtu='9000']", 0},
		{"/ports/port[x:name='eth1']", 0},
		{"/ports/port[name=1]", 0},
		{"/ports/port[2][name='eth1']", 0},
		{"/ports/*[name='eth1']", 0},
		{"//port[name='eth1']", 0},
		{"link[from='eth0']", 0},
		{"link[from='eth0' and from='eth1']", 0},
	}
	for _, tt := range tests {
		root := sample()
		ctx := Context{Node: root.kids[1]}
		nodes, err := mustParse(t, tt.expr).Nodes(ctx)
		if err != nil || root.use.lookups != tt.lookups {
			t.Errorf("%s: %d lookups, %v; want %d", tt.expr, root.use.lookups, err, tt.lookups)
		}
		root.use.noIndex = true
		scanned, err := mustParse(t, tt.expr).Nodes(ctx)
		if err != nil || showAll(nodes) != showAll(scanned) {
			t.Errorf("%s: %s by lookup, %s by scan, %v", tt.expr, showAll(nodes), showAll(scanned), err)
		}
	}
}

// TestLazy says how many nodes an evaluation may visit.
func TestLazy(t *testing.T) {
	var ports []*memNode
	for i := range 1000 {
		ports = append(ports, entry("m:port", "name", leaf("m:name", strconv.Itoa(i))))
	}
	root := plant(container("m:ports", ports...))
	for src, visits := range map[string]int{
		"boolean(//port)":          5,
		"not(/ports/port/name)":    5,
		"/ports/port[1]/name":      5,
		"/ports/port[3]":           5,
		"string(/ports/port/name)": 5,
		"/ports/port[name='999']":  5,
		"/ports/port/name = '2'":   10,
		"/ports or //name = 'x'":   5,
		"count(//port/..)":         4100,
	} {
		if _, err := mustParse(t, src).Bool(Context{Node: root, MaxVisits: visits}); err != nil {
			t.Errorf("%s: %v", src, err)
		}
	}
}

func BenchmarkLookupPredicate(b *testing.B) {
	root := sample()
	e := mustParse(b, "link[from=current()/../ports/port[1]/name][to=current()/best]/cost > 5")
	ctx := Context{Node: root.kids[1]}
	b.ReportAllocs()
	for b.Loop() {
		if ok, err := e.Bool(ctx); err != nil || !ok {
			b.Fatal(ok, err)
		}
	}
}
