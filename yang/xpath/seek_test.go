package xpath

import (
	"slices"
	"testing"
)

// TestSeek compares Seek with a choice among all nodes, and says where it needs
// no scan.
func TestSeek(t *testing.T) {
	tests := []struct {
		expr    string
		lookups int
	}{
		{"/ports/port/name", 1},
		{"/m:ports/m:port/m:name", 1},
		{"../ports/port[mtu > 5]/name", 0},
		{"/ports/port[name='eth0']/tag", 1},
		{"link[from='eth0']/to", 1},
		{"link[from='eth0'][to='eth1']/cost", 1},
		{"/ports/port/mtu", 0},
		{"/ports/port[1]/name", 0},
		{"/ports/port[name='eth1'][last()]/name", 1},
		{"/ports/*", 0},
		{"//name", 0},
		{"best | /ports/port/name", 0},
		{".", 0},
	}
	for _, tt := range tests {
		e := mustParse(t, tt.expr)
		for _, value := range []string{"eth0", "eth1", "red", "9000", "none", ""} {
			root := sample()
			ctx := Context{Node: root.kids[1]}
			got, err := e.Seek(ctx, value)
			if err != nil {
				t.Fatal(err)
			}
			if root.use.lookups < tt.lookups {
				t.Errorf("%s, %s: %d lookups, want %d", tt.expr, value, root.use.lookups, tt.lookups)
			}
			root.use.noIndex = true
			all, err := e.Nodes(ctx)
			if err != nil {
				t.Fatal(err)
			}
			want := slices.DeleteFunc(all, func(n Node) bool { return n.Value() != value })
			if showAll(got) != showAll(want) {
				t.Errorf("%s, %s: got %s, want %s", tt.expr, value, showAll(got), showAll(want))
			}
		}
	}
	if _, err := mustParse(t, "1 + 1").Seek(Context{Node: sample()}, "2"); err == nil {
		t.Error("a number was searched")
	}
}
