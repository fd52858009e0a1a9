package text

import (
	"os"
	"strings"
	"testing"
)

func sample(p Palette) *Table {
	t := NewTable(p, "SOURCE", "CALLS", "NOTE")
	t.Add(Cell{Text: "dashboard"}, Cell{Text: "7", Right: true}, Cell{Text: "naïve → ok", Style: Good})
	t.Add(Cell{Text: "é"}, Cell{Text: "1234567", Right: true}, Cell{})
	return t
}

func TestTable(t *testing.T) {
	var b strings.Builder
	if err := sample(Palette{}).Write(&b); err != nil {
		t.Fatal(err)
	}
	want := "" +
		"SOURCE       CALLS  NOTE\n" +
		"dashboard        7  naïve → ok\n" +
		"é          1234567  -\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestColoursDoNotMoveColumns(t *testing.T) {
	var plain, coloured strings.Builder
	if err := sample(Palette{}).Write(&plain); err != nil {
		t.Fatal(err)
	}
	if err := sample(Palette{colours: true}).Write(&coloured); err != nil {
		t.Fatal(err)
	}
	stripped := strings.NewReplacer("\x1b[1m", "", "\x1b[32m", "", "\x1b[0m", "").Replace(coloured.String())
	if stripped != plain.String() || stripped == coloured.String() {
		t.Errorf("without colours:\n%s\nwant\n%s", stripped, plain.String())
	}
}

func TestPaletteFor(t *testing.T) {
	none := func(string) string { return "" }
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if PaletteFor(file, none).colours || PaletteFor(new(strings.Builder), none).colours {
		t.Error("colours for what is no terminal")
	}
	terminal, err := os.Open("/dev/ptmx")
	if err != nil {
		t.Skipf("no pseudo-terminal here: %v; mount devpts", err)
	}
	defer terminal.Close()
	if !PaletteFor(terminal, none).colours {
		t.Error("no colours for a terminal")
	}
	for _, name := range []string{"NO_COLOR", "TERM"} {
		env := func(asked string) string {
			if asked == name {
				return "dumb"
			}
			return ""
		}
		if PaletteFor(terminal, env).colours {
			t.Errorf("colours in spite of %s", name)
		}
	}
}

func TestWritePairs(t *testing.T) {
	var b strings.Builder
	if err := WritePairs(&b, Pair{"walls", "NONE\nno wall"}, Pair{"policy epoch", "4"}); err != nil {
		t.Fatal(err)
	}
	want := "  walls         NONE\n                no wall\n  policy epoch  4\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}
