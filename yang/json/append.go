package json

import (
	"unicode/utf8"

	"github.com/optical-net/waveguard/yang/schema"
)

// appendValue appends the JSON form of a leaf's value (RFC 7951 section 6) to dst.
func appendValue(dst []byte, v schema.Value, plain bool) []byte {
	switch v.Type().Base {
	case schema.Int8, schema.Int16, schema.Int32, schema.Uint8, schema.Uint16, schema.Uint32, schema.Boolean:
		return append(dst, v.String()...)
	case schema.Int64, schema.Uint64, schema.Decimal64:
		if plain {
			return append(dst, v.String()...)
		}
	case schema.Empty:
		return append(dst, "[null]"...)
	case schema.Identityref:
		if id := v.Identity(); plain && id != nil {
			return appendString(dst, id.Name)
		}
	}
	return appendString(dst, v.String())
}

const hexDigits = "0123456789abcdef"

// appendString appends s as a JSON string. Bytes that are not UTF-8, which no
// value has, become the replacement character.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				dst = append(append(dst, s[from:i]...), "\uFFFD"...)
				from = i + n
			}
			i += n
			continue
		}
		if c < 0x20 || c == '"' || c == '\\' {
			dst = appendEscape(append(dst, s[from:i]...), c)
			from = i + 1
		}
		i++
	}
	return append(append(dst, s[from:]...), '"')
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}
