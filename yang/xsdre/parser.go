package xsdre

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// parser turns a pattern into Go's syntax as it reads.
type parser struct {
	src   string
	pos   int
	depth int
}

// piece is translated text.
type piece struct {
	text string
	// weight is the largest product of nested repetition bounds in text, which
	// regexp limits.
	weight int
	// size is the number of characters and classes once repetitions are
	// written out.
	size int
}

func (p *parser) errorf(format string, args ...any) error {
	return &SyntaxError{Pattern: p.src, Offset: p.pos, Msg: fmt.Sprintf(format, args...)}
}

func (p *parser) done() bool { return p.pos == len(p.src) }

// peek returns the next character, utf8.RuneError at the end.
func (p *parser) peek() rune {
	r, _ := utf8.DecodeRuneInString(p.src[p.pos:])
	return r
}

func (p *parser) take() rune {
	r, n := utf8.DecodeRuneInString(p.src[p.pos:])
	p.pos += n
	return r
}

func (p *parser) accept(prefix string) bool {
	if !strings.HasPrefix(p.src[p.pos:], prefix) {
		return false
	}
	p.pos += len(prefix)
	return true
}

func (p *parser) enter() error {
	p.depth++
	if p.depth > maxDepth {
		return p.errorf("nested deeper than %d", maxDepth)
	}
	return nil
}

// alternatives parses branches up to a closing parenthesis or the end.
func (p *parser) alternatives() (piece, error) {
	var b strings.Builder
	sum := piece{weight: 1, size: 1}
	for !p.done() && p.peek() != ')' {
		if p.accept("|") {
			b.WriteByte('|')
			continue
		}
		part, err := p.quantified()
		if err != nil {
			return piece{}, err
		}
		b.WriteString(part.text)
		sum.weight = max(sum.weight, part.weight)
		sum.size += part.size
		if sum.size > maxSize || b.Len() > maxTranslatedBytes {
			return piece{}, p.errorf("too large once its repetitions are written out")
		}
	}
	sum.text = b.String()
	return sum, nil
}

func (p *parser) quantified() (piece, error) {
	atom, err := p.atom()
	if err != nil || p.done() {
		return atom, err
	}
	switch r := p.peek(); r {
	case '?', '*', '+':
		p.take()
		return piece{atom.text + string(r), atom.weight, atom.size}, nil
	case '{':
		low, high, err := p.bounds()
		if err != nil {
			return piece{}, err
		}
		return p.repeat(atom, low, high)
	}
	return atom, nil
}

// atom parses a character, a class or a group; its text can take a quantifier.
func (p *parser) atom() (piece, error) {
	switch r := p.peek(); r {
	case '(':
		return p.group()
	case '?', '*', '+', '{':
		return piece{}, p.errorf("nothing to repeat before %q", r)
	case ']':
		return piece{}, p.errorf("%q without an opening bracket", r)
	}
	set, err := p.atomSet()
	return piece{set.String(), 1, 1}, err
}

func (p *parser) atomSet() (set runeSet, err error) {
	switch r := p.take(); r {
	case '[':
		return p.class()
	case '\\':
		set, _, err = p.escape()
		return set, err
	case '.':
		return notLineEnd, nil
	default:
		return single(r), nil
	}
}

func (p *parser) group() (piece, error) {
	start := p.pos
	if err := p.enter(); err != nil {
		return piece{}, err
	}
	defer func() { p.depth-- }()
	p.take()
	body, err := p.alternatives()
	if err != nil {
		return piece{}, err
	}
	if !p.accept(")") {
		p.pos = start
		return piece{}, p.errorf("parenthesis is never closed")
	}
	body.text = "(?:" + body.text + ")"
	return body, nil
}
