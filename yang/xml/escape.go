package xml

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// escapes holds what text and attribute values write for a character; control
// characters but tab and line feed become references, so that they survive, or
// the replacement character where XML has no way to write them.
var escapes = func() (t [utf8.RuneSelf]string) {
	for c := range 0x20 {
		t[c] = "\uFFFD"
	}
	t['\t'], t['\n'], t['\r'] = "", "", "&#13;"
	t['<'], t['>'], t['&'], t['"'] = "&lt;", "&gt;", "&amp;", "&#34;"
	return t
}()

// AppendText appends s to dst as character data.
func AppendText(dst []byte, s string) []byte {
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if escapes[c] != "" && c != '"' {
				dst = append(append(dst, s[from:i]...), escapes[c]...)
				from = i + 1
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if !isChar(r) || r == utf8.RuneError && n == 1 {
			dst = append(append(dst, s[from:i]...), "\uFFFD"...)
			from = i + n
		}
		i += n
	}
	return append(dst, s[from:]...)
}

// AppendAttrValue appends s to dst as the inside of a double-quoted attribute value.
func AppendAttrValue(dst []byte, s string) []byte {
	for {
		i := strings.IndexAny(s, "\"\t\n")
		if i < 0 {
			return AppendText(dst, s)
		}
		dst = append(AppendText(dst, s[:i]), "&#"...)
		dst = append(strconv.AppendUint(dst, uint64(s[i]), 10), ';')
		s = s[i+1:]
	}
}

// AppendName appends s to dst as a name without a prefix. A character that cannot
// stand in its place becomes _xHEX_, its number, and an empty name "_".
func AppendName(dst []byte, s string) []byte {
	start := len(dst)
	for len(s) > 0 {
		n := ncNameLen(s)
		if len(dst) > start { // within a name, more is allowed than at its start
			n = nameCharsLen(s)
		}
		if dst, s = append(dst, s[:n]...), s[n:]; s == "" {
			break
		}
		r, size := utf8.DecodeRuneInString(s)
		dst = fmt.Appendf(dst, "_x%X_", r)
		s = s[size:]
	}
	if len(dst) == start {
		dst = append(dst, '_')
	}
	return dst
}
