package json

import (
	"bytes"
	"strconv"

	"github.com/optical-net/waveguard/yang/internal/document"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/xml"
)

// InnerXML implements tree.Content.
func (t Text) InnerXML(s *schema.Node) string {
	v, err := parse([]byte(t), unlimited)
	if err != nil {
		return ""
	}
	to := toTranslator{set: s.Set(), mixed: s.Kind == schema.AnyXML}
	if v.kind != object {
		return string(to.content(nil, &v, s))
	}
	known, others := to.split(v.kids, s)
	if to.out, err = to.typed(known); err != nil {
		others = v.kids
	}
	to.members(others, s.Module.Namespace, true)
	return string(to.out)
}

// toTranslator makes XML of JSON.
type toTranslator struct {
	set   *schema.Set
	mixed bool // text may stand between elements, as it may not in anydata
	out   []byte
}

// content appends what is no object: text, or for an array elements named as s.
func (t *toTranslator) content(dst []byte, v *value, s *schema.Node) []byte {
	if v.kind == array {
		t.element(xml.Name{Space: s.Module.Namespace, Local: s.Name}, v, nil, true)
		return append(dst, t.out...)
	}
	return appendScalar(dst, v)
}

func appendScalar(dst []byte, v *value) []byte {
	if v.kind == null {
		return dst
	}
	return xml.AppendText(dst, v.text)
}

// split parts the members that are top-level data of the schema, and what is about
// them, from others. Names without a module belong to that of s.
func (t *toTranslator) split(all []value, s *schema.Node) (known, others []value) {
	for _, v := range all {
		mark, name := cutMark(v.name)
		module, local, qualified := qualifier(name)
		if !qualified {
			module = s.Module.Name
		}
		if !topLevel(t.set, module, local) {
			others = append(others, v)
			continue
		}
		v.name = mark + module + ":" + local
		known = append(known, v)
	}
	return known, others
}

// typed translates top-level data by way of the schema.
func (t *toTranslator) typed(known []value) ([]byte, error) {
	d := newDecoder(t.set.Root, t.set.Root, DecodeOptions{State: true})
	ed := d.edits.New(t.set.Root)
	if err := d.inside(ed, &value{kind: object, kids: known}); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err := xml.Encode(&b, document.Build(ed), xml.EncodeOptions{})
	return b.Bytes(), err
}

// members appends the elements that the members of an object become without a
// schema. space is the namespace of what they stand in; top says that nothing
// around declares it.
func (t *toTranslator) members(all []value, space string, top bool) {
	about := map[string]*value{}
	for i := range all {
		if mark, name := cutMark(all[i].name); mark != "" {
			about[name] = &all[i]
		}
	}
	for i := range all {
		v := &all[i]
		if v.name == textMember && t.mixed {
			t.out = appendScalar(t.out, v)
			continue
		}
		if mark, _ := cutMark(v.name); mark != "" {
			continue
		}
		name := t.name(v.name, space)
		t.element(name, v, about[v.name], top || name.Space != space)
	}
}

// element appends an element, several for an array. declares says that it has to
// declare its namespace; meta are its annotations, or nil.
func (t *toTranslator) element(name xml.Name, v, meta *value, declares bool) {
	if v.kind == array {
		for i := range v.kids {
			var own *value
			if meta != nil && i < len(meta.kids) && meta.kind == array {
				own = &meta.kids[i]
			} else if meta != nil && len(v.kids) == 1 {
				own = meta
			}
			t.element(name, &v.kids[i], own, declares)
		}
		return
	}
	t.out = xml.AppendName(append(t.out, '<'), name.Local)
	if name.Space == xmlSpace { // nothing of YANG is in there
		name.Space = ""
	}
	if declares {
		t.out = append(append(t.out, ` xmlns="`...), xml.AppendAttrValue(nil, name.Space)...)
		t.out = append(t.out, '"')
	}
	if v.kind == object {
		for i := range v.kids {
			if v.kids[i].name == "@" {
				meta = &v.kids[i]
			}
		}
	}
	t.attributes(meta)
	start := len(t.out)
	t.out = append(t.out, '>')
	if v.kind == object {
		t.members(v.kids, name.Space, false)
	} else {
		t.out = appendScalar(t.out, v)
	}
	if len(t.out) == start+1 {
		t.out = append(t.out[:start], "/>"...)
		return
	}
	t.out = append(xml.AppendName(append(t.out, "</"...), name.Local), '>')
}

// attributes appends the attributes that an object of annotations becomes.
func (t *toTranslator) attributes(meta *value) {
	if meta == nil || meta.kind != object {
		return
	}
	seen := map[xml.Name]bool{{Local: "xmlns"}: true} // that would be a declaration
	for i, a := range meta.kids {
		name := t.name(a.name, "")
		name.Local = string(xml.AppendName(nil, name.Local))
		if a.kind == object || a.kind == array || seen[name] {
			continue
		}
		seen[name] = true
		t.out = append(t.out, ' ')
		switch {
		case name.Space == xmlSpace:
			t.out = append(t.out, "xml:"...)
		case name.Space != "":
			prefix := "a" + strconv.Itoa(i)
			t.out = append(append(append(t.out, "xmlns:"...), prefix...), `="`...)
			t.out = append(xml.AppendAttrValue(t.out, name.Space), `" `...)
			t.out = append(append(t.out, prefix...), ':')
		}
		t.out = append(append(t.out, name.Local...), `="`...)
		if a.kind != null {
			t.out = xml.AppendAttrValue(t.out, a.text)
		}
		t.out = append(t.out, '"')
	}
}

// The namespaces that cannot be declared (Namespaces in XML 1.0 section 3).
const (
	xmlSpace   = "http://www.w3.org/XML/1998/namespace"
	xmlnsSpace = "http://www.w3.org/2000/xmlns/"
)

// name is the reverse of fromTranslator.name.
func (t *toTranslator) name(name, outer string) xml.Name {
	module, local, qualified := qualifier(name)
	if !qualified {
		return xml.Name{Space: outer, Local: local}
	}
	if m := t.set.Module(module); m != nil {
		module = m.Namespace
	}
	if module == xmlnsSpace {
		module = ""
	}
	return xml.Name{Space: module, Local: local}
}
