package xml

import "strings"

// InnerXML returns what stands between the element's tags, as it was written,
// with the namespace declarations added that it takes from outside: it can be
// put into any other document. It serves anydata and anyxml. ok is false when the
// declarations make it longer than the document was allowed to be.
func (e *Element) InnerXML() (inner string, ok bool) {
	if e.doc == nil {
		return "", len(e.Children) == 0 // it was not parsed, so there is no text
	}
	src := e.doc.src
	if len(e.Children) == 0 {
		return src[e.at.inner:e.at.innerEnd], true
	}
	inherited := e.InScope()
	out := make([]byte, 0, e.at.innerEnd-e.at.inner+64*len(e.Children))
	from := e.at.inner
	for _, c := range e.Children {
		out = append(out, src[from:c.at.name]...)
		out = c.appendInherited(out, inherited)
		if from = c.at.name; len(out) > e.doc.most {
			return "", false
		}
	}
	return string(append(out, src[from:e.at.innerEnd]...)), true
}

// appendInherited declares those of the bindings that c does not declare itself
// and may need. A prefix may be used in names and in text, so a binding is
// taken for needed when its prefix and a colon stand anywhere in c.
func (c *Element) appendInherited(out []byte, inherited []Binding) []byte {
	text := c.doc.src[c.at.start:c.at.end]
	own := map[string]bool{}
	for _, b := range c.Declared() {
		own[b.Prefix] = true
	}
	hasDefault := own[""]
	for _, b := range inherited {
		hasDefault = hasDefault || b.Prefix == ""
		if !own[b.Prefix] && (b.Prefix == "" || strings.Contains(text, b.Prefix+":")) {
			out = appendDeclaration(out, b)
		}
	}
	if !hasDefault {
		out = appendDeclaration(out, Binding{})
	}
	return out
}

// appendDeclaration writes a namespace declaration with a space before it.
func appendDeclaration(out []byte, b Binding) []byte {
	out = append(out, " xmlns"...)
	if b.Prefix != "" {
		out = append(append(out, ':'), b.Prefix...)
	}
	out = append(out, `="`...)
	out = AppendAttrValue(out, b.Space)
	return append(out, '"')
}
