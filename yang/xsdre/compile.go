package xsdre

import (
	"fmt"
	"regexp"
	"unicode/utf8"
)

const (
	maxPatternBytes    = 64 << 10
	maxDepth           = 200 // of groups and subtractions
	maxSize            = 1 << 17
	maxTranslatedBytes = 4 << 20
)

// SyntaxError says why a pattern can't be compiled.
type SyntaxError struct {
	Pattern string
	Offset  int // of the offending byte in Pattern
	Msg     string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("pattern %.256q, offset %d: %s", e.Pattern, e.Offset, e.Msg)
}

// Compile returns an expression that matches exactly the values that the
// pattern matches as a whole. Errors are of type *SyntaxError; they include
// patterns that are too large once their repetitions are written out.
func Compile(pattern string) (*regexp.Regexp, error) {
	p := &parser{src: pattern}
	switch {
	case len(pattern) > maxPatternBytes:
		return nil, &SyntaxError{Pattern: pattern, Msg: fmt.Sprintf("longer than %d bytes", maxPatternBytes)}
	case !utf8.ValidString(pattern):
		return nil, p.errorf("not valid UTF-8")
	}
	body, err := p.alternatives()
	if err != nil {
		return nil, err
	}
	if !p.done() {
		return nil, p.errorf("%q without an opening parenthesis", p.peek())
	}
	re, err := regexp.Compile(`\A(?:` + body.text + `)\z`)
	if err != nil {
		p.pos = 0
		return nil, p.errorf("%v", err)
	}
	return re, nil
}
