package xml

import "strings"

// Name is an expanded name: a namespace, "" for none, and a local part.
type Name struct{ Space, Local string }

// Attr is an attribute that is not a namespace declaration.
type Attr struct {
	Name   Name
	Prefix string
	Value  string
}

// Binding is one namespace declaration. Prefix is "" for the default
// namespace; Space is "" where the default namespace is undeclared.
type Binding struct{ Prefix, Space string }

// Element is an element of a parsed document. It shares the document's text,
// and nobody changes it after Parse.
type Element struct {
	Name     Name
	Prefix   string // as written; "" when the name has none
	Attrs    []Attr // document order
	Children []*Element
	// Text is the character data directly inside, references and CDATA
	// resolved. Runs of nothing but white space between children are left out.
	Text string
	Line int // of the start tag, from 1

	scope *scope
	doc   *source
	at    span
}

// Column returns where in its line the start tag begins, in bytes from 1.
func (e *Element) Column() int {
	if e.doc == nil {
		return 0
	}
	return 1 + e.at.start - e.at.line
}

// source is the text that elements point into, line ends normalised, and how many
// bytes it was allowed.
type source struct {
	src  string
	most int
}

// span holds offsets into the document: of the line that the start tag begins on,
// of its "<", behind the name in it, of the content's beginning and end, and behind
// the end tag.
type span struct{ line, start, name, inner, innerEnd, end int }

// scope is the innermost binding in force and, linked, those around it.
type scope struct {
	Binding
	outer *scope
	depth int // bindings from here outwards
	owner int // where the start tag that declares it begins
}

func (s *scope) resolve(prefix string) (space string, ok bool) {
	for ; s != nil; s = s.outer {
		if s.Prefix == prefix {
			return s.Space, true
		}
	}
	return "", prefix == ""
}

// xmlSpace is what the prefix xml always stands for.
const xmlSpace = "http://www.w3.org/XML/1998/namespace"

// Resolve returns the namespace that the prefix stands for inside the element:
// the default one for "", which is "" when there is none.
func (e *Element) Resolve(prefix string) (space string, ok bool) {
	if prefix == "xml" {
		return xmlSpace, true
	}
	return e.scope.resolve(prefix)
}

// InScope returns the bindings in force inside the element, innermost first,
// without those that an inner one hides.
func (e *Element) InScope() []Binding {
	var out []Binding
	seen := map[string]bool{}
	for s := e.scope; s != nil; s = s.outer {
		if !seen[s.Prefix] {
			seen[s.Prefix] = true
			out = append(out, s.Binding)
		}
	}
	return out
}

// Declared returns the bindings that the element's own start tag declares, in
// document order.
func (e *Element) Declared() []Binding {
	var out []Binding
	for s := e.scope; s != nil && s.owner == e.at.start; s = s.outer {
		out = append([]Binding{s.Binding}, out...)
	}
	return out
}

// Child returns the first child of that name, or nil.
func (e *Element) Child(space, local string) *Element {
	for _, c := range e.Children {
		if c.Name.Local == local && c.Name.Space == space {
			return c
		}
	}
	return nil
}

// Attr returns the value of the attribute of that name.
func (e *Element) Attr(space, local string) (value string, ok bool) {
	for i := range e.Attrs {
		if a := &e.Attrs[i]; a.Name.Local == local && a.Name.Space == space {
			return a.Value, true
		}
	}
	return "", false
}

// TrimmedText returns Text without the white space around it.
func (e *Element) TrimmedText() string { return trimSpace(e.Text) }

func trimSpace(s string) string { return strings.Trim(s, " \t\n\r") }
