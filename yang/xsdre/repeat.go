package xsdre

import (
	"fmt"
	"strconv"
	"strings"
)

const (
	unbounded = -1

	// regexp refuses a repetition beyond this, and nested ones whose product
	// is beyond it.
	maxRepeat = 1000
)

// bounds parses {n}, {n,} or {n,m}.
func (p *parser) bounds() (low, high int, err error) {
	text, _, closed := strings.Cut(p.src[p.pos+1:], "}")
	if !closed {
		return 0, 0, p.errorf("brace is never closed")
	}
	from, to, ranged := strings.Cut(text, ",")
	if low, err = p.bound(from); err != nil {
		return 0, 0, err
	}
	high = low
	switch {
	case ranged && to == "":
		high = unbounded
	case ranged:
		if high, err = p.bound(to); err != nil {
			return 0, 0, err
		}
	}
	if high != unbounded && high < low {
		return 0, 0, p.errorf("{%s} ends before it starts", text)
	}
	p.pos += len(text) + 2
	return low, high, nil
}

func (p *parser) bound(digits string) (int, error) {
	n, err := strconv.ParseUint(digits, 10, 31)
	if err != nil {
		return 0, p.errorf("%q is not a number of repetitions", digits)
	}
	return int(n), nil
}

// repeat writes a repetition as a sequence of repetitions, none of which is
// beyond what regexp takes: the language is the same.
func (p *parser) repeat(atom piece, low, high int) (piece, error) {
	result := piece{size: atom.size * max(low, high, 1), weight: atom.weight}
	copies := max(low, high)*atom.weight/maxRepeat + 2
	if result.size > maxSize || copies > maxTranslatedBytes/len(atom.text) {
		return piece{}, p.errorf("repeats too often to be compiled")
	}
	var b strings.Builder
	write := func(format string, count int) {
		chunk := maxRepeat / atom.weight
		for ; count > 0; count -= chunk {
			n := min(count, chunk)
			result.weight = max(result.weight, atom.weight*n)
			fmt.Fprintf(&b, format, atom.text, n)
		}
	}
	write("%s{%d}", low)
	if high == unbounded {
		b.WriteString(atom.text + "*")
	}
	write("%s{0,%d}", high-low)
	result.text = "(?:" + b.String() + ")"
	return result, nil
}
