package xpath

import (
	"errors"
	"testing"
)

// FuzzParse requires that the normal form compiles to the same, and that no
// expression upsets the evaluator.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"../enabled = 'true'",
		"/ports/port[name=current()/../from]/mtu",
		"(a | //b[last()])[position() mod 2 = 1]/ancestor::*[1]",
		"derived-from-or-self(deref(port/parent)/../type, 'x:optical')",
		"not(re-match(., '[a-z-[aeiou]]+')) and count(x:*) >= -1.5 div 0",
		"substring(translate(name(), 'a', \"b\"), 2, 3)",
		"/ or preceding::text() | following-sibling::comment()",
		"link[from='eth0' and to='eth1'][cost]",
	} {
		f.Add(seed)
	}
	tree := sample()
	f.Fuzz(func(t *testing.T, src string) {
		e, err := Parse(src, prefixes)
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Offset < 0 || syntax.Offset > len(src) {
				t.Fatalf("%q: %v", src, err)
			}
			return
		}
		ctx := Context{Node: tree.kids[1], MaxVisits: 10_000}
		before, failed := e.StringValue(ctx)
		if len(e.String()) > maxExprBytes {
			return
		}
		again, err := Parse(e.String(), prefixes)
		if err != nil || again.String() != e.String() || showDeps(again) != showDeps(e) {
			t.Fatalf("%q prints as %q, that as %v (%v)", src, e, again, err)
		}
		after, failedAgain := again.StringValue(ctx)
		if before != after || (failed == nil) != (failedAgain == nil) {
			t.Fatalf("%q gives %q (%v), its normal form %q gives %q (%v)", src, before, failed, e, after, failedAgain)
		}
		if _, err := e.Bool(ctx); failed == nil && err != nil {
			t.Fatalf("%q as boolean: %v", src, err)
		}
		if _, err := e.Nodes(ctx); failed == nil && err != nil && !errors.Is(err, ErrNotNodeSet) && !errors.Is(err, ErrTooManyVisits) {
			t.Fatalf("%q as nodes: %v", src, err)
		}
	})
}
