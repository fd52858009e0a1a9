package text

import (
	"io"
	"os"
)

// Style is how a text looks where there are colours.
type Style string

// The styles.
const (
	Plain Style = ""
	Bold  Style = "1"
	Good  Style = "32" // green
	Warn  Style = "33" // yellow
	Bad   Style = "31" // red
	Faint Style = "2"
)

// Palette paints text; the zero value leaves it as it is.
type Palette struct{ colours bool }

// Terminal says whether what is written to w is shown on a terminal that obeys
// escape sequences.
func Terminal(w io.Writer, getenv func(string) string) bool {
	file, isFile := w.(*os.File)
	return isFile && getenv("TERM") != "dumb" && isTerminal(file)
}

// PaletteFor returns colours for a terminal, unless NO_COLOR is set or the
// terminal is dumb (no-color.org).
func PaletteFor(w io.Writer, getenv func(string) string) Palette {
	return Palette{colours: getenv("NO_COLOR") == "" && Terminal(w, getenv)}
}

// Paint returns text in a style.
func (p Palette) Paint(s Style, text string) string {
	if !p.colours || s == Plain {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}
