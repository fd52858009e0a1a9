package json

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// number parses a number by the grammar of RFC 8259 section 6.
func (r *reader) number() (value, error) {
	start := r.pos
	if r.peek() == '-' {
		r.pos++
	}
	zero := r.peek() == '0'
	if n := r.digits(); n == 0 || zero && n > 1 {
		return value{}, r.errorf("a malformed number")
	}
	if r.peek() == '.' {
		r.pos++
		if r.digits() == 0 {
			return value{}, r.errorf("a number without digits behind its point")
		}
	}
	if c := r.peek(); c == 'e' || c == 'E' {
		r.pos++
		if c := r.peek(); c == '+' || c == '-' {
			r.pos++
		}
		if r.digits() == 0 {
			return value{}, r.errorf("a number without digits in its exponent")
		}
	}
	return value{kind: number, text: r.src[start:r.pos]}, nil
}

// digits skips digits and returns how many.
func (r *reader) digits() int {
	start := r.pos
	for c := r.peek(); c >= '0' && c <= '9'; c = r.peek() {
		r.pos++
	}
	return r.pos - start
}

// string parses a string; pos stands on its opening quote.
func (r *reader) string() (string, error) {
	r.pos++
	start := r.pos
	var out []byte // set once there is an escape
	for r.pos < len(r.src) {
		switch c := r.src[r.pos]; {
		case c == '"':
			s := r.src[start:r.pos]
			r.pos++
			if out != nil {
				return string(append(out, s...)), nil
			}
			return s, nil
		case c < 0x20:
			return "", r.errorf("a control character in a string; write it as an escape")
		case c == '\\':
			out = append(out, r.src[start:r.pos]...)
			char, err := r.escape()
			if err != nil {
				return "", err
			}
			out = utf8.AppendRune(out, char)
			start = r.pos
		default:
			r.pos++
		}
	}
	return "", r.errorf("a string without its closing quote")
}

// escape parses an escape; pos stands on its backslash.
func (r *reader) escape() (rune, error) {
	rest := r.src[r.pos+1:]
	if rest == "" {
		return 0, r.errorf("a string without its closing quote")
	}
	if i := strings.IndexByte(`"\/bfnrt`, rest[0]); i >= 0 {
		r.pos += 2
		return rune("\"\\/\b\f\n\r\t"[i]), nil
	}
	c, ok := unicodeEscape(rest)
	if !ok {
		return 0, r.errorf("an unknown escape")
	}
	if !utf16.IsSurrogate(c) {
		r.pos += 1 + len("uXXXX")
		return c, nil
	}
	low, ok := unicodeEscape(strings.TrimPrefix(rest[len("uXXXX"):], `\`))
	if c = utf16.DecodeRune(c, low); !ok || rest[len("uXXXX")] != '\\' || c == utf8.RuneError {
		return 0, r.errorf("half of a surrogate pair")
	}
	r.pos += 1 + len(`uXXXX\uXXXX`)
	return c, nil
}

// unicodeEscape reads the uXXXX that s begins with.
func unicodeEscape(s string) (rune, bool) {
	if len(s) < len("uXXXX") || s[0] != 'u' || strings.ContainsAny(s[1:5], "+-_") {
		return 0, false
	}
	n, err := strconv.ParseUint(s[1:5], 16, 16)
	return rune(n), err == nil
}
