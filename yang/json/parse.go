package json

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/optical-net/waveguard/yang/tree"
)

// kind is the kind of a JSON value.
type kind uint8

const (
	object kind = iota + 1
	array
	text
	number
	boolean
	null
)

var kindNames = [...]string{object: "an object", array: "an array", text: "a string", number: "a number", boolean: "a boolean", null: "null"}

func (k kind) String() string { return kindNames[k] }

// value is a JSON value (RFC 8259) and, inside an object, the name before it.
type value struct {
	kind kind
	at   uint32 // offset of the name, or of an item
	name string
	text string  // a string's content; a number, true or false as it is written
	kids []value // members of an object, items of an array
}

var words = []value{{kind: boolean, text: "true"}, {kind: boolean, text: "false"}, {kind: null, text: "null"}}

const byteOrderMark = "\uFEFF"

// parse reads a document of one value. Its errors are *tree.Error with the tag
// malformed-message or too-big and no path.
func parse(data []byte, limits Limits) (value, error) {
	r := &reader{src: string(data), limits: limits.withDefaults()}
	switch {
	case len(data) > r.limits.Bytes:
		return value{}, r.tooBig("the document has %d bytes, %d are allowed", len(data), r.limits.Bytes)
	case !utf8.ValidString(r.src):
		return value{}, r.errorf("the document is not UTF-8")
	}
	if strings.HasPrefix(r.src, byteOrderMark) {
		r.pos = len(byteOrderMark) // RFC 8259 section 8.1: may be ignored
	}
	r.skipSpace()
	v, err := r.value()
	if err != nil {
		return value{}, err
	}
	if r.skipSpace(); r.pos < len(r.src) {
		return value{}, r.errorf("content behind the value")
	}
	return v, nil
}

// reader parses one document in a single pass. pos never passes len(src).
type reader struct {
	src    string
	pos    int
	limits Limits

	depth int     // of open objects and arrays
	count int     // of all values
	open  []value // kids of unfinished values, outermost first
	room  []value // to take kids from
}

// value parses a value; pos stands on its first character.
func (r *reader) value() (value, error) {
	if r.count == r.limits.Values {
		return value{}, r.tooBig("the document has more than %d values", r.count)
	}
	r.count++
	switch c := r.peek(); {
	case c == '{':
		return r.composite(object, '}')
	case c == '[':
		return r.composite(array, ']')
	case c == '"':
		s, err := r.string()
		return value{kind: text, text: s}, err
	case c == '-' || c >= '0' && c <= '9':
		return r.number()
	}
	for _, w := range words {
		if strings.HasPrefix(r.src[r.pos:], w.text) {
			r.pos += len(w.text)
			return w, nil
		}
	}
	return value{}, r.errorf("expected a value")
}

// composite parses an object or an array up to its end.
func (r *reader) composite(k kind, end byte) (value, error) {
	if r.depth == r.limits.Depth {
		return value{}, r.tooBig("values are nested deeper than %d", r.limits.Depth)
	}
	r.depth++
	first := len(r.open)
	r.pos++
	r.skipSpace()
	for r.peek() != end {
		if len(r.open) > first {
			if err := r.expect(','); err != nil {
				return value{}, err
			}
		}
		kid, err := r.kid(k)
		if err != nil {
			return value{}, err
		}
		r.open = append(r.open, kid)
		r.skipSpace()
	}
	r.pos++
	r.depth--
	return value{kind: k, kids: r.take(first)}, nil
}

// kid parses an item, or a name and a value.
func (r *reader) kid(k kind) (v value, err error) {
	name, at := "", uint32(r.pos)
	if k == object {
		if r.peek() != '"' {
			return v, r.errorf("expected a name in quotes")
		}
		if name, err = r.string(); err != nil {
			return v, err
		}
		r.skipSpace()
		if err := r.expect(':'); err != nil {
			return v, err
		}
	}
	v, err = r.value()
	v.name, v.at = name, at
	return v, err
}

// take moves the open values from first on into a slice of their own.
func (r *reader) take(first int) []value {
	kids := r.open[first:]
	if len(kids) == 0 {
		return nil
	}
	if len(r.room) < len(kids) {
		r.room = make([]value, max(len(kids), min(256, 1+(len(r.src)-r.pos)/4)))
	}
	out := r.room[:len(kids):len(kids)]
	r.room = r.room[len(kids):]
	copy(out, kids)
	clear(kids)
	r.open = r.open[:first]
	return out
}

// expect skips the character c and the white space behind it.
func (r *reader) expect(c byte) error {
	if r.peek() != c {
		return r.errorf("expected %q", c)
	}
	r.pos++
	r.skipSpace()
	return nil
}

func (r *reader) peek() byte {
	if r.pos < len(r.src) {
		return r.src[r.pos]
	}
	return 0
}

func (r *reader) skipSpace() {
	for r.pos < len(r.src) {
		switch r.src[r.pos] {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return
		}
	}
}

func (r *reader) errorf(format string, args ...any) error {
	return r.fault(tree.TagMalformedMessage, format, args...)
}

func (r *reader) tooBig(format string, args ...any) error {
	return r.fault(tree.TagTooBig, format, args...)
}

// fault makes an error at the place that was reached.
func (r *reader) fault(tag tree.Tag, format string, args ...any) error {
	before := r.src[:r.pos]
	line, column := 1+strings.Count(before, "\n"), r.pos-strings.LastIndexByte(before, '\n')
	return &tree.Error{Tag: tag, Message: fmt.Sprintf("JSON line %d, column %d: %s", line, column, fmt.Sprintf(format, args...))}
}
