package xsdre

import (
	"errors"
	"regexp"
	"strings"
	"testing"
)

func TestCompile(t *testing.T) {
	tests := []struct {
		pattern string
		match   []string
		differ  []string
	}{
		{"", []string{""}, []string{"a"}},
		{"abc", []string{"abc"}, []string{"", "ab", "abcd", "xabc", "abc\n"}},
		{"a|bc|", []string{"a", "bc", ""}, []string{"ab", "abc", "c"}},
		{"a|b{2}", []string{"a", "bb"}, []string{"abb", "ab", "b"}},
		{"(a|b)*c?", []string{"", "abba", "c", "abc"}, []string{"cc", "ac b"}},
		{"^a$", []string{"^a$"}, []string{"a"}},
		{"[\\^$]+", []string{"^$"}, []string{""}},
		{"a.c", []string{"abc", "a☃c"}, []string{"a\nc", "a\rc", "ac"}},
		{`\.\\\?\*\+\{\}\(\)\[\]\|\-\^`, []string{`.\?*+{}()[]|-^`}, nil},
		{`\n\r\t`, []string{"\n\r\t"}, nil},
		{`\$\/\@\_`, []string{"$/@_"}, nil},
		{`\d+`, []string{"0", "١٢"}, []string{"", "a", "½"}},
		{`\D`, []string{"a", "½"}, []string{"1"}},
		{`\w+`, []string{"aZ9ß☃+$", "日本"}, []string{" ", "-", "_", ".", "a b"}},
		{`\W`, []string{"-", "_", " ", "\u0378"}, []string{"a"}},
		{`\s*\S`, []string{"x", " \t\r\n-"}, []string{"\u00a0 "}},
		{`\i\c*`, []string{"a", "_a-1.x:y", "é"}, []string{"1a", "-a", "a b"}},
		{`\I\C`, []string{"1 ", "- "}, []string{"a ", "1a"}},
		{`\p{L}+\p{Nd}`, []string{"é1"}, []string{"1é"}},
		{`\P{Lu}`, []string{"a", "1"}, []string{"A"}},
		{`\p{C}`, []string{"\u0000", "\u00ad", "\ue000", "\u0378"}, []string{"a"}},
		{`\p{Cn}`, []string{"\u0378"}, []string{"a", "\u0000"}},
		{`\p{IsBasicLatin}+`, []string{"abc~"}, []string{"é"}},
		{`\P{IsGreek}`, []string{"a"}, []string{"α"}},
		{`[\p{IsCyrillic}\d]+`, []string{"Ж1"}, []string{"Z"}},
		{"[abc]", []string{"a", "b", "c"}, []string{"d", "ab"}},
		{"[^abc]", []string{"d", "\n"}, []string{"a", ""}},
		{"[a-c-]+", []string{"a-c"}, []string{"d"}},
		{"[-a]+", []string{"-a"}, []string{"b"}},
		{"[a-zA-Z0-9-_]+", []string{"a-_9"}, []string{"."}},
		{"[+--]+", []string{"+,-"}, []string{"."}},
		{"[a^]+", []string{"a^"}, nil},
		{"[.*?]+", []string{".*?"}, []string{"a"}},
		{`[\]\[\-\\]+`, []string{`][-\`}, []string{"a"}},
		{"[[a]+", []string{"[a"}, nil},
		{`[^\s\d]+`, []string{"ab"}, []string{"a1", "a "}},
		{`[\S]+`, []string{"ab"}, []string{"a b"}},
		{"[a-z-[aeiou]]+", []string{"xyz"}, []string{"a", "-"}},
		{"[^a-y-[z]]", []string{"A"}, []string{"a", "z"}},
		{"[a-z-[b-y-[m]]]+", []string{"amz"}, []string{"b", "n"}},
		{`[\w-[\d]]+`, []string{"ab"}, []string{"a1"}},
		{"[a-[a]]", nil, []string{"a", "b", ""}},
		{"a{3}", []string{"aaa"}, []string{"aa", "aaaa"}},
		{"a{2,}", []string{"aa", "aaaaa"}, []string{"a"}},
		{"a{0,2}b{0}", []string{"", "a", "aa"}, []string{"aaa", "b"}},
		{"(a{2}b){2}", []string{"aabaab"}, []string{"aab"}},
		{"(a{0}){5}", []string{""}, []string{"a"}},
		{"a}", []string{"a}"}, nil},
		{"(a*)*b", []string{"b", "aab"}, []string{"a"}},
	}
	for _, tt := range tests {
		re, err := Compile(tt.pattern)
		if err != nil {
			t.Errorf("Compile(%q): %v", tt.pattern, err)
			continue
		}
		for _, s := range tt.match {
			if !re.MatchString(s) {
				t.Errorf("%q does not match %q; translated: %s", tt.pattern, s, re)
			}
		}
		for _, s := range tt.differ {
			if re.MatchString(s) {
				t.Errorf("%q matches %q; translated: %s", tt.pattern, s, re)
			}
		}
	}
}

func TestCompileLargeRepetitions(t *testing.T) {
	tests := []struct {
		pattern string
		accepts func(n int) bool
		around  []int
	}{
		{"a{1001}", func(n int) bool { return n == 1001 }, []int{1000, 1001, 1002}},
		{"a{2,2500}", func(n int) bool { return 2 <= n && n <= 2500 }, []int{1, 2, 1000, 2500, 2501}},
		{"a{1500,}", func(n int) bool { return n >= 1500 }, []int{1499, 1500, 1600}},
		{"(a{100}){0,30}", func(n int) bool { return n%100 == 0 && n <= 3000 }, []int{0, 99, 2900, 3000, 3100}},
		{"((a{7}){30}){11}", func(n int) bool { return n == 2310 }, []int{2303, 2310, 2317}},
		{"a{0,20000}", func(int) bool { return true }, []int{0, 1, 1001}},
	}
	for _, tt := range tests {
		re, err := Compile(tt.pattern)
		if err != nil {
			t.Errorf("Compile(%q): %v", tt.pattern, err)
			continue
		}
		for _, n := range tt.around {
			if got := re.MatchString(strings.Repeat("a", n)); got != tt.accepts(n) {
				t.Errorf("%q matches %d times a: %v", tt.pattern, n, got)
			}
		}
	}
}

func TestCompileErrors(t *testing.T) {
	tests := []struct {
		pattern string
		offset  int
		msg     string
	}{
		{"a**", 2, "nothing to repeat"},
		{"a+?", 2, "nothing to repeat"},
		{"*a", 0, "nothing to repeat"},
		{"(?:a)", 1, "nothing to repeat"},
		{"{2}", 0, "nothing to repeat"},
		{"(a", 0, "never closed"},
		{"a)", 1, "without an opening"},
		{"a]", 1, "without an opening"},
		{"[a", 1, "never closed"},
		{"[a-", 1, "never closed"},
		{"[]", 1, "empty"},
		{"[^]", 2, "empty"},
		{"[z-a]", 4, "ends before it starts"},
		{`[a-\d]`, 5, "can't end in a class"},
		{"[a-[b]c]", 6, "must end its class"},
		{"[[:alpha:]]", 1, "POSIX"},
		{`\`, 1, "nothing after"},
		{`\y`, 1, "unknown escape"},
		{`\1`, 1, "unknown escape"},
		{`\p`, 2, "name in braces"},
		{`\p{L`, 3, "never closed"},
		{`\p{Klingon}`, 2, "unknown category or block"},
		{`\p{IsKlingon}`, 2, "unknown category or block"},
		{"a{", 1, "never closed"},
		{"a{,2}", 1, "not a number"},
		{"a{x}", 1, "not a number"},
		{"a{3,2}", 1, "ends before"},
		{"a{-1}", 1, "not a number"},
		{"a{99999999999}", 1, "not a number"},
		{"a{1000000}", 10, "repeats too often"},
		{"((a{999}){999}){999}", 14, "repeats too often"},
		{strings.Repeat("a{1000}", 132), 924, "too large"},
		{strings.Repeat("(", 300), 200, "nested deeper"},
		{strings.Repeat("a", maxPatternBytes+1), 0, "longer than"},
		{"\xff", 0, "UTF-8"},
	}
	for _, tt := range tests {
		_, err := Compile(tt.pattern)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("Compile(%.40q) = %v, want a SyntaxError", tt.pattern, err)
			continue
		}
		if syntax.Offset != tt.offset || !strings.Contains(syntax.Error(), tt.msg) {
			t.Errorf("Compile(%.40q) = %v, want %q at %d", tt.pattern, err, tt.msg, tt.offset)
		}
	}
}

// TestCategories checks every general category against Go's own.
func TestCategories(t *testing.T) {
	for _, name := range []string{
		"L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No",
		"P", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Z", "Zs", "Zl", "Zp", "S", "Sm", "Sc", "Sk", "So",
	} {
		ours, err := Compile(`\p{` + name + `}`)
		if err != nil {
			t.Errorf("category %s: %v", name, err)
			continue
		}
		theirs := regexp.MustCompile(`\A\p{` + name + `}\z`)
		for r := rune(0); r < 0x3000; r++ {
			if s := string(r); ours.MatchString(s) != theirs.MatchString(s) {
				t.Errorf("category %s and %U: %v", name, r, ours.MatchString(s))
			}
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, seed := range []string{`[a-z-[aeiou]]{2,1500}`, `(\i\c*|[^\p{L}\-])+`, `a{0,3}|\.`, `[\w-[\d]]`} {
		f.Add(seed, "abc")
	}
	f.Fuzz(func(t *testing.T, pattern, value string) {
		if len(pattern) > 200 || len(value) > 200 {
			t.Skip("longer inputs only cost time")
		}
		re, err := Compile(pattern)
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Offset < 0 || syntax.Offset > len(pattern) {
				t.Fatalf("Compile(%q): %v", pattern, err)
			}
			return
		}
		if loc := re.FindStringIndex(value); loc != nil && (loc[0] != 0 || loc[1] != len(value)) {
			t.Fatalf("%q matches only part %v of %q", pattern, loc, value)
		}
	})
}
