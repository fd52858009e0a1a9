package schema

import (
	"strconv"
	"strings"
)

// parseDigits reads an optionally signed decimal integer.
func parseDigits(s string) (Number, bool) {
	digits := strings.TrimPrefix(s, "-")
	if len(digits) == len(s) {
		digits = strings.TrimPrefix(s, "+")
	}
	return parseMagnitude(digits, 10, strings.HasPrefix(s, "-"))
}

// parseInteger reads the lexical forms that a default statement may have (RFC
// 7950 section 9.2.1): decimal, hexadecimal after 0x, octal after 0.
func parseInteger(s string) (Number, bool) {
	neg := strings.HasPrefix(s, "-")
	digits := strings.TrimPrefix(s, "-")
	if !neg {
		digits = strings.TrimPrefix(s, "+")
	}
	switch {
	case strings.HasPrefix(digits, "0x"), strings.HasPrefix(digits, "0X"):
		return parseMagnitude(digits[2:], 16, neg)
	case len(digits) > 1 && digits[0] == '0':
		return parseMagnitude(digits[1:], 8, neg)
	}
	return parseMagnitude(digits, 10, neg)
}

func parseMagnitude(digits string, base int, neg bool) (Number, bool) {
	if digits == "" || digits[0] == '+' || digits[0] == '-' {
		return Number{}, false
	}
	abs, err := strconv.ParseUint(digits, base, 64)
	if err != nil || neg && abs > 1<<63 {
		return Number{}, false
	}
	return Number{Neg: neg && abs > 0, Abs: abs}, true
}

// parseDecimal reads a decimal64 of that many fraction digits (RFC 7950 section
// 9.3.1) as a count of its least digit. Zeros past the last digit are allowed.
func parseDecimal(s string, digits uint8) (Number, bool) {
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	if !neg {
		s = strings.TrimPrefix(s, "+")
	}
	whole, frac, dot := strings.Cut(s, ".")
	if whole == "" || dot && frac == "" {
		return Number{}, false
	}
	if len(frac) > int(digits) {
		if strings.Trim(frac[digits:], "0") != "" {
			return Number{}, false
		}
		frac = frac[:digits]
	}
	n, ok := parseMagnitude(strings.TrimLeft(whole, "0")+frac+strings.Repeat("0", int(digits)-len(frac)), 10, neg)
	return n, ok && contains([]Interval{bounds[Decimal64]}, n)
}
