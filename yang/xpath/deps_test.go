package xpath

import (
	"strings"
	"testing"
)

func showDeps(e *Expr) string {
	var texts []string
	for _, d := range e.Deps() {
		texts = append(texts, d.String())
	}
	return strings.Join(texts, " ")
}

func TestDeps(t *testing.T) {
	tests := []struct{ expr, want string }{
		{"1 + 1", ""},
		{"true() and position() = last()", ""},
		{".", "."},
		{"/", "/"},
		{"a", "m:a"},
		{"../a/x:b", "parent::*/m:a/x:b"},
		{"/a//b", "/m:a/descendant::m:b"},
		{"/a//b[1]", "/m:a/descendant-or-self::*/m:b"},
		{"*", "*"},
		{"x:*/text()", "x:*"},
		{"self::a/ancestor::node()", "self::m:a/ancestor::*"},
		{"@a | comment() | a/processing-instruction()", ""},
		{"a | b = c", "m:a m:b m:c"},
		{"a and a or a", "m:a"},
		{"string() = number(b)", ". m:b"},
		{"-a + count(b)", "m:a m:b"},
		{"a[b = 'x']/c", "m:a/m:b m:a/m:c"},
		{"a[. = 'x']/c", "m:a m:a/m:c"},
		{"a[b[c]][../d]", "m:a/m:b/m:c m:a/m:b m:a/parent::*/m:d m:a"},
		{"a[b = current()/../c]", "m:a/m:b parent::*/m:c m:a"},
		{"a[b = /c[d]]", "m:a/m:b /m:c/m:d /m:c m:a"},
		{"a[string-length() > 1]", "m:a"},
		{"(a | b)[c]/d", "m:a/m:c m:b/m:c m:a/m:d m:b/m:d"},
		{"current()/a", "m:a"},
		{"deref(../a)/../b", "parent::*/m:a parent::*/m:a/deref::*/parent::*/m:b"},
		{"a[deref(b)/../c]", "m:a/m:b m:a/m:b/deref::*/parent::*/m:c m:a"},
		{"id(a)/b", "m:a"},
		{"derived-from(a, 'x:b')", "m:a"},
	}
	for _, tt := range tests {
		e := mustParse(t, tt.expr)
		if got := showDeps(e); got != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.expr, got, tt.want)
		}
		for _, d := range e.Deps() {
			if d.Deref != strings.Contains(d.String(), "deref::") {
				t.Errorf("%s: Deref is %v in %s", tt.expr, d.Deref, d)
			}
		}
	}
}

func TestDepsOfValues(t *testing.T) {
	for expr, want := range map[string]string{
		"a": "", ". = 1": ".", "not(a) or count(b) = 1": "", "a = b": "m:a m:b", "a[b = 1]": "m:a/m:b", "-a + 1": "m:a",
		"string()": ".", "name()": "", "contains(a, b)": "m:a m:b", "a and a = 1": "m:a", "string-length(a/b)": "m:a/m:b",
	} {
		var got []string
		for _, d := range mustParse(t, expr).Deps() {
			if d.Value {
				got = append(got, d.String())
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s reads the values of %q, want %q", expr, got, want)
		}
	}
}

// TestDepsOfExplosion has expressions with exponentially many paths.
func TestDepsOfExplosion(t *testing.T) {
	const everything = "/descendant-or-self::*"
	for _, part := range []string{"(a|b)[", "(.|.)[", "(a|b|c)/d["} {
		src := strings.Repeat(part, 100) + "1" + strings.Repeat("]", 100)
		if got := showDeps(mustParse(t, src)); got != everything {
			t.Errorf("%s...: %.100s", part, got)
		}
	}
	long := strings.Repeat("a/", 16000) + "a" + strings.Repeat("[b]", 5000)
	if got := showDeps(mustParse(t, long)); got != everything {
		t.Errorf("long path: %.100s", got)
	}
}
