package json

import (
	"strings"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Text is the content of an anydata or anyxml node that came as JSON: an object for
// anydata (RFC 7951 section 5.5), any value for anyxml (section 5.6).
type Text string

// InnerJSON returns t.
func (t Text) InnerJSON() string { return string(t) }

// inJSON is content that knows its own form in JSON.
type inJSON interface {
	// InnerJSON returns an object for anydata, any value for anyxml, with the
	// modules of names at the top.
	InnerJSON() string
}

// any reads the content of an anydata or anyxml node, and the annotations that
// stand in anydata's object.
func (d *decoder) any(ed *tree.Edit, v *value) error {
	if err := d.distinct(v); err != nil {
		return err
	}
	content := *v
	if ed.Schema.Kind == schema.AnyData {
		if v.kind != object {
			return d.errorf(tree.TagInvalidValue, nil, "expected an object, not %s", v.kind)
		}
		content.kids = nil
		for i := range v.kids {
			if v.kids[i].name != "@" {
				content.kids = append(content.kids, v.kids[i])
			} else if err := d.annotations(ed, &v.kids[i]); err != nil {
				return err
			}
		}
	}
	if lengthInXML(&content, nameLen(ed.Schema.Name)) > growth*d.opt.Limits.withDefaults().Bytes {
		return d.errorf(tree.TagTooBig, nil, "with its names in every element of XML, the content of %q is too long", ed.Schema.Name)
	}
	e := newEncoder(EncodeOptions{})
	e.raw(&content)
	ed.Any = Text(e.buf)
	return nil
}

// growth is how many times longer than the longest document the content of anydata
// may become in another encoding.
const growth = 4

// lengthInXML returns about how long v is as elements of a name of that length.
func lengthInXML(v *value, name int) int {
	n := len(v.text)
	if v.kind != array {
		n += 2 * name
	}
	for i := range v.kids {
		k := &v.kids[i]
		if v.kind == object {
			n += lengthInXML(k, nameLen(k.name))
		} else {
			n += lengthInXML(k, name)
		}
	}
	return n
}

// nameLen returns about how long a name is in XML.
func nameLen(name string) int {
	n := len(name)
	for i := range len(name) {
		if c := name[i]; c <= ' ' || strings.IndexByte("!\"#$%&'()*+,/;<=>?@[\\]^`{|}~\x7f", c) >= 0 {
			n += len("_x20_")
		}
	}
	return n
}

// distinct refuses objects in which a name stands twice (RFC 7493 section 2.3).
func (d *decoder) distinct(v *value) error {
	var seen map[string]bool
	for i := range v.kids {
		k := &v.kids[i]
		if v.kind == object {
			if seen[k.name] {
				return d.errorf(tree.TagInvalidValue, nil, "the name %.80q stands twice in one object", k.name)
			}
			if seen == nil {
				seen = make(map[string]bool, len(v.kids))
			}
			seen[k.name] = true
		}
		if err := d.distinct(k); err != nil {
			return err
		}
	}
	return nil
}

// any writes the content of an anydata or anyxml node.
func (e *encoder) any(a *tree.Any) {
	v := contentOf(a)
	if a.Schema().Kind != schema.AnyData {
		e.raw(&v)
		return
	}
	marks, origin := e.marker.Enter(a)
	e.marker.Leave(origin)
	e.buf = append(e.buf, '{')
	e.depth++
	n := 0
	if !marks.None() && !e.opt.Plain {
		e.item(n)
		e.buf = append(e.buf, `"@`...)
		e.colon()
		e.marks(marks)
		n++
	}
	e.depth--
	e.rawItems(&v, n, '}')
}

// contentOf returns the content of a as a JSON value, an object for anydata.
func contentOf(a *tree.Any) value {
	if c, ok := a.Content().(inJSON); ok {
		// Whoever made the node may have put in what is no JSON: null then.
		v, err := parse([]byte(c.InnerJSON()), unlimited)
		if err == nil {
			return v
		}
		return value{kind: null, text: "null"}
	}
	return fromXML(a.Schema(), a.XML())
}

// unlimited are limits for content that was within limits when it came.
var unlimited = Limits{Bytes: 1 << 40, Depth: 1 << 16, Values: 1 << 40}

// raw writes a value as it is.
func (e *encoder) raw(v *value) {
	switch v.kind {
	case text:
		e.buf = appendString(e.buf, v.text)
	case object:
		e.buf = append(e.buf, '{')
		e.rawItems(v, 0, '}')
	case array:
		e.buf = append(e.buf, '[')
		e.rawItems(v, 0, ']')
	default:
		e.buf = append(e.buf, v.text...)
	}
}

// rawItems writes the items or members of v, in front of which there are n, up to
// the end of the array or object.
func (e *encoder) rawItems(v *value, n int, end byte) {
	e.depth++
	for i := range v.kids {
		e.item(n)
		if v.kind == object {
			e.buf = appendString(e.buf, v.kids[i].name)
			e.buf = e.buf[:len(e.buf)-1]
			e.colon()
		}
		e.raw(&v.kids[i])
		e.flushIfFull()
		n++
	}
	e.depth--
	e.end(end, n)
}

// qualifier splits the name of a member: at its last colon, so that a namespace
// that no module has can stand in place of a module's name.
func qualifier(name string) (space, local string, qualified bool) {
	i := strings.LastIndexByte(name, ':')
	if i < 0 {
		return "", name, false
	}
	return name[:i], name[i+1:], true
}
