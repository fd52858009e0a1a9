package schema

import (
	"fmt"
	"strings"
)

const (
	maxModuleBytes = 16 << 20 // longest module text
	maxNesting     = 128      // deepest nesting of statements
)

// stmt is one statement with the scope it stands in.
type stmt struct {
	keyword string // "leaf", or "prefix:name" for an extension's
	arg     string
	hasArg  bool
	line    int
	col     int
	unit    *unit
	parent  *stmt
	subs    []*stmt
}

// String shows the statement as messages name it; long arguments are cut.
func (s *stmt) String() string {
	if !s.hasArg {
		return s.keyword
	}
	arg := s.arg
	if r := []rune(arg); len(r) > 60 {
		arg = string(r[:57]) + "..."
	}
	return fmt.Sprintf("%s %q", s.keyword, arg)
}

// first returns the first substatement of that keyword, or nil.
func (s *stmt) first(keyword string) *stmt {
	for _, sub := range s.subs {
		if sub.keyword == keyword {
			return sub
		}
	}
	return nil
}

// text returns the argument of the first substatement of that keyword, or "".
func (s *stmt) text(keyword string) string {
	if sub := s.first(keyword); sub != nil {
		return sub.arg
	}
	return ""
}

// each calls f for every substatement of that keyword.
func (s *stmt) each(keyword string, f func(*stmt)) {
	for _, sub := range s.subs {
		if sub.keyword == keyword {
			f(sub)
		}
	}
}

// isYANG says whether the statement is one of YANG itself.
func (s *stmt) isYANG() bool { return !s.isExtension() }

// isExtension says whether the statement is an extension's (RFC 7950 section 7.19).
func (s *stmt) isExtension() bool { return strings.Contains(s.keyword, ":") }

// parseUnit reads one module or submodule text. The error is an *Error.
func parseUnit(file string, text []byte) (*unit, *Error) {
	if len(text) > maxModuleBytes {
		return nil, &Error{File: file, Message: fmt.Sprintf("is longer than %d bytes", maxModuleBytes)}
	}
	src := strings.TrimPrefix(string(text), "\ufeff")
	if strings.Contains(src, "\r\n") {
		src = strings.ReplaceAll(src, "\r\n", "\n")
	}
	p := &parser{scanner: newScanner(file, src), unit: &unit{file: file, text: text}}
	if err := p.checkCharacters(); err != nil {
		return nil, err
	}
	root, err := p.only()
	if err != nil {
		return nil, err
	}
	p.unit.root = root
	if p.strict != nil && root.text("yang-version") == "1.1" {
		return nil, p.strict
	}
	return p.unit, nil
}

// parser makes statements of tokens (RFC 7950 section 6.3).
type parser struct {
	*scanner
	unit *unit
}

// only reads the one statement of a module's text.
func (p *parser) only() (*stmt, *Error) {
	if err := p.skip(); err != nil {
		return nil, err
	}
	root, err := p.statement(nil, 0)
	if err != nil {
		return nil, err
	}
	if root.keyword != "module" && root.keyword != "submodule" {
		return nil, &Error{
			File: p.file, Line: root.line, Column: root.col, Statement: root.String(),
			Message: "is neither a module nor a submodule", Rule: "RFC 7950 section 5.1",
		}
	}
	if err := p.skip(); err != nil {
		return nil, err
	}
	if p.pos < len(p.src) {
		return nil, p.fault(p.pos, "RFC 7950 section 5.1", "expected the end of the text, found %s", p.next())
	}
	return root, nil
}

// statement reads one statement and all below it.
func (p *parser) statement(parent *stmt, depth int) (*stmt, *Error) {
	start := p.pos
	s := &stmt{keyword: p.keyword(), unit: p.unit, parent: parent}
	if s.keyword == "" || referenceFault(s.keyword) != "" {
		p.pos = start
		return nil, p.fault(start, ruleStatements, "expected a keyword, found %s", p.next())
	}
	s.line, s.col = p.place(start)
	if err := p.readArgument(s); err != nil {
		return nil, err
	}
	if err := p.skip(); err != nil {
		return nil, err
	}
	switch p.peek() {
	case ';':
		p.pos++
		return s, nil
	case '{':
		p.pos++
		return s, p.block(s, depth)
	}
	return nil, p.fault(p.pos, ruleStatements, `expected ";" or "{" after %s, found %s`, s, p.next())
}

// readArgument reads what stands between the keyword and the end or block of a statement.
func (p *parser) readArgument(s *stmt) *Error {
	start := p.pos
	if err := p.skip(); err != nil {
		return err
	}
	switch p.peek() {
	case ';', '{', '}', 0:
		return nil
	}
	if p.pos == start {
		return p.fault(p.pos, ruleStatements, "expected white space after keyword %s, found %s", s.keyword, p.next())
	}
	arg, err := p.argument()
	s.arg, s.hasArg = arg, true
	return err
}

// block reads the substatements up to the closing brace.
func (p *parser) block(s *stmt, depth int) *Error {
	if depth == maxNesting {
		return &Error{
			File: p.file, Line: s.line, Column: s.col, Statement: s.String(),
			Message: fmt.Sprintf("statements are nested more than %d deep", maxNesting),
		}
	}
	for {
		if err := p.skip(); err != nil {
			return err
		}
		switch p.peek() {
		case '}':
			p.pos++
			return nil
		case 0:
			return p.fault(p.pos, ruleStatements, "the block of %s on line %d is never closed", s, s.line)
		}
		sub, err := p.statement(s, depth+1)
		if err != nil {
			return err
		}
		s.subs = append(s.subs, sub)
	}
}
