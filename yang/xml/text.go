package xml

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// text collects character data. One piece is kept as it is; more are joined.
type text struct {
	one    string
	joined []byte
}

func (t *text) add(s string) {
	switch {
	case t.joined != nil:
		t.joined = append(t.joined, s...)
	case t.one == "":
		t.one = s
	case s != "":
		t.joined = append(append(make([]byte, 0, 2*(len(t.one)+len(s))), t.one...), s...)
	}
}

func (t *text) take() string {
	if t.joined != nil {
		return string(t.joined)
	}
	return t.one
}

func (t *text) dropBlank() {
	if isBlank(t.take()) {
		*t = text{}
	}
}

// charData adds the text from pos up to end, where a "<" stands.
func (r *reader) charData(t *text, end int, amongChildren bool) error {
	run := r.src[r.pos:end]
	special := false
	for i := range len(run) {
		switch run[i] {
		case '&':
			special = true
		case '>':
			if strings.HasSuffix(run[:i], "]]") {
				return r.errorAt(r.pos+i, "\"]]>\" in text; write \"]]&gt;\"")
			}
		}
	}
	if special {
		var err error
		if run, err = r.expand(run); err != nil {
			return err
		}
	}
	if !amongChildren || !isBlank(run) {
		t.add(run)
	}
	r.pos = end
	return nil
}

// attributeValue parses a quoted value and normalises its white space (XML 1.0
// section 3.3.3).
func (r *reader) attributeValue() (string, error) {
	quote := r.peek()
	if quote != '"' && quote != '\'' {
		return "", r.errorf("expected a quoted attribute value")
	}
	r.pos++
	n := strings.IndexByte(r.src[r.pos:], quote)
	if n < 0 {
		return "", r.errorf("an attribute value without its closing quote")
	}
	raw := r.src[r.pos : r.pos+n]
	if i := strings.IndexByte(raw, '<'); i >= 0 {
		return "", r.errorAt(r.pos+i, "\"<\" in an attribute value; write \"&lt;\"")
	}
	value := raw
	if strings.ContainsAny(raw, "\t\n") {
		value = strings.NewReplacer("\t", " ", "\n", " ").Replace(raw)
	}
	if strings.IndexByte(raw, '&') >= 0 {
		var err error
		if value, err = r.expand(value); err != nil {
			return "", err
		}
	}
	r.pos += n + 1
	return value, nil
}

// expand resolves the references in s, which stands at pos.
func (r *reader) expand(s string) (string, error) {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		n := strings.IndexByte(s[i:], '&')
		if n < 0 {
			out = append(out, s[i:]...)
			break
		}
		out = append(out, s[i:i+n]...)
		i += n
		end := strings.IndexByte(s[i:], ';')
		if end < 0 {
			return "", r.errorAt(r.pos+i, "\"&\" without \";\"; write \"&amp;\" for the character")
		}
		c, ok := reference(s[i+1 : i+end])
		if !ok {
			return "", r.errorAt(r.pos+i, "the reference &%.20s; is unknown; only lt, gt, amp, quot, apos and character numbers are", s[i+1:i+end])
		}
		out = utf8.AppendRune(out, c)
		i += end + 1
	}
	return string(out), nil
}

var entities = map[string]rune{"lt": '<', "gt": '>', "amp": '&', "quot": '"', "apos": '\''}

// reference resolves what stands between "&" and ";".
func reference(name string) (rune, bool) {
	number, ok := strings.CutPrefix(name, "#")
	if !ok {
		c, ok := entities[name]
		return c, ok
	}
	base := 10
	if hex, ok := strings.CutPrefix(number, "x"); ok {
		number, base = hex, 16
	}
	n, err := strconv.ParseUint(number, base, 32)
	if err != nil || n > utf8.MaxRune || !isChar(rune(n)) {
		return 0, false
	}
	return rune(n), true
}
