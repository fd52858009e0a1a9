package schema

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
)

// chain writes statements first to last, each of which names the one before.
func chain(first, format string, n int) string {
	var b strings.Builder
	b.WriteString(first + "\n")
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, format+"\n", i, i-1)
	}
	return b.String()
}

// Chains of this length take well below a second; what costs their square
// would take minutes and gigabytes.
const long = 10_000

func TestLongChains(t *testing.T) {
	set := compileOK(t, chain("leaf x0 { type string; }", "leaf x%d { type leafref { path /a:x%d; } }", long))
	if got := find(t, set, fmt.Sprintf("/a:x%d", long)).Type.referred.Base; got != String {
		t.Errorf("the last leafref is of type %v, want string", got)
	}
	set = compileOK(t, chain("leaf x0 { type string; }", "leaf x%d { when /a:x%d; type string; }", long))
	if len(set.Root.Children) != long+1 {
		t.Errorf("got %d leafs, want %d", len(set.Root.Children), long+1)
	}
	set = compileOK(t, `description "a"`+strings.Repeat(` + "b"`, 500_000)+";")
	if got := len(set.Module("a").Description); got != 500_001 {
		t.Errorf("the description has %d bytes, want 500001", got)
	}
}

func TestTooLongChains(t *testing.T) {
	for text, want := range map[string]string{
		chain("typedef t0 { type string; }", "typedef t%d { type t%d; }", long):                                   "derived through more than 256 typedefs",
		chain("identity i0;", "identity i%d { base i%d; }", long):                                                 "are derived from others more than 250000 times",
		chain("leaf x0 { when /a:x10000; type int8; }", "leaf x%d { when /a:x%d; type int8; }", long):             "depend on each other in a circle",
		chain("leaf x0 { type leafref { path /a:x10000; } }", "leaf x%d { type leafref { path /a:x%d; } }", long): "refers to itself",
		chain("identity i0 { base i10000; }", "identity i%d { base i%d; }", long):                                 "is derived from itself",
	} {
		_, err := Compile([]fs.FS{sources(text)}, Options{})
		wantError(t, err, want)
	}
}

func TestOnCircle(t *testing.T) {
	next := map[string][]string{
		"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, // a circle of three that leads on
		"d": {"e", "f"}, "e": {"g"}, "f": {"g"}, // two ways, no circle
		"s": {"s", "a"}, // itself
		"x": {"y", "a"}, "y": {"x"},
	}
	got := onCircle([]string{"x", "s", "a", "d", "f"}, func(s string) []string { return next[s] })
	for v := range next {
		if want := strings.Contains("abcsxy", v); got[v] != want {
			t.Errorf("%s is on a circle: %t, want %t", v, got[v], want)
		}
	}
}
