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
		shown, before := excerpt(c.line, c.column)
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
		if got := f.line(n); got != want {
			t.Errorf("line %d is %q", n, got)
		}
	}
	for offset, want := range map[int]Place{0: {1, 1}, 4: {1, 5}, 5: {2, 1}, 6: {2, 2}, 9: {3, 1}, 14: {4, 5}} {
		if got := f.placeOf(offset); got != want {
			t.Errorf("offset %d is %v, want %v", offset, got, want)
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
