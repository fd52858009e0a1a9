package schema

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// scanner reads the tokens of a module's text from left to right (RFC 7950 section 6.1).
type scanner struct {
	file string
	src  string
	pos  int

	mark      int // of which line and column are known
	line, col int

	// strict is the first fault that only YANG 1.1 makes one; a module of YANG 1 may have it.
	strict *Error
}

func newScanner(file, src string) *scanner {
	return &scanner{file: file, src: src, line: 1, col: 1}
}

// place returns line and column of an offset, which never decreases between calls.
func (s *scanner) place(pos int) (line, col int) {
	text := s.src[s.mark:pos]
	if i := strings.LastIndexByte(text, '\n'); i >= 0 {
		s.line += strings.Count(text, "\n")
		s.col, text = 1, text[i+1:]
	}
	s.col += utf8.RuneCountInString(text)
	s.mark = pos
	return s.line, s.col
}

// fault makes an error at an offset at or after all places asked for before.
func (s *scanner) fault(pos int, rule, format string, args ...any) *Error {
	at := *s
	line, col := at.place(max(pos, s.mark))
	return &Error{File: s.file, Line: line, Column: col, Message: fmt.Sprintf(format, args...), Rule: rule}
}

// only11 remembers a fault that YANG 1 does not know.
func (s *scanner) only11(pos int, format string, args ...any) {
	if s.strict == nil {
		s.strict = s.fault(pos, ruleQuoting, format, args...)
	}
}

// checkCharacters checks that the text is made of the characters of RFC 7950
// section 14, yang-char.
func (s *scanner) checkCharacters() *Error {
	for i := 0; i < len(s.src); {
		if c := s.src[i]; c >= ' ' && c < utf8.RuneSelf || c == '\n' {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s.src[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			return s.fault(i, ruleCharacters, "text is not UTF-8")
		case illegalRune(r):
			return s.fault(i, ruleCharacters, "character %U is not allowed", r)
		}
		i += n
	}
	return nil
}

// skip moves past white space and comments (RFC 7950 section 6.1.1).
func (s *scanner) skip() *Error {
	for s.pos < len(s.src) {
		rest := s.src[s.pos:]
		switch {
		case rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\n':
			s.pos++
		case strings.HasPrefix(rest, "//"):
			end := strings.IndexByte(rest, '\n')
			if end < 0 {
				end = len(rest)
			}
			s.pos += end
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest[2:], "*/")
			if end < 0 {
				return s.fault(s.pos, "RFC 7950 section 6.1.1", "comment is never closed")
			}
			s.pos += 2 + end + 2
		default:
			return nil
		}
	}
	return nil
}

// peek returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	if s.pos == len(s.src) {
		return 0
	}
	return s.src[s.pos]
}

// next shows what comes next, for messages.
func (s *scanner) next() string {
	if s.pos == len(s.src) {
		return "the end of the text"
	}
	r, _ := utf8.DecodeRuneInString(s.src[s.pos:])
	return fmt.Sprintf("%q", r)
}

// keyword reads up to what cannot be part of a keyword.
func (s *scanner) keyword() string {
	end := strings.IndexAny(s.src[s.pos:], " \t\r\n\"';{}/")
	if end < 0 {
		end = len(s.src) - s.pos
	}
	word := s.src[s.pos : s.pos+end]
	s.pos += end
	return word
}

// argument reads a string, quoted ones with all that "+" appends.
func (s *scanner) argument() (string, *Error) {
	if c := s.peek(); c != '"' && c != '\'' {
		return s.unquoted()
	}
	text, err := s.quoted()
	parts := []string{text}
	for err == nil {
		if err = s.skip(); err != nil || s.peek() != '+' {
			break
		}
		s.pos++
		if err = s.skip(); err != nil {
			break
		}
		if c := s.peek(); c != '"' && c != '\'' {
			return "", s.fault(s.pos, ruleQuoting, `expected a quoted string after "+", found %s`, s.next())
		}
		text, err = s.quoted()
		parts = append(parts, text)
	}
	return strings.Join(parts, ""), err
}

// unquoted reads a string up to white space, a semicolon, a brace or a comment.
func (s *scanner) unquoted() (string, *Error) {
	start := s.pos
	for ; s.pos < len(s.src); s.pos++ {
		switch rest := s.src[s.pos:]; rest[0] {
		case ' ', '\t', '\n', '\r', ';', '{', '}':
			return s.src[start:s.pos], nil
		case '"', '\'':
			s.only11(s.pos, "a string without quotes cannot hold one")
		case '/':
			if strings.HasPrefix(rest, "//") || strings.HasPrefix(rest, "/*") {
				return s.src[start:s.pos], nil
			}
		case '*':
			if strings.HasPrefix(rest, "*/") {
				return "", s.fault(s.pos, ruleQuoting, `a string without quotes cannot hold "*/"`)
			}
		}
	}
	return s.src[start:], nil
}

// quoted reads one quoted string.
func (s *scanner) quoted() (string, *Error) {
	start, quote := s.pos, s.src[s.pos]
	end := start + 1
	for ; end < len(s.src) && s.src[end] != quote; end++ {
		if quote == '"' && s.src[end] == '\\' {
			end++
		}
	}
	if end >= len(s.src) {
		return "", s.fault(start, ruleQuoting, "string is never closed")
	}
	s.pos = end + 1
	text := s.src[start+1 : end]
	if quote == '\'' {
		return text, nil
	}
	if strings.IndexByte(text, '\n') >= 0 {
		text = trimLines(text, s.indent(start)+1)
	}
	if strings.IndexByte(text, '\\') >= 0 {
		text = s.unescape(start, text)
	}
	return text, nil
}

const tabWidth = 8 // RFC 7950 section 6.1.3

// indent returns how many columns stand before an offset on its line.
func (s *scanner) indent(pos int) int {
	columns := 0
	for _, r := range s.src[strings.LastIndexByte(s.src[:pos], '\n')+1 : pos] {
		columns++
		if r == '\t' {
			columns += tabWidth - 1
		}
	}
	return columns
}

// trimLines drops the white space before line breaks, and up to indent columns of it after them.
func trimLines(text string, indent int) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if i > 0 {
			line = trimIndent(line, indent)
		}
		if i < len(lines)-1 {
			line = strings.TrimRight(line, " \t")
		}
		lines[i] = line
	}
	return strings.Join(lines, "\n")
}

// trimIndent drops white space of that many columns; of a tab that reaches beyond, the rest remains as spaces.
func trimIndent(line string, indent int) string {
	columns := 0
	for i := 0; i < len(line) && columns < indent; i++ {
		switch line[i] {
		case ' ':
			columns++
		case '\t':
			columns += tabWidth
		default:
			return line[i:]
		}
		if columns >= indent {
			return strings.Repeat(" ", columns-indent) + line[i+1:]
		}
	}
	return ""
}

// unescape replaces the escape sequences of RFC 7950 section 6.1.3; YANG 1
// leaves open what others mean, and they stand for themselves.
func (s *scanner) unescape(pos int, text string) string {
	var b strings.Builder
	b.Grow(len(text))
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			b.WriteByte(text[i])
			continue
		}
		i++
		switch text[i] {
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case '"', '\\':
			b.WriteByte(text[i])
		default:
			s.only11(pos, `string has the unknown escape sequence "\%c"`, text[i])
			b.WriteByte('\\')
			b.WriteByte(text[i])
		}
	}
	return b.String()
}
