package xml

import (
	"strings"
	"unicode/utf8"
)

// Classes of ASCII characters (XML 1.0 sections 2.2, 2.3).
const (
	classNameStart = 1 << iota
	className
	classSpace
	classIllegal
)

var classes = func() (t [256]uint8) {
	for c := range 0x20 {
		t[c] = classIllegal
	}
	t['\t'], t['\n'], t['\r'], t[' '] = classSpace, classSpace, classSpace, classSpace
	for c := 'a'; c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = classNameStart|className, classNameStart|className
	}
	t['_'] = classNameStart | className
	for _, c := range "0123456789-." {
		t[c] = className
	}
	return t
}()

func isSpace(c byte) bool { return classes[c]&classSpace != 0 }

// isBlank says whether s is nothing but white space.
func isBlank(s string) bool {
	for i := range len(s) {
		if !isSpace(s[i]) {
			return false
		}
	}
	return true
}

// isChar says whether r may stand in a document (XML 1.0 section 2.2).
func isChar(r rune) bool {
	switch {
	case r < 0x20:
		return r == '\t' || r == '\n' || r == '\r'
	case r < 0xD800:
		return true
	}
	return r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= utf8.MaxRune
}

// illegalChar returns the offset of the first character that may not stand in a
// document, or -1.
func illegalChar(s string) int {
	i := 0
	for i < len(s) {
		for i+8 <= len(s) && !unusual(word(s[i:i+8])) {
			i += 8
		}
		for end := min(i+8, len(s)); i < end; i++ {
			if s[i] >= utf8.RuneSelf {
				return illegalRune(s, i)
			}
			if classes[s[i]]&classIllegal != 0 {
				return i
			}
		}
	}
	return -1
}

// word is the eight bytes of s as one number.
func word(s string) uint64 {
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// unusual says whether any of the bytes is below 0x20 or above 0x7F.
func unusual(w uint64) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	return ((w-0x20*ones)|w)&high != 0
}

// illegalRune is illegalChar from the offset at on.
func illegalRune(s string, at int) int {
	for i, r := range s[at:] {
		if !isChar(r) || r == utf8.RuneError && !strings.HasPrefix(s[at+i:], "\uFFFD") {
			return at + i
		}
	}
	return -1
}

// wideNameStart holds the ranges beyond ASCII in which a name may start, and
// wideName those in which it may only go on (XML 1.0 section 2.3).
var (
	wideNameStart = [][2]rune{
		{0xC0, 0xD6},
		{0xD8, 0xF6},
		{0xF8, 0x2FF},
		{0x370, 0x37D},
		{0x37F, 0x1FFF},
		{0x200C, 0x200D},
		{0x2070, 0x218F},
		{0x2C00, 0x2FEF},
		{0x3001, 0xD7FF},
		{0xF900, 0xFDCF},
		{0xFDF0, 0xFFFD},
		{0x10000, 0xEFFFF},
	}
	wideName = [][2]rune{{0xB7, 0xB7}, {0x300, 0x36F}, {0x203F, 0x2040}}
)

func inRanges(r rune, ranges [][2]rune) bool {
	for _, x := range ranges {
		if r >= x[0] && r <= x[1] {
			return true
		}
	}
	return false
}

// ncNameLen returns the length of the name without colons that s begins with; 0
// when it begins with none.
func ncNameLen(s string) int {
	if len(s) == 0 {
		return 0
	}
	if s[0] < utf8.RuneSelf {
		if classes[s[0]]&classNameStart == 0 {
			return 0
		}
	} else if r, _ := utf8.DecodeRuneInString(s); !inRanges(r, wideNameStart) {
		return 0
	}
	return nameCharsLen(s)
}

// nameCharsLen returns the length of the characters that s begins with and that
// can go on a name without colons.
func nameCharsLen(s string) int {
	i := 0
	for i < len(s) {
		c := s[i]
		if c < utf8.RuneSelf {
			if classes[c]&className == 0 {
				break
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if !inRanges(r, wideNameStart) && !inRanges(r, wideName) {
			break
		}
		i += n
	}
	return i
}
