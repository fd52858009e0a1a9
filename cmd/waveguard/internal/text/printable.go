package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable returns s with a sign for each character that a terminal might obey
// rather than show.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && !unicode.IsGraphic(r) {
			return utf8.RuneError
		}
		return r
	}, s)
}
