package yangtool

import (
	"strings"
	"testing"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
)

func TestExcerpt(t *testing.T) {
	long := strings.Repeat("x", 100) + "!" + strings.Repeat("y", 100)
	for _, c := range []struct {
		line   string
		column int
		marked byte
	}{
		{"a!b", 2, '!'},
		{"\t\t!b", 3, '!'},
		{"äöü!", 7, '!'},
		{long, 101, '!'},
		{"end", 4, 0},
		{"end", 40, 0},
	} {
		shown, before := excerpt([]byte(c.line), c.column)
		// What stands before the mark is as wide as what stands before the character.
		at := len([]rune(before))
		if runes := append([]rune(shown), 0); runes[at] != rune(c.marked) {
			t.Errorf("%q, column %d: %q is marked behind %q", c.line, c.column, shown, before)
		}
		if len(shown) > shownBytes+len("......") {
			t.Errorf("%d bytes are shown", len(shown))
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"mtu", "mtu", 0},
		{"mtu", "mut", 1},
		{"mtu", "mtus", 1},
		{"mtu", "tu", 1},
		{"mtu", "mta", 1},
		{"kitten", "sitting", 3},
	} {
		if got, back := distance(c.a, c.b), distance(c.b, c.a); got != c.want || back != c.want {
			t.Errorf("from %q to %q it is %d, and %d back; want %d", c.a, c.b, got, back, c.want)
		}
	}
}

func TestLine(t *testing.T) {
	f := &File{Text: []byte("one\r\ntwo\n\nfour")}
	for n, want := range map[int]string{0: "", 1: "one", 2: "two", 3: "", 4: "four", 5: ""} {
		if got := string(f.line(n)); got != want {
			t.Errorf("line %d is %q", n, got)
		}
	}
	for offset, want := range map[int]Place{0: {1, 1}, 4: {1, 5}, 5: {2, 1}, 6: {2, 2}, 9: {3, 1}, 14: {4, 5}} {
		if got := f.placeOf(offset); got != want {
			t.Errorf("offset %d is %v, want %v", offset, got, want)
		}
	}
}

// What a file holds gives no orders to the terminal.
func TestPrintable(t *testing.T) {
	f := &File{Name: "a\x1b[2Jb.json", Text: []byte("\x1b]0;title\x07\tx\xff\u009b31m\n")}
	p := Problem{Message: "bad \x1b[31m", Path: "/a:b[k='\x07']", Hint: "\u202efdp"}.at(f, Place{1, 12})
	var b strings.Builder
	if err := WriteProblems(&b, text.Palette{}, []Problem{p}); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(b.String(), "\x1b\x07\u009b\u202e") {
		t.Errorf("got %q", b.String())
	}
	if want := "    1 | \uFFFD]0;title\uFFFD\tx\uFFFD\uFFFD31m\n      |           \t^\n"; !strings.Contains(b.String(), want) {
		t.Errorf("got %q, want %q in it", b.String(), want)
	}
}

// A hundred thousand problems on one long line cost no copies of it.
func TestProblemsOnOneLine(t *testing.T) {
	c, _, err := Models{Files: []*File{{Name: "a.yang", Format: YANG, Text: []byte("module a { namespace urn:a; prefix a; leaf x { type string; } }")}}}.Compile()
	if err != nil {
		t.Fatal(err)
	}
	const n = 50_000
	for format, doc := range map[Format]string{
		XML:  `<data xmlns:a="urn:a">` + strings.Repeat("<a:y/>", n) + "</data>",
		JSON: `{"a:x": "1"` + strings.Repeat(`,"a:y":1`, n) + "}",
	} {
		_, problems := c.Decode(&File{Name: "doc", Format: format, Text: []byte(doc)}, true)
		if len(problems) < n {
			t.Fatalf("%s: got %d problems, want at least %d", format, len(problems), n)
		}
		if p := problems[n-1]; p.Line != 1 || p.Column < 4*n || len(p.shown) > shownBytes+len("......") {
			t.Errorf("%s: got %+v", format, p)
		}
	}
}

func TestManyProblems(t *testing.T) {
	problems := make([]Problem, shownProblems+5)
	for i := range problems {
		problems[i].Message = "wrong"
	}
	var b strings.Builder
	if err := WriteProblems(&b, text.Palette{}, problems); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); strings.Count(got, "error: wrong\n") != shownProblems || !strings.HasSuffix(got, "There are 5 more.\n") {
		t.Errorf("got %s", got)
	}
}
