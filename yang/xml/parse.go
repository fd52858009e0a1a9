package xml

import (
	"fmt"
	"strings"
)

// Parse reads a document of one root element. Its errors are *SyntaxError.
func Parse(data []byte, limits Limits) (*Element, error) {
	r := &reader{limits: limits.withDefaults(), line: 1}
	if len(data) > r.limits.Bytes {
		return nil, &SyntaxError{
			Line: 1, Column: 1, TooBig: true,
			Message: fmt.Sprintf("the document has %d bytes, %d are allowed", len(data), r.limits.Bytes),
		}
	}
	r.src = normalizeLineEnds(strings.TrimPrefix(string(data), "\uFEFF"))
	r.doc = &source{r.src, r.limits.Bytes}
	if i := illegalChar(r.src); i >= 0 {
		return nil, r.errorAt(i, "a character that XML does not allow, or that is not UTF-8")
	}
	return r.document()
}

// normalizeLineEnds is XML 1.0 section 2.11.
func normalizeLineEnds(s string) string {
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// reader parses one document in a single pass. pos never passes len(src).
type reader struct {
	src    string
	pos    int
	doc    *source
	limits Limits

	depth    int // of open elements
	count    int // of all elements
	scope    *scope
	open     []*Element // children of unfinished elements, outermost first
	elements []Element  // room to take elements from
	links    []*Element // room to take Children from

	line, lineAt int // line is the line number at the offset lineAt
	lineStart    int // where that line starts
}

func (r *reader) document() (*Element, error) {
	if err := r.declaration(); err != nil {
		return nil, err
	}
	if err := r.misc(); err != nil {
		return nil, err
	}
	if r.peek() != '<' {
		return nil, r.errorf("the document has no root element")
	}
	root, err := r.element()
	if err != nil {
		return nil, err
	}
	if err := r.misc(); err != nil {
		return nil, err
	}
	if r.pos < len(r.src) {
		return nil, r.errorf("content behind the root element")
	}
	return root, nil
}

// element parses an element; pos stands on its "<".
func (r *reader) element() (*Element, error) {
	if r.depth == r.limits.Depth {
		return nil, r.tooBig("elements are nested deeper than %d", r.limits.Depth)
	}
	if r.count == r.limits.Elements {
		return nil, r.tooBig("the document has more than %d elements", r.count)
	}
	outer := r.scope
	r.depth++
	r.count++
	e := r.newElement()
	empty, err := r.startTag(e)
	if err == nil && !empty {
		err = r.content(e)
	}
	if err != nil {
		return nil, err
	}
	e.at.end = r.pos
	r.depth--
	r.scope = outer
	return e, nil
}

// content parses what stands between the tags of e, and the end tag.
func (r *reader) content(e *Element) error {
	first := len(r.open)
	var text text
	for {
		i := strings.IndexByte(r.src[r.pos:], '<')
		if i < 0 {
			r.pos = len(r.src)
			return r.errorf("the document ends inside <%s> of line %d", e.Name.Local, e.Line)
		}
		if i > 0 {
			if err := r.charData(&text, r.pos+i, len(r.open) > first); err != nil {
				return err
			}
		}
		switch rest := r.src[r.pos:]; {
		case strings.HasPrefix(rest, "</"):
			e.Text = text.take()
			e.Children = r.link(first)
			return r.endTag(e)
		case strings.HasPrefix(rest, "<!"), strings.HasPrefix(rest, "<?"):
			if err := r.markup(&text); err != nil {
				return err
			}
		default:
			child, err := r.element()
			if err != nil {
				return err
			}
			if len(r.open) == first {
				text.dropBlank()
			}
			r.open = append(r.open, child)
		}
	}
}

// markup parses a comment, a CDATA section or a processing instruction.
func (r *reader) markup(t *text) error {
	const cdata = "<![CDATA["
	switch rest := r.src[r.pos:]; {
	case strings.HasPrefix(rest, cdata):
		end := strings.Index(rest, "]]>")
		if end < 0 {
			return r.errorf("a CDATA section without its end")
		}
		t.add(rest[len(cdata):end])
		r.pos += end + len("]]>")
		return nil
	case strings.HasPrefix(rest, "<!--"):
		return r.comment()
	case strings.HasPrefix(rest, "<?"):
		return r.instruction()
	}
	return r.errorf("a declaration; NETCONF allows no document type declaration")
}

// newElement returns an element that begins at pos.
func (r *reader) newElement() *Element {
	if len(r.elements) == 0 {
		r.elements = make([]Element, min(256, 1+(len(r.src)-r.pos)/8))
	}
	e := &r.elements[0]
	r.elements = r.elements[1:]
	e.doc = r.doc
	e.at.start = r.pos
	e.Line, e.at.line = r.lineOf(r.pos)
	return e
}

// link moves the open elements from first on into a slice of their own.
func (r *reader) link(first int) []*Element {
	kids := r.open[first:]
	if len(kids) == 0 {
		return nil
	}
	if len(r.links) < len(kids) {
		r.links = make([]*Element, max(len(kids), 512))
	}
	out := r.links[:len(kids):len(kids)]
	r.links = r.links[len(kids):]
	copy(out, kids)
	r.open = r.open[:first]
	return out
}

func (r *reader) peek() byte {
	if r.pos < len(r.src) {
		return r.src[r.pos]
	}
	return 0
}

func (r *reader) skipSpace() {
	for r.pos < len(r.src) && isSpace(r.src[r.pos]) {
		r.pos++
	}
}

// lineOf returns the line of an offset not before the last one asked for, and
// where the line starts.
func (r *reader) lineOf(pos int) (line, start int) {
	passed := r.src[r.lineAt:pos]
	if i := strings.LastIndexByte(passed, '\n'); i >= 0 {
		r.line += strings.Count(passed, "\n")
		r.lineStart = r.lineAt + i + 1
	}
	r.lineAt = pos
	return r.line, r.lineStart
}

func (r *reader) errorf(format string, args ...any) error { return r.errorAt(r.pos, format, args...) }

func (r *reader) errorAt(pos int, format string, args ...any) *SyntaxError {
	before := r.src[:pos]
	return &SyntaxError{
		Line:    1 + strings.Count(before, "\n"),
		Column:  pos - strings.LastIndexByte(before, '\n'),
		Message: fmt.Sprintf(format, args...),
	}
}

func (r *reader) tooBig(format string, args ...any) error {
	err := r.errorAt(r.pos, format, args...)
	err.TooBig = true
	return err
}
