package generate

import (
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// maxRepeat bounds how often an open-ended repetition repeats beyond its minimum.
const maxRepeat = 6

// match returns a random text that the expression is likely to match: anchors
// inside it are not heeded.
func match(r *rand.Rand, re *regexp.Regexp) string {
	tree, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil {
		return ""
	}
	var b strings.Builder
	matchInto(&b, r, tree)
	return b.String()
}

func matchInto(b *strings.Builder, r *rand.Rand, re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		b.WriteRune(oneOf(r, re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteRune(letter(r))
	case syntax.OpCapture, syntax.OpConcat:
		for _, sub := range re.Sub {
			matchInto(b, r, sub)
		}
	case syntax.OpAlternate:
		matchInto(b, r, pick(r, re.Sub))
	case syntax.OpStar:
		repeat(b, r, re.Sub[0], r.IntN(maxRepeat))
	case syntax.OpPlus:
		repeat(b, r, re.Sub[0], 1+r.IntN(maxRepeat))
	case syntax.OpQuest:
		repeat(b, r, re.Sub[0], r.IntN(2))
	case syntax.OpRepeat:
		most := re.Max - re.Min
		if re.Max < 0 || most > maxRepeat {
			most = maxRepeat
		}
		repeat(b, r, re.Sub[0], re.Min+r.IntN(most+1))
	}
}

func repeat(b *strings.Builder, r *rand.Rand, re *syntax.Regexp, times int) {
	for range times {
		matchInto(b, r, re)
	}
}

// oneOf returns a rune of a class given as pairs of bounds: seldom one beyond
// ASCII where it has others, and none that Unicode was long without.
func oneOf(r *rand.Rand, class []rune) rune {
	for _, last := range []rune{'~', '\u05FF', utf8.MaxRune} {
		part := upTo(class, last)
		if len(part) == 0 || last == '~' && r.IntN(50) == 0 {
			continue
		}
		i := r.IntN(len(part)/2) * 2
		if got := part[i] + r.Int32N(part[i+1]-part[i]+1); isCharacter(got) {
			return got
		}
	}
	return 'x'
}

// upTo returns the part of the class from a space to last.
func upTo(class []rune, last rune) (part []rune) {
	for i := 0; i+1 < len(class); i += 2 {
		if low, high := max(class[i], ' '), min(class[i+1], last); low <= high {
			part = append(part, low, high)
		}
	}
	return part
}

// isCharacter says whether XML and YANG can hold the rune (RFC 7950 section 9.4).
func isCharacter(c rune) bool {
	switch {
	case c < ' ':
		return c == '\t' || c == '\n'
	case c >= 0x7F && c < 0xA0, c >= 0xD800 && c < 0xE000, c >= 0xFDD0 && c <= 0xFDEF, c&0xFFFE == 0xFFFE:
		return false
	}
	return c <= 0x10FFFF
}

var letters = []rune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/ <&>'\"äß日\U0001F512")

// letter returns a rune that strings may have.
func letter(r *rand.Rand) rune {
	if r.IntN(8) > 0 {
		return letters[r.IntN(36)]
	}
	return pick(r, letters)
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func letterString(r *rand.Rand, n int) string {
	out := make([]rune, n)
	for i := range out {
		out[i] = letter(r)
	}
	return string(out)
}
