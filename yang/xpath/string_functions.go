package xpath

import (
	"math"
	"strings"
	"unicode/utf8"
)

func fnString(f *focus, c *invocation) value { return c.textOrContext(f) }

func fnConcat(f *focus, c *invocation) value {
	var b strings.Builder
	for i := range c.args {
		b.WriteString(c.text(f, i))
	}
	return b.String()
}

func fnStartsWith(f *focus, c *invocation) value {
	return strings.HasPrefix(c.text(f, 0), c.text(f, 1))
}

func fnContains(f *focus, c *invocation) value {
	return strings.Contains(c.text(f, 0), c.text(f, 1))
}

func fnSubstringBefore(f *focus, c *invocation) value {
	before, _, found := strings.Cut(c.text(f, 0), c.text(f, 1))
	if !found {
		return ""
	}
	return before
}

func fnSubstringAfter(f *focus, c *invocation) value {
	_, after, _ := strings.Cut(c.text(f, 0), c.text(f, 1))
	return after
}

func fnSubstring(f *focus, c *invocation) value {
	from, to := round(c.number(f, 1)), math.Inf(1)
	if len(c.args) == 3 {
		to = from + round(c.number(f, 2))
	}
	return substring(c.text(f, 0), from, to)
}

// substring returns the characters whose position, counted from 1, is in
// [from, to). NaN is in no order, so that it selects none.
func substring(s string, from, to float64) string {
	start, end, pos := -1, len(s), 0.0
	for i := range s {
		pos++
		if pos >= to {
			end = i
			break
		}
		if start < 0 && pos >= from && pos < to {
			start = i
		}
	}
	if start < 0 {
		return ""
	}
	return s[start:end]
}

func fnStringLength(f *focus, c *invocation) value {
	return float64(utf8.RuneCountInString(c.textOrContext(f)))
}

func fnNormalizeSpace(f *focus, c *invocation) value {
	isSpace := func(r rune) bool { return strings.ContainsRune(whitespace, r) }
	return strings.Join(strings.FieldsFunc(c.textOrContext(f), isSpace), " ")
}

func fnTranslate(f *focus, c *invocation) value {
	table := translation([]rune(c.text(f, 1)), []rune(c.text(f, 2)))
	return strings.Map(func(r rune) rune {
		if to, ok := table[r]; ok {
			return to
		}
		return r
	}, c.text(f, 0))
}

// translation maps each character to its counterpart, or to -1 where it has
// none; the first occurrence decides.
func translation(from, to []rune) map[rune]rune {
	table := make(map[rune]rune, len(from))
	for i, r := range from {
		if _, ok := table[r]; ok {
			continue
		}
		table[r] = -1
		if i < len(to) {
			table[r] = to[i]
		}
	}
	return table
}
