package xml

import "strings"

// startTag parses the start tag of e; empty says that it is an empty-element tag.
func (r *reader) startTag(e *Element) (empty bool, err error) {
	r.pos++
	prefix, local, err := r.qname()
	if err != nil {
		return false, err
	}
	e.Prefix, e.Name.Local = prefix, local
	e.at.name = r.pos
	if err := r.attributes(e); err != nil {
		return false, err
	}
	if empty = r.peek() == '/'; empty {
		r.pos++
	}
	if r.peek() != '>' {
		return false, r.errorf("expected an attribute or the end of the tag <%s>", local)
	}
	r.pos++
	e.at.inner, e.at.innerEnd = r.pos, r.pos
	e.scope = r.scope
	if e.Name.Space, err = r.space(e, prefix); err != nil {
		return false, err
	}
	return empty, r.resolveAttributes(e)
}

// qname parses a name with or without a prefix.
func (r *reader) qname() (prefix, local string, err error) {
	n := ncNameLen(r.src[r.pos:])
	if n == 0 {
		return "", "", r.errorf("expected a name")
	}
	local = r.src[r.pos : r.pos+n]
	r.pos += n
	if r.peek() != ':' {
		return "", local, nil
	}
	r.pos++
	n = ncNameLen(r.src[r.pos:])
	if n == 0 {
		return "", "", r.errorf("expected a name behind the prefix %q", local)
	}
	prefix, local = local, r.src[r.pos:r.pos+n]
	r.pos += n
	return prefix, local, nil
}

func (r *reader) space(e *Element, prefix string) (string, error) {
	space, ok := e.Resolve(prefix)
	if !ok {
		return "", r.errorAt(e.at.start, "the prefix %q is not declared", prefix)
	}
	return space, nil
}

// attributes parses the attributes of e, of which namespace declarations take
// effect at once.
func (r *reader) attributes(e *Element) error {
	for n := 0; ; n++ {
		at := r.pos
		r.skipSpace()
		if c := r.peek(); c == '>' || c == '/' {
			return nil
		}
		if at == r.pos {
			return r.errorf("expected white space or the end of the tag <%s>", e.Name.Local)
		}
		if n == r.limits.Attributes {
			return r.tooBig("the tag has more than %d attributes", n)
		}
		if err := r.attribute(e); err != nil {
			return err
		}
	}
}

func (r *reader) attribute(e *Element) error {
	at := r.pos
	prefix, local, err := r.qname()
	if err != nil {
		return err
	}
	r.skipSpace()
	if r.peek() != '=' {
		return r.errorf("expected \"=\" and a value for the attribute %s", local)
	}
	r.pos++
	r.skipSpace()
	value, err := r.attributeValue()
	if err != nil {
		return err
	}
	switch {
	case prefix == "xmlns":
		return r.declare(e, at, Binding{local, value})
	case prefix == "" && local == "xmlns":
		return r.declare(e, at, Binding{"", value})
	}
	e.Attrs = append(e.Attrs, Attr{Name: Name{Local: local}, Prefix: prefix, Value: value})
	return nil
}

// declare applies Namespaces in XML 1.0 sections 2.2 and 3.
func (r *reader) declare(e *Element, at int, b Binding) error {
	const xmlnsSpace = "http://www.w3.org/2000/xmlns/"
	switch {
	case b.Prefix == "xmlns" || b.Space == xmlnsSpace:
		return r.errorAt(at, "the prefix xmlns and its namespace cannot be declared")
	case (b.Prefix == "xml") != (b.Space == xmlSpace):
		return r.errorAt(at, "the prefix xml and its namespace belong to each other")
	case b.Prefix != "" && b.Space == "":
		return r.errorAt(at, "the prefix %q is declared without a namespace", b.Prefix)
	}
	depth := 1
	if r.scope != nil {
		depth += r.scope.depth
	}
	if depth > r.limits.Namespaces {
		return r.tooBig("more than %d namespace declarations are in force", r.limits.Namespaces)
	}
	for s := r.scope; s != nil && s.owner == e.at.start; s = s.outer {
		if s.Prefix == b.Prefix {
			return r.errorAt(at, "the prefix %q is declared twice", b.Prefix)
		}
	}
	r.scope = &scope{Binding: b, outer: r.scope, depth: depth, owner: e.at.start}
	return nil
}

// resolveAttributes expands the names of the attributes, each of which may
// stand once.
func (r *reader) resolveAttributes(e *Element) (err error) {
	for i := range e.Attrs {
		a := &e.Attrs[i]
		if a.Prefix != "" {
			if a.Name.Space, err = r.space(e, a.Prefix); err != nil {
				return err
			}
		}
		for j := range i {
			if e.Attrs[j].Name == a.Name {
				return r.errorAt(e.at.start, "the attribute %s stands twice", a.Name.Local)
			}
		}
	}
	return nil
}

// endTag parses the end tag of e.
func (r *reader) endTag(e *Element) error {
	e.at.innerEnd = r.pos
	name := r.src[e.at.start+1 : e.at.name]
	rest := r.src[r.pos+len("</"):]
	if !strings.HasPrefix(rest, name) {
		return r.errorf("expected </%s>, the end of line %d's element", name, e.Line)
	}
	r.pos += len("</") + len(name)
	r.skipSpace()
	if r.peek() != '>' {
		return r.errorf("expected </%s>, the end of line %d's element", name, e.Line)
	}
	r.pos++
	return nil
}
