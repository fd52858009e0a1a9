package generate

import (
	"math/big"
	"regexp"
	"strings"

	"github.com/optical-net/waveguard/yang/schema"
)

var numeric = []schema.Base{
	schema.Int8, schema.Int16, schema.Int32, schema.Int64,
	schema.Uint8, schema.Uint16, schema.Uint32, schema.Uint64, schema.Decimal64,
}

var valueMutations = []Mutation{
	{Name: "another value", apply: onLeaf(anotherValue)},
	{Name: "value of another leaf", apply: valueOfAnother},
	{Name: "number above its range", apply: onBase(aboveRange, numeric...)},
	{Name: "number below its range", apply: onBase(belowRange, numeric...)},
	{Name: "number between the parts of its range", apply: onBase(betweenRanges, numeric...)},
	{Name: "not a number", apply: onBase(write("seven", "--1", "1-", "1 0", "", "1,5", "Infinity"), numeric...)},
	{Name: "whole number with a fraction", apply: onBase(write("1.5", "1.0", ".5"), numeric[:8]...)},
	{Name: "too many fraction digits", apply: onBase(longFraction, schema.Decimal64)},
	{Name: "text too long", apply: onBase(tooLong, schema.String, schema.Binary)},
	{Name: "text too short", apply: onBase(tooShort, schema.String, schema.Binary)},
	{Name: "text against a pattern", apply: onBase(againstPattern, schema.String)},
	{Name: "no text", apply: onLeaf(noText)},
	{Name: "white space around", Only: "xml", apply: onLeaf(whiteSpace)},
}

// set gives e a text, as a JSON number only where it is one.
func (e *Element) set(text string) {
	e.Value = plain(e.Value.Type, text)
	if !isNumber.MatchString(text) && text != "true" && text != "false" {
		e.Value.JSON = quote(text)
	}
}

var isNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)

// write makes a mutation that gives a leaf one of the texts, none of which is
// a value of its type.
func write(texts ...string) func(*Generator, *Element) Outcome {
	return func(g *Generator, e *Element) Outcome {
		e.set(pick(g.r, texts))
		return e.breaks()
	}
}

func anotherValue(g *Generator, e *Element) Outcome {
	v := g.value(e.Schema)
	if v == nil || v.Canonical == e.Value.Canonical {
		return Unfit
	}
	e.Value = v
	return Changed
}

// valueOfAnother gives a leaf the value that another of the document has.
func valueOfAnother(g *Generator, line []*Element) Outcome {
	e := last(line)
	if e.Value == nil || e.Schema.Type == nil || described(e.Value.Type) {
		return Unfit
	}
	var found []*Value
	line[0].walk(func(at []*Element) {
		if v := last(at).Value; v != nil && v.Type.Base == e.Value.Type.Base && v.Canonical != e.Value.Canonical {
			found = append(found, v)
		}
	})
	if len(found) == 0 {
		return Unfit
	}
	v := *pick(g.r, found)
	v.Type = e.Value.Type
	if !g.accept(e.Schema, e.Schema.Type, &v) {
		return Unfit
	}
	e.Value = &v
	return Changed
}

func aboveRange(_ *Generator, e *Element) Outcome {
	parts := ranges(e.Value.Type)
	return e.next(parts[len(parts)-1].Max, 1)
}

func belowRange(_ *Generator, e *Element) Outcome {
	return e.next(ranges(e.Value.Type)[0].Min, -1)
}

func betweenRanges(_ *Generator, e *Element) Outcome {
	parts := ranges(e.Value.Type)
	for i, p := range parts[1:] {
		if p.Min.Neg != parts[i].Max.Neg || p.Min.Abs > parts[i].Max.Abs+1 {
			return e.next(parts[i].Max, 1)
		}
	}
	return Unfit
}

// next writes the number that many units of the last digit from n.
func (e *Element) next(n schema.Number, units int64) Outcome {
	sum := new(big.Int).SetUint64(n.Abs)
	if n.Neg {
		sum.Neg(sum)
	}
	sum.Add(sum, big.NewInt(units))
	digits := int(e.Value.Type.FractionDigits)
	text := new(big.Int).Abs(sum).String()
	if digits > 0 {
		text = strings.Repeat("0", max(0, digits+1-len(text))) + text
		text = text[:len(text)-digits] + "." + text[len(text)-digits:]
	}
	if sum.Sign() < 0 {
		text = "-" + text
	}
	e.set(text)
	return e.breaks()
}

func longFraction(_ *Generator, e *Element) Outcome {
	e.set("1." + strings.Repeat("1", int(e.Value.Type.FractionDigits)+1))
	return e.breaks()
}

func tooLong(g *Generator, e *Element) Outcome {
	parts := e.Value.Type.Length
	if len(parts) == 0 || parts[len(parts)-1].Max.Abs > 5000 {
		return Unfit
	}
	return g.sized(e, int(parts[len(parts)-1].Max.Abs)+1)
}

func tooShort(g *Generator, e *Element) Outcome {
	parts := e.Value.Type.Length
	if len(parts) == 0 || parts[0].Min.Abs == 0 {
		return Unfit
	}
	return g.sized(e, int(parts[0].Min.Abs)-1)
}

// sized gives e a text of that many characters or octets.
func (g *Generator) sized(e *Element, n int) Outcome {
	if e.Value.Type.Base == schema.Binary {
		text, _ := g.binary(&schema.Type{Length: []schema.Interval{{Min: schema.Number{Abs: uint64(n)}, Max: schema.Number{Abs: uint64(n)}}}})
		e.set(text)
	} else {
		e.set(strings.Repeat("x", n))
	}
	return e.breaks()
}

func againstPattern(g *Generator, e *Element) Outcome {
	t := e.Value.Type
	text := []rune(e.Value.XML)
	for range 20 {
		changed := append([]rune{}, text...)
		at := g.r.IntN(len(text) + 1)
		changed = append(changed[:at], append([]rune{letter(g.r)}, text[min(at+g.r.IntN(2), len(text)):]...)...)
		if !matches(t, string(changed)) {
			e.set(string(changed))
			return e.breaks()
		}
	}
	return Unfit
}

func noText(_ *Generator, e *Element) Outcome {
	if e.Value.XML == "" || described(e.Value.Type) {
		return Unfit
	}
	e.set("")
	return Changed
}

func whiteSpace(_ *Generator, e *Element) Outcome {
	if e.Value.Type.Base == schema.Binary {
		return Unfit // where this engine takes it
	}
	v := *e.Value
	v.XML = "\n " + v.XML + " "
	e.Value = &v
	return Changed
}
