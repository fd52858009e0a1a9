package xsdre

import (
	"maps"
	"strings"
	"sync"
	"unicode"
)

// escape parses what follows a backslash; isChar is false if it stands for a
// class of characters.
func (p *parser) escape() (set runeSet, isChar bool, err error) {
	if p.done() {
		return nil, false, p.errorf("nothing after the backslash")
	}
	start := p.pos
	r := p.take()
	switch r {
	case 'n':
		return single('\n'), true, nil
	case 'r':
		return single('\r'), true, nil
	case 't':
		return single('\t'), true, nil
	case 'p', 'P':
		set, err = p.property()
		return negate(set, r == 'P'), false, err
	}
	if set, ok := classEscapes()[r]; ok {
		return set, false, nil
	}
	if r < 0x80 && (unicode.IsPunct(r) || unicode.IsSymbol(r)) {
		return single(r), true, nil
	}
	p.pos = start
	return nil, false, p.errorf("unknown escape \\%c", r)
}

// classEscapes are the multi-character escapes: the lower case letters, and
// the upper case ones that complement them.
var classEscapes = sync.OnceValue(func() map[rune]runeSet {
	lower := map[rune]runeSet{
		's': newSet(runeRange{' ', ' '}, runeRange{'\t', '\n'}, runeRange{'\r', '\r'}),
		'd': tableSet(unicode.Nd),
		'w': tableSet(unicode.P, unicode.Z).union(other()).complement(),
		'i': nameStart,
		'c': nameStart.union(nameMore),
	}
	all := maps.Clone(lower)
	for r, set := range lower {
		all[unicode.ToUpper(r)] = set.complement()
	}
	return all
})

// other is category C; it includes what is not assigned, which takes whatever
// no other category has.
func other() runeSet {
	return tableSet(unicode.L, unicode.M, unicode.N, unicode.P, unicode.Z, unicode.S).complement()
}

// nameStart and nameMore are XML 1.0's name characters.
var (
	nameStart = newSet(
		runeRange{':', ':'}, runeRange{'A', 'Z'}, runeRange{'_', '_'}, runeRange{'a', 'z'},
		runeRange{0xc0, 0xd6}, runeRange{0xd8, 0xf6}, runeRange{0xf8, 0x2ff}, runeRange{0x370, 0x37d},
		runeRange{0x37f, 0x1fff}, runeRange{0x200c, 0x200d}, runeRange{0x2070, 0x218f},
		runeRange{0x2c00, 0x2fef}, runeRange{0x3001, 0xd7ff}, runeRange{0xf900, 0xfdcf},
		runeRange{0xfdf0, 0xfffd}, runeRange{0x10000, 0xeffff},
	)
	nameMore = newSet(
		runeRange{'-', '.'}, runeRange{'0', '9'}, runeRange{0xb7, 0xb7},
		runeRange{0x300, 0x36f}, runeRange{0x203f, 0x2040},
	)
)

// property parses {Name} of a general category or of a block.
func (p *parser) property() (runeSet, error) {
	start := p.pos
	if !p.accept("{") {
		return nil, p.errorf(`\p needs a name in braces`)
	}
	name, _, closed := strings.Cut(p.src[p.pos:], "}")
	if !closed {
		return nil, p.errorf("brace is never closed")
	}
	set, ok := propertySet(name)
	if !ok {
		p.pos = start
		return nil, p.errorf("unknown category or block %q", name)
	}
	p.pos += len(name) + 1
	return set, nil
}

func propertySet(name string) (runeSet, bool) {
	if block, ok := strings.CutPrefix(name, "Is"); ok {
		ranges, ok := blocks[block]
		return newSet(ranges...), ok
	}
	switch name {
	case "C":
		return other(), true
	case "Cn":
		return other().minus(tableSet(unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs)), true
	}
	table, ok := unicode.Categories[name]
	if !ok || len(name) > 2 || name == "LC" {
		return nil, false
	}
	return tableSet(table), true
}
