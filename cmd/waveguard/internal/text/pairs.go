package text

import (
	"io"
	"strings"
)

// Pair is a name and what is to be said of it, in one line or more.
type Pair struct{ Name, Value string }

// WritePairs writes names below one another and the values beside them,
// indented.
func WritePairs(w io.Writer, pairs ...Pair) error {
	widest := 0
	for _, pair := range pairs {
		widest = max(widest, width(pair.Name))
	}
	var b strings.Builder
	for _, pair := range pairs {
		name := pair.Name
		for line := range strings.Lines(pair.Value + "\n") {
			b.WriteString(gap + name + strings.Repeat(" ", widest-width(name)) + gap + line)
			name = ""
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
