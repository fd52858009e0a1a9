package xpath

import (
	"unicode"
	"unicode/utf8"
)

// nameStart and nameMore are XML 1.0's name characters beyond ASCII, without
// the colon.
var (
	nameStart = &unicode.RangeTable{
		R16: []unicode.Range16{
			{Lo: 0xc0, Hi: 0xd6, Stride: 1},
			{Lo: 0xd8, Hi: 0xf6, Stride: 1},
			{Lo: 0xf8, Hi: 0x2ff, Stride: 1},
			{Lo: 0x370, Hi: 0x37d, Stride: 1},
			{Lo: 0x37f, Hi: 0x1fff, Stride: 1},
			{Lo: 0x200c, Hi: 0x200d, Stride: 1},
			{Lo: 0x2070, Hi: 0x218f, Stride: 1},
			{Lo: 0x2c00, Hi: 0x2fef, Stride: 1},
			{Lo: 0x3001, Hi: 0xd7ff, Stride: 1},
			{Lo: 0xf900, Hi: 0xfdcf, Stride: 1},
			{Lo: 0xfdf0, Hi: 0xfffd, Stride: 1},
		},
		R32: []unicode.Range32{{Lo: 0x10000, Hi: 0xeffff, Stride: 1}},
	}
	nameMore = &unicode.RangeTable{
		R16: []unicode.Range16{
			{Lo: 0xb7, Hi: 0xb7, Stride: 1},
			{Lo: 0x300, Hi: 0x36f, Stride: 1},
			{Lo: 0x203f, Hi: 0x2040, Stride: 1},
		},
	}
)

// nameLen returns the length of the NCName that s starts with.
func nameLen(s string) int {
	for i, r := range s {
		if !isNameStart(r) && (i == 0 || !isNameMore(r)) {
			return i
		}
	}
	return len(s)
}

func isNameStart(r rune) bool {
	if r < utf8.RuneSelf {
		return r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	}
	return unicode.Is(nameStart, r)
}

func isNameMore(r rune) bool {
	if r < utf8.RuneSelf {
		return r == '-' || r == '.' || '0' <= r && r <= '9'
	}
	return unicode.Is(nameMore, r)
}
