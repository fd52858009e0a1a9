package schema

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/openconfig/goyang/pkg/yang"
)

const (
	maxModuleBytes = 16 << 20 // longest module text
	maxBraces      = 200_000  // most blocks in one module: bounds the parser's recursion whatever the text is
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

// isExtension says whether the statement is an extension's (RFC 7950 section 7.19).
func (s *stmt) isExtension() bool { return strings.Contains(s.keyword, ":") }

// parseUnit reads one module or submodule text. The error is an *Error.
func parseUnit(file string, text []byte) (u *unit, err *Error) {
	u = &unit{file: file, text: text}
	top, err := parseStatements(file, text)
	if err != nil {
		return nil, err
	}
	if len(top) != 1 || top[0].Keyword != "module" && top[0].Keyword != "submodule" {
		return nil, &Error{File: file, Message: "holds something else than exactly one module or submodule statement"}
	}
	if u.root, err = u.convert(top[0], nil, 0); err != nil {
		return nil, err
	}
	return u, nil
}

// parseStatements runs the statement parser on text of bounded size.
func parseStatements(file string, text []byte) (top []*yang.Statement, fault *Error) {
	if len(text) > maxModuleBytes {
		return nil, &Error{File: file, Message: fmt.Sprintf("is longer than %d bytes", maxModuleBytes)}
	}
	src := strings.ReplaceAll(strings.TrimPrefix(string(text), "\ufeff"), "\r\n", "\n")
	if strings.Count(src, "{") > maxBraces {
		return nil, &Error{File: file, Message: fmt.Sprintf("has more than %d blocks", maxBraces)}
	}
	defer func() {
		if p := recover(); p != nil {
			top, fault = nil, &Error{File: file, Message: fmt.Sprintf("parse statements: %v", p)}
		}
	}()
	top, err := yang.Parse(src, file)
	if err != nil {
		return nil, syntaxError(file, err)
	}
	return top, nil
}

// syntaxError takes the place of the first fault out of the parser's message.
func syntaxError(file string, err error) *Error {
	first, _, _ := strings.Cut(err.Error(), "\n")
	e := &Error{File: file, Message: first}
	rest, ok := strings.CutPrefix(first, file+":")
	if !ok {
		return e
	}
	parts := strings.SplitN(rest, ":", 3)
	if len(parts) < 3 {
		e.Message = strings.TrimSpace(rest)
		return e
	}
	line, lineErr := strconv.Atoi(parts[0])
	col, colErr := strconv.Atoi(strings.TrimSpace(parts[1]))
	if lineErr == nil && colErr == nil {
		e.Line, e.Column, e.Message = line, col, strings.TrimSpace(parts[2])
	}
	return e
}

// convert makes our statements of the parser's.
func (u *unit) convert(in *yang.Statement, parent *stmt, depth int) (*stmt, *Error) {
	s := &stmt{keyword: in.Keyword, arg: in.Argument, hasArg: in.HasArgument, unit: u, parent: parent}
	s.line, s.col = place(in.Location())
	if depth > maxNesting {
		return nil, &Error{
			File: u.file, Line: s.line, Column: s.col, Statement: s.String(),
			Message: fmt.Sprintf("statements are nested more than %d deep", maxNesting),
		}
	}
	subs := in.SubStatements()
	s.subs = make([]*stmt, 0, len(subs))
	for _, sub := range subs {
		c, err := u.convert(sub, s, depth+1)
		if err != nil {
			return nil, err
		}
		s.subs = append(s.subs, c)
	}
	return s, nil
}

// place reads line and column off the end of "file:line:column".
func place(location string) (line, col int) {
	rest, colText := cutLast(location)
	_, lineText := cutLast(rest)
	line, _ = strconv.Atoi(lineText)
	col, _ = strconv.Atoi(colText)
	return line, col
}

func cutLast(s string) (before, after string) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return "", s
	}
	return s[:i], s[i+1:]
}
