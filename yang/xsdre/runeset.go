package xsdre

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// runeRange is inclusive.
type runeRange struct{ lo, hi rune }

// runeSet is sorted, without overlapping or adjacent ranges.
type runeSet []runeRange

var notLineEnd = newSet(runeRange{'\n', '\n'}, runeRange{'\r', '\r'}).complement()

func single(r rune) runeSet { return runeSet{{r, r}} }

// newSet takes ranges in any order.
func newSet(ranges ...runeRange) runeSet {
	slices.SortFunc(ranges, func(a, b runeRange) int { return int(a.lo - b.lo) })
	var set runeSet
	for _, r := range ranges {
		last := len(set) - 1
		if last >= 0 && r.lo <= set[last].hi+1 {
			set[last].hi = max(set[last].hi, r.hi)
			continue
		}
		set = append(set, r)
	}
	return set
}

func tableSet(tables ...*unicode.RangeTable) runeSet {
	var ranges []runeRange
	for _, t := range tables {
		for _, r := range t.R16 {
			ranges = appendStrided(ranges, rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		for _, r := range t.R32 {
			ranges = appendStrided(ranges, rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
	}
	return newSet(ranges...)
}

func appendStrided(ranges []runeRange, lo, hi, stride rune) []runeRange {
	if stride == 1 {
		return append(ranges, runeRange{lo, hi})
	}
	for r := lo; r <= hi; r += stride {
		ranges = append(ranges, runeRange{r, r})
	}
	return ranges
}

func (s runeSet) union(t runeSet) runeSet { return newSet(slices.Concat(s, t)...) }

func (s runeSet) complement() runeSet {
	var out runeSet
	next := rune(0)
	for _, r := range s {
		if r.lo > next {
			out = append(out, runeRange{next, r.lo - 1})
		}
		next = r.hi + 1
	}
	if next <= unicode.MaxRune {
		out = append(out, runeRange{next, unicode.MaxRune})
	}
	return out
}

// minus is what neither t nor the complement of s holds.
func (s runeSet) minus(t runeSet) runeSet {
	return s.complement().union(t).complement()
}

// String returns Go's syntax for one character of the set.
func (s runeSet) String() string {
	switch {
	case len(s) == 0:
		return `[^\x00-\x{10FFFF}]`
	case len(s) == 1 && s[0].lo == s[0].hi:
		return regexp.QuoteMeta(string(s[0].lo))
	}
	var b strings.Builder
	b.WriteByte('[')
	for _, r := range s {
		fmt.Fprintf(&b, `\x{%x}-\x{%x}`, r.lo, r.hi)
	}
	b.WriteByte(']')
	return b.String()
}
