package xpath

import (
	"math"
	"strconv"
	"strings"
)

// value is a bool, a float64 or a string.
type value any

type valueType uint8

const (
	boolType valueType = iota
	numberType
	textType
)

func typeOf(v value) valueType {
	switch v.(type) {
	case bool:
		return boolType
	case float64:
		return numberType
	default:
		return textType
	}
}

func boolOf(v value) bool {
	switch v := v.(type) {
	case bool:
		return v
	case float64:
		return v != 0 && !math.IsNaN(v)
	case string:
		return v != ""
	}
	return false
}

func numberOf(v value) float64 {
	switch v := v.(type) {
	case bool:
		if v {
			return 1
		}
		return 0
	case float64:
		return v
	case string:
		return parseNumber(v)
	}
	return math.NaN()
}

func textOf(v value) string {
	switch v := v.(type) {
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return formatNumber(v)
	case string:
		return v
	}
	return ""
}

func evalBool(e expr, f *focus) bool {
	switch e := e.(type) {
	case nodeExpr:
		return exists(e, f)
	case scalarExpr:
		return boolOf(e.eval(f))
	}
	return false
}

func evalText(e expr, f *focus) string {
	switch e := e.(type) {
	case nodeExpr:
		if n := firstNode(e, f); n != nil {
			return n.Value()
		}
	case scalarExpr:
		return textOf(e.eval(f))
	}
	return ""
}

func evalNumber(e expr, f *focus) float64 {
	if s, ok := e.(scalarExpr); ok {
		return numberOf(s.eval(f))
	}
	return parseNumber(evalText(e, f))
}

// parseNumber is number() of a string (section 4.4): anything but an optional
// minus and digits with at most one point, between white space, is NaN.
func parseNumber(s string) float64 {
	s = strings.Trim(s, whitespace)
	digits := strings.TrimPrefix(s, "-")
	if numberLen(digits) != len(digits) || digits == "" {
		return math.NaN()
	}
	n, _ := strconv.ParseFloat(s, 64) // out of range gives the infinity we want
	return n
}

// numberLen returns the length of the Number (section 3.7) that s starts with.
func numberLen(s string) int {
	i := digitsLen(s)
	if i == len(s) || s[i] != '.' {
		return i
	}
	fraction := digitsLen(s[i+1:])
	if i == 0 && fraction == 0 {
		return 0
	}
	return i + 1 + fraction
}

func digitsLen(s string) int {
	i := 0
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	return i
}

// formatNumber is string() of a number (section 4.2): no exponent, no negative
// zero.
func formatNumber(n float64) string {
	switch {
	case math.IsNaN(n):
		return "NaN"
	case math.IsInf(n, 1):
		return "Infinity"
	case math.IsInf(n, -1):
		return "-Infinity"
	case n == 0:
		return "0"
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}
