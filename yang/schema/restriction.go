package schema

import (
	"fmt"
	"strconv"
	"strings"
)

// cmp orders numbers.
func (n Number) cmp(m Number) int {
	switch {
	case n.Neg != m.Neg && n.Neg:
		return -1
	case n.Neg != m.Neg:
		return 1
	case n.Abs == m.Abs:
		return 0
	case (n.Abs < m.Abs) != n.Neg:
		return -1
	}
	return 1
}

// next returns n+1; the largest number has no next one and is returned itself.
func (n Number) next() Number {
	switch {
	case !n.Neg && n.Abs == 1<<64-1:
		return n
	case !n.Neg:
		return Number{Abs: n.Abs + 1}
	case n.Abs == 1:
		return Number{}
	}
	return Number{Neg: true, Abs: n.Abs - 1}
}

// String returns n in decimal.
func (n Number) String() string { return n.format(0) }

// format writes n as a number of that many fraction digits, in canonical form.
func (n Number) format(digits uint8) string {
	text := strconv.FormatUint(n.Abs, 10)
	if digits > 0 {
		if pad := int(digits) + 1 - len(text); pad > 0 {
			text = strings.Repeat("0", pad) + text
		}
		whole, frac := text[:len(text)-int(digits)], text[len(text)-int(digits):]
		frac = strings.TrimRight(frac[1:], "0")
		text = whole + "." + text[len(text)-int(digits):][:1] + frac
	}
	if n.Neg {
		return "-" + text
	}
	return text
}

func signed(v int64) Number {
	if v < 0 {
		return Number{Neg: true, Abs: -uint64(v)}
	}
	return Number{Abs: uint64(v)}
}

// bounds are the whole value spaces of the numeric types.
var bounds = map[Base]Interval{
	Int8:      {signed(-1 << 7), signed(1<<7 - 1)},
	Int16:     {signed(-1 << 15), signed(1<<15 - 1)},
	Int32:     {signed(-1 << 31), signed(1<<31 - 1)},
	Int64:     {signed(-1 << 63), signed(1<<63 - 1)},
	Uint8:     {Max: Number{Abs: 1<<8 - 1}},
	Uint16:    {Max: Number{Abs: 1<<16 - 1}},
	Uint32:    {Max: Number{Abs: 1<<32 - 1}},
	Uint64:    {Max: Number{Abs: 1<<64 - 1}},
	Decimal64: {signed(-1 << 63), signed(1<<63 - 1)},
}

// lengthBounds is the space of a length without restriction.
var lengthBounds = Interval{Max: Number{Abs: 1<<64 - 1}}

// contains says whether n lies in one of the intervals; no interval means all do.
func contains(parts []Interval, n Number) bool {
	for _, p := range parts {
		if n.cmp(p.Min) >= 0 && n.cmp(p.Max) <= 0 {
			return true
		}
	}
	return len(parts) == 0
}

// formatParts writes intervals as a range argument.
func formatParts(parts []Interval, digits uint8) string {
	out := make([]string, len(parts))
	for i, p := range parts {
		out[i] = p.Min.format(digits)
		if p.Min != p.Max {
			out[i] += ".." + p.Max.format(digits)
		}
	}
	return strings.Join(out, " | ")
}

// parseParts reads a range or length argument that restricts base (RFC 7950
// section 9.2.4), which is not empty.
func parseParts(arg string, base []Interval, digits uint8) ([]Interval, error) {
	var out []Interval
	for _, text := range strings.Split(arg, "|") {
		part, err := parsePart(text, base, digits)
		if err != nil {
			return nil, err
		}
		if len(out) > 0 && part.Min.cmp(out[len(out)-1].Max) <= 0 {
			return nil, fmt.Errorf("parts are not disjoint and in ascending order")
		}
		if !within(part, base) {
			return nil, fmt.Errorf("part %s is wider than the type's %s", formatParts([]Interval{part}, digits), formatParts(base, digits))
		}
		out = append(out, part)
	}
	return out, nil
}

func parsePart(text string, base []Interval, digits uint8) (Interval, error) {
	low, high, two := strings.Cut(text, "..")
	lo, err := parseBound(low, base, digits)
	if err != nil {
		return Interval{}, err
	}
	if !two {
		return Interval{lo, lo}, nil
	}
	hi, err := parseBound(high, base, digits)
	if err != nil {
		return Interval{}, err
	}
	if lo.cmp(hi) > 0 {
		return Interval{}, fmt.Errorf("part %q ends below its start", strings.TrimSpace(text))
	}
	return Interval{lo, hi}, nil
}

func parseBound(text string, base []Interval, digits uint8) (Number, error) {
	switch text = strings.TrimFunc(text, isSpace); text {
	case "min":
		return base[0].Min, nil
	case "max":
		return base[len(base)-1].Max, nil
	}
	var n Number
	var ok bool
	if digits > 0 {
		n, ok = parseDecimal(text, digits)
	} else {
		n, ok = parseDigits(text)
	}
	if !ok {
		return n, fmt.Errorf("%q is not a bound of this type", text)
	}
	return n, nil
}

// within says whether part lies in base, whose adjacent intervals count as one.
func within(part Interval, base []Interval) bool {
	for i := 0; i < len(base); i++ {
		whole := base[i]
		for i+1 < len(base) && whole.Max.next() == base[i+1].Min {
			i++
			whole.Max = base[i].Max
		}
		if part.Min.cmp(whole.Min) >= 0 && part.Max.cmp(whole.Max) <= 0 {
			return true
		}
	}
	return false
}
