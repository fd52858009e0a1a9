package generate

import (
	"encoding/base64"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/optical-net/waveguard/yang/schema"
)

// value returns a random value for the leaf or leaf-list, nil when none was
// found that the type accepts.
func (g *Generator) value(s *schema.Node) *Value { return g.typed(s, s.Type) }

func (g *Generator) typed(s *schema.Node, t *schema.Type) *Value {
	const tries = 30
	for range tries {
		v, ok := g.raw(s, t)
		if ok && g.accept(s, t, v) {
			return v
		}
	}
	return nil
}

// accept gives v its canonical form, when t admits it.
func (g *Generator) accept(s *schema.Node, t *schema.Type, v *Value) bool {
	got, err := t.Parse(g.lexical(s, v.XML))
	if err != nil {
		return false
	}
	v.Canonical = got.String()
	return true
}

func (g *Generator) lexical(s *schema.Node, text string) schema.Lexical {
	prefix := func(p string) (*schema.Module, bool) {
		if p == "" {
			return s.Module, true
		}
		m := g.set.Module(p)
		return m, m != nil
	}
	return schema.Lexical{Text: text, Form: schema.XML, Module: s.Module, Root: g.set.Root, Prefix: prefix}
}

// raw returns a value by the built-in type and restrictions; only what patterns
// say together may be missed.
func (g *Generator) raw(s *schema.Node, t *schema.Type) (*Value, bool) {
	switch t.Base {
	case schema.Leafref:
		if t.Target == nil {
			return nil, false
		}
		return g.raw(t.Target, t.Target.Type)
	case schema.Union:
		v := g.typed(s, pick(g.r, t.Members))
		return v, v != nil
	case schema.Identityref:
		return g.identity(t)
	case schema.InstanceIdentifier:
		return g.anyInstance(t)
	}
	if isInstancePath(t) {
		return g.anyInstance(t)
	}
	text, ok := g.text(t)
	return plain(t, text), ok
}

// plain returns the value whose text is the same in both encodings, but for quotes.
func plain(t *schema.Type, text string) *Value {
	v := &Value{Type: t, XML: text, JSON: quote(text)}
	switch t.Base {
	case schema.Int8, schema.Int16, schema.Int32, schema.Uint8, schema.Uint16, schema.Uint32, schema.Boolean:
		v.JSON = text
	case schema.Empty:
		v.JSON = "[null]"
	}
	return v
}

func (g *Generator) text(t *schema.Type) (string, bool) {
	switch t.Base {
	case schema.Boolean:
		return pick(g.r, []string{"true", "false"}), true
	case schema.Empty:
		return "", true
	case schema.Enumeration:
		return pick(g.r, t.Enums).Name, true
	case schema.Bits:
		return g.bits(t), true
	case schema.Binary:
		return g.binary(t)
	case schema.String:
		return g.string(t)
	}
	return g.number(t), true
}

func (g *Generator) bits(t *schema.Type) string {
	var names []string
	for _, b := range t.Bits {
		if g.r.IntN(2) == 0 {
			names = append(names, b.Name)
		}
	}
	return strings.Join(names, " ")
}

// number returns one of a range: often one of its ends.
func (g *Generator) number(t *schema.Type) string {
	part := pick(g.r, ranges(t))
	n := part.Min
	switch g.r.IntN(6) {
	case 0:
	case 1:
		n = part.Max
	default:
		n = between(g.r, part)
	}
	return formatNumber(n, t.FractionDigits)
}

// ranges returns the parts of the type's range.
func ranges(t *schema.Type) []schema.Interval {
	if len(t.Range) > 0 {
		return t.Range
	}
	return []schema.Interval{widest(t.Base)}
}

// widest returns the value space of a numeric type without restriction.
func widest(b schema.Base) schema.Interval {
	signed := map[schema.Base]int{schema.Int8: 7, schema.Int16: 15, schema.Int32: 31, schema.Int64: 63, schema.Decimal64: 63}
	if n, ok := signed[b]; ok {
		return schema.Interval{Min: schema.Number{Neg: true, Abs: 1 << n}, Max: schema.Number{Abs: 1<<n - 1}}
	}
	unsigned := map[schema.Base]int{schema.Uint8: 8, schema.Uint16: 16, schema.Uint32: 32, schema.Uint64: 64}
	return schema.Interval{Max: schema.Number{Abs: 1<<unsigned[b] - 1}}
}

// between returns a number of the part, small ones more often.
func between(r *rand.Rand, part schema.Interval) schema.Number {
	low, high := part.Min, part.Max
	if low.Neg && (!high.Neg || r.IntN(2) == 0) {
		least := uint64(1)
		if high.Neg {
			least = high.Abs
		} else if r.IntN(2) == 0 {
			return schema.Number{Abs: span(r, 0, high.Abs)}
		}
		return schema.Number{Neg: true, Abs: span(r, least, low.Abs)}
	}
	if low.Neg {
		return low
	}
	return schema.Number{Abs: span(r, low.Abs, high.Abs)}
}

// span returns a number from low to high, both included.
func span(r *rand.Rand, low, high uint64) uint64 {
	width := high - low
	if width > 100 && r.IntN(2) == 0 {
		width = 100
	}
	if width == 1<<64-1 {
		return r.Uint64()
	}
	return low + r.Uint64N(width+1)
}

// formatNumber writes units of the last of that many fraction digits.
func formatNumber(n schema.Number, digits uint8) string {
	text := strconv.FormatUint(n.Abs, 10)
	if digits > 0 {
		if pad := int(digits) + 1 - len(text); pad > 0 {
			text = strings.Repeat("0", pad) + text
		}
		point := len(text) - int(digits)
		text = text[:point] + "." + text[point:]
	}
	if n.Neg && n.Abs > 0 {
		text = "-" + text
	}
	return text
}

// most is the length that generated texts have at most, unless a type wants more.
const most = 20

// size returns a length that the parts admit; not ok when all are too long.
func (g *Generator) size(parts []schema.Interval) (n int, ok bool) {
	if len(parts) == 0 {
		return 1 + g.r.IntN(most), true
	}
	const longest = 4096
	part := pick(g.r, parts)
	if part.Min.Abs > longest {
		return 0, false
	}
	if part.Max.Abs <= longest && g.r.IntN(8) == 0 {
		return int(part.Max.Abs), true
	}
	return int(span(g.r, part.Min.Abs, min(part.Max.Abs, part.Min.Abs+most))), true
}

func (g *Generator) binary(t *schema.Type) (string, bool) {
	n, ok := g.size(t.Length)
	octets := make([]byte, n)
	for i := range octets {
		octets[i] = byte(g.r.Uint32())
	}
	return base64.StdEncoding.EncodeToString(octets), ok
}

// string follows one pattern, or else the length.
func (g *Generator) string(t *schema.Type) (string, bool) {
	if f := knownText(t); f != nil {
		if s := f(g.r); matches(t, s) {
			return s, true
		}
	}
	patterns := slices.DeleteFunc(slices.Clone(t.Patterns), func(p *schema.Pattern) bool { return p.Invert })
	if len(patterns) > 0 {
		return match(g.r, pick(g.r, patterns).Regexp), true
	}
	n, ok := g.size(t.Length)
	return letterString(g.r, n), ok
}

// matches says whether all patterns admit the text.
func matches(t *schema.Type, text string) bool {
	return !slices.ContainsFunc(t.Patterns, func(p *schema.Pattern) bool { return p.Regexp.MatchString(text) == p.Invert })
}

// identity returns one of the identities derived from all bases.
func (g *Generator) identity(t *schema.Type) (*Value, bool) {
	all := g.derived(t)
	if len(all) == 0 {
		return nil, false
	}
	return identityValue(t, pick(g.r, all)), true
}

func identityValue(t *schema.Type, id *schema.Identity) *Value {
	return &Value{Type: t, XML: id.String(), JSON: quote(id.String()), Modules: []string{id.Module.Name}}
}

func (g *Generator) derived(t *schema.Type) []*schema.Identity {
	if all, ok := g.identities[t]; ok {
		return all
	}
	var all []*schema.Identity
	for _, id := range g.all {
		if !slices.ContainsFunc(t.IdentityBases, func(b *schema.Identity) bool { return !id.DerivedFrom(b) }) {
			all = append(all, id)
		}
	}
	g.identities[t] = all
	return all
}
