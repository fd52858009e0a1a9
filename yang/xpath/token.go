package xpath

import (
	"slices"
	"strings"
	"unicode/utf8"
)

const whitespace = " \t\r\n"

type tokenKind uint8

const (
	tokenEnd      tokenKind = iota
	tokenNumber             // text: as written
	tokenLiteral            // text: without quotes
	tokenName               // a name test
	tokenFunction           // a name before "("
	tokenNodeType           // comment, text, processing-instruction, node before "("
	tokenAxis               // a name and the "::" behind it
	tokenOperator           // and or mod div * / // | + - = != < <= > >=
	tokenPunct              // ( ) [ ] . .. @ ,
	tokenVariable           // text: the name without "$"
)

// token is one ExprToken (section 3.7).
type token struct {
	kind   tokenKind
	text   string // of names: local part, or "*"
	prefix string
	offset int
}

func (t token) is(kind tokenKind, text string) bool { return t.kind == kind && t.text == text }

func (t token) String() string {
	switch {
	case t.kind == tokenEnd:
		return "end of expression"
	case t.prefix != "":
		return `"` + t.prefix + ":" + t.text + `"`
	}
	return `"` + t.text + `"`
}

// symbols are tried in turn, hence the longer ones come first.
var symbols = []struct {
	text string
	kind tokenKind
}{
	{"..", tokenPunct},
	{"//", tokenOperator},
	{"!=", tokenOperator},
	{"<=", tokenOperator},
	{">=", tokenOperator},
	{"(", tokenPunct},
	{")", tokenPunct},
	{"[", tokenPunct},
	{"]", tokenPunct},
	{".", tokenPunct},
	{"@", tokenPunct},
	{",", tokenPunct},
	{"/", tokenOperator},
	{"|", tokenOperator},
	{"+", tokenOperator},
	{"-", tokenOperator},
	{"=", tokenOperator},
	{"<", tokenOperator},
	{">", tokenOperator},
}

var (
	wordOperators = []string{"and", "or", "mod", "div"}
	nodeTypes     = []string{"comment", "text", "processing-instruction", "node"}
)

type lexer struct {
	src    string
	pos    int
	tokens []token
}

// tokenize returns the tokens of src, the last being tokenEnd.
func tokenize(src string) ([]token, error) {
	l := &lexer{src: src}
	for {
		l.skipSpace()
		t, err := l.next()
		if err != nil {
			return nil, err
		}
		l.tokens = append(l.tokens, t)
		if t.kind == tokenEnd {
			return l.tokens, nil
		}
	}
}

func (l *lexer) skipSpace() {
	l.pos = len(l.src) - len(strings.TrimLeft(l.src[l.pos:], whitespace))
}

func (l *lexer) next() (token, error) {
	rest := l.src[l.pos:]
	if rest == "" {
		return token{offset: l.pos}, nil
	}
	switch c := rest[0]; {
	case c == '"' || c == '\'':
		return l.literal(c)
	case numberLen(rest) > 0:
		return l.take(tokenNumber, numberLen(rest)), nil
	case c == '*':
		return l.star(), nil
	case c == '$':
		return l.variable()
	case nameLen(rest) > 0:
		return l.name()
	}
	for _, s := range symbols {
		if strings.HasPrefix(rest, s.text) {
			return l.take(s.kind, len(s.text)), nil
		}
	}
	r, _ := utf8.DecodeRuneInString(rest)
	return token{}, syntaxError(l.src, l.pos, "unexpected character %q", r)
}

// take returns the next n bytes as a token.
func (l *lexer) take(kind tokenKind, n int) token {
	t := token{kind: kind, text: l.src[l.pos : l.pos+n], offset: l.pos}
	l.pos += n
	return t
}

func (l *lexer) literal(quote byte) (token, error) {
	text, _, closed := strings.Cut(l.src[l.pos+1:], string(quote))
	if !closed {
		return token{}, syntaxError(l.src, l.pos, "string without closing %c", quote)
	}
	t := token{kind: tokenLiteral, text: text, offset: l.pos}
	l.pos += len(text) + 2
	return t, nil
}

// wantsOperator is the first rule of section 3.7: behind an operand, * and
// names are operators.
func (l *lexer) wantsOperator() bool {
	if len(l.tokens) == 0 {
		return false
	}
	switch last := l.tokens[len(l.tokens)-1]; last.kind {
	case tokenOperator, tokenAxis:
		return false
	case tokenPunct:
		return !slices.Contains([]string{"@", "(", "[", ","}, last.text)
	}
	return true
}

func (l *lexer) star() token {
	if l.wantsOperator() {
		return l.take(tokenOperator, 1)
	}
	return l.take(tokenName, 1)
}

func (l *lexer) variable() (token, error) {
	n := nameLen(l.src[l.pos+1:])
	if n == 0 {
		return token{}, syntaxError(l.src, l.pos, "no name behind $")
	}
	t := l.take(tokenVariable, n+1)
	t.text = t.text[1:]
	return t, nil
}

func (l *lexer) name() (token, error) {
	t := l.take(tokenName, nameLen(l.src[l.pos:]))
	if l.wantsOperator() {
		t.kind = tokenOperator
		if !slices.Contains(wordOperators, t.text) {
			return t, syntaxError(l.src, t.offset, "%s where an operator is expected", t)
		}
		return t, nil
	}
	l.qualify(&t)
	l.classify(&t)
	return t, nil
}

// qualify completes prefix:name and prefix:*, within which no space may stand.
func (l *lexer) qualify(t *token) {
	rest, colon := strings.CutPrefix(l.src[l.pos:], ":")
	n := nameLen(rest)
	if strings.HasPrefix(rest, "*") {
		n = 1
	}
	if !colon || n == 0 {
		return
	}
	t.prefix, t.text = t.text, rest[:n]
	l.pos += 1 + n
}

// classify looks at what follows a name.
func (l *lexer) classify(t *token) {
	rest := strings.TrimLeft(l.src[l.pos:], whitespace)
	switch {
	case t.text == "*":
	case strings.HasPrefix(rest, "("):
		t.kind = tokenFunction
		if t.prefix == "" && slices.Contains(nodeTypes, t.text) {
			t.kind = tokenNodeType
		}
	case strings.HasPrefix(rest, "::") && t.prefix == "":
		t.kind = tokenAxis
		l.pos = len(l.src) - len(rest) + 2
	}
}
