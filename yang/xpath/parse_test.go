package xpath

import (
	"errors"
	"strings"
	"testing"
)

func TestParseErrors(t *testing.T) {
	tests := []struct {
		expr   string
		offset int
		msg    string
	}{
		{"", 0, "unexpected end of expression"},
		{" ", 1, "unexpected end of expression"},
		{"a b", 2, "where an operator is expected"},
		{"a andb", 2, "where an operator is expected"},
		{"'a' 'b'", 4, `unexpected "b"`},
		{"1 2", 2, `unexpected "2"`},
		{"a[", 2, "unexpected end"},
		{"a[]", 2, `unexpected "]"`},
		{"a[1", 3, `end of expression where "]" is expected`},
		{"a]", 1, "unexpected"},
		{"(a", 2, `where ")" is expected`},
		{"a/", 2, "where a name is expected"},
		{"//", 2, "where a name is expected"},
		{"a//", 3, "where a name is expected"},
		{"///a", 2, "where a name is expected"},
		{"a/1", 2, "where a name is expected"},
		{"a/count(b)", 2, "where a name is expected"},
		{"/ * 3", 4, `unexpected "3"`},
		{".[1]", 1, "unexpected"},
		{"..[1]", 2, "unexpected"},
		{"a::b", 0, `unknown axis "a"`},
		{"deref::b", 0, "unknown axis"},
		{"child::", 7, "where a name is expected"},
		{"a:", 1, "unexpected character"},
		{"a : b", 2, "unexpected character"},
		{"m: a", 1, "unexpected character"},
		{"!a", 0, "unexpected character"},
		{"a # b", 2, `unexpected character '#'`},
		{"'a", 0, "without closing '"},
		{`"a'`, 0, `without closing "`},
		{"$x", 0, "unknown variable $x"},
		{"$", 0, "no name behind $"},
		{"y:a", 0, "prefix y is not declared"},
		{"a/y:*", 2, "prefix y is not declared"},
		{"a + ", 4, "unexpected end"},
		{"a or", 4, "unexpected end"},
		{"= a", 0, "unexpected"},
		{"a = = b", 4, "unexpected"},
		{"a,b", 1, "unexpected"},
		{"node(a)", 5, `where ")" is expected`},
		{"comment('a')", 8, `where ")" is expected`},

		{"foo()", 0, `unknown function "foo"`},
		{"m:count(a)", 0, `unknown function "m:count"`},
		{"document('a')", 0, "unknown function"},
		{"count()", 0, "count has 0 arguments, needs at least 1"},
		{"count(a, b)", 0, "count has 2 arguments, takes at most 1"},
		{"concat('a')", 0, "concat has 1 arguments, needs at least 2"},
		{"current(1)", 0, "current has 1 arguments, takes at most 0"},
		{"concat('a',)", 11, "unexpected"},
		{"count(1)", 6, "1 does not select nodes"},
		{"1 + sum('a')", 8, "'a' does not select nodes"},
		{"deref(string(.))", 6, "does not select nodes"},
		{"1 | a", 0, "does not select nodes"},
		{"a | b | true()", 8, "does not select nodes"},
		{"1/a", 0, "does not select nodes"},
		{"(1 = 1)[1]", 0, "does not select nodes"},
		{"a[1 | 2]", 2, "does not select nodes"},
		{"re-match(., '[')", 0, "re-match: pattern"},
		{"derived-from(., 'y:a')", 0, "derived-from: prefix y"},
		{"derived-from(., '')", 0, "does not name an identity"},
		{"derived-from-or-self(., 'a:b:c')", 0, "does not name an identity"},

		{"\xff", 0, "UTF-8"},
		{strings.Repeat("a", maxExprBytes+1), maxExprBytes, "longer than 65536 bytes"},
		{strings.Repeat("(", 300) + "1" + strings.Repeat(")", 300), 200, "nested deeper than 200"},
		{strings.Repeat("a[", 300), 400, "nested deeper"},
		{strings.Repeat("-", 300) + "1", 200, "nested deeper"},
		{strings.Repeat("not(", 300), 800, "nested deeper"},
	}
	for _, tt := range tests {
		e, err := Parse(tt.expr, prefixes)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%.40s: %v, %v; want a SyntaxError", tt.expr, e, err)
			continue
		}
		if syntax.Offset != tt.offset || !strings.Contains(syntax.Error(), tt.msg) {
			t.Errorf("%.40s: %v; want %q at %d", tt.expr, err, tt.msg, tt.offset)
		}
	}
}

func TestString(t *testing.T) {
	tests := []struct{ expr, want string }{
		{"  a / child::b [ 1 ] ", "a/b[1]"},
		{"/child::m:a/descendant-or-self::node()/child::*", "/m:a//*"},
		{"descendant-or-self::node()/a", "descendant-or-self::node()/a"},
		{"a/descendant-or-self::node()", "a/descendant-or-self::node()"},
		{"//descendant-or-self::node()/a", "//descendant-or-self::node()/a"},
		{"self::node()/parent::node()/attribute::x:*", "./../@x:*"},
		{"self::node()[1]/self::a", "self::node()[1]/self::a"},
		{"processing-instruction( 'a' )|text ( )", "processing-instruction('a') | text()"},
		{`"it's"`, `"it's"`},
		{`"x"`, "'x'"},
		{"1.50", "1.50"},
		{"((1+2))*3", "(1 + 2) * 3"},
		{"1+(2*3)", "1 + 2 * 3"},
		{"1-(2-3)", "1 - (2 - 3)"},
		{"(1-2)-3", "1 - 2 - 3"},
		{"-(-1)", "--1"},
		{"-(1+2)", "-(1 + 2)"},
		{"(a or b) and c or d", "(a or b) and c or d"},
		{"a or (b or c)", "a or (b or c)"},
		{"a=b=c", "a = b = c"},
		{"a=(b=c)", "a = (b = c)"},
		{"(a=b)<c", "(a = b) < c"},
		{"(/) * 3", "(/) * 3"},
		{"(/)and a", "(/) and a"},
		{"/|a", "(/) | a"},
		{"(a|b)[1]/c", "(a | b)[1]/c"},
		{"((a)[1])[2]//c", "((a)[1])[2]//c"},
		{"(a/b)/c", "(a/b)/c"},
		{"current ( ) / .. /a", "current()/../a"},
		{"deref(a)[1]", "deref(a)[1]"},
		{"a -b", "a - b"},
		{"a-b", "a-b"},
		{"div div div", "div div div"},
		{"* * *", "* * *"},
		{"concat('a',\"b\" , 1)", "concat('a', 'b', 1)"},
	}
	for _, tt := range tests {
		e := mustParse(t, tt.expr)
		if e.String() != tt.want {
			t.Errorf("%s prints as %s, want %s", tt.expr, e, tt.want)
		}
		if again := mustParse(t, e.String()); again.String() != tt.want {
			t.Errorf("%s prints as %s", e, again)
		}
	}
}

// TestLongExpressions makes sure that length alone is no trouble: chains aren't
// nesting.
func TestLongExpressions(t *testing.T) {
	ctx := Context{Node: sample()}
	for part, n := range map[string]int{"1+": 32000, "1=": 32000, "1 or ": 10000, "/ports/..|": 6000} {
		src := strings.Repeat(part, n) + "/ports"
		e := mustParse(t, src)
		if got, err := e.Bool(ctx); err != nil {
			t.Errorf("%s...: %v, %v", part, got, err)
		}
		if len(e.Deps()) == 0 {
			t.Errorf("%s... has no dependencies", part)
		}
	}
	for _, part := range []string{"./", "../", "*/", "self::*/", "*[1]/"} {
		e := mustParse(t, strings.Repeat(part, 8000)+"*")
		if _, err := e.Nodes(ctx); err != nil {
			t.Errorf("%s...: %v", part, err)
		}
	}
}

func TestNilResolver(t *testing.T) {
	e, err := Parse("/ports/port[m:name='eth1']/x:*", nil)
	if err != nil {
		t.Fatal(err)
	}
	if deps := showDeps(e); deps != "/ports/port/m:name /ports/port/x:*" {
		t.Error(deps)
	}
}
