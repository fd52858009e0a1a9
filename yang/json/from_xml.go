package json

import (
	"slices"
	"strings"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// unlimitedXML is unlimited for XML.
var unlimitedXML = xml.Limits{Bytes: 1 << 40, Depth: 1 << 16, Attributes: 1 << 20, Namespaces: 1 << 20, Elements: 1 << 40}

// fromXML translates the content of the anydata or anyxml node s.
func fromXML(s *schema.Node, inner string) value {
	el, err := xml.Parse([]byte("<any>"+inner+"</any>"), unlimitedXML)
	if err != nil { // whoever made the node put in what is no XML
		return value{kind: object}
	}
	if s.Kind == schema.AnyXML && len(el.Children) == 0 && el.Text != "" {
		return value{kind: text, text: el.Text}
	}
	t := fromTranslator{set: s.Set(), names: map[[2]string]string{}}
	known, others := t.split(el.Children)
	typed, ok := t.typed(known, s)
	if !ok {
		others = el.Children
	}
	out := value{kind: object, kids: append(typed, t.members(others, s.Module.Namespace)...)}
	if s.Kind == schema.AnyXML && strings.TrimSpace(el.Text) != "" {
		out.kids = append(out.kids, value{name: textMember, kind: text, text: el.Text})
	}
	return out
}

// textMember holds the text between the children of an element.
const textMember = "#text"

// fromTranslator makes JSON of XML.
type fromTranslator struct {
	set   *schema.Set
	names map[[2]string]string // qualified ones by namespace and local name, for these may be long
}

// split parts the elements that are top-level data of the schema from others.
func (t fromTranslator) split(all []*xml.Element) (known, others []*xml.Element) {
	for _, el := range all {
		m := t.set.ModuleByNamespace(el.Name.Space)
		if m != nil && topLevel(t.set, m.Name, el.Name.Local) {
			known = append(known, el)
		} else {
			others = append(others, el)
		}
	}
	return known, others
}

func topLevel(set *schema.Set, module, name string) bool {
	n := set.Root.Child(module, name)
	return n != nil && n.IsData()
}

// typed translates top-level data by way of the schema; ok is false when it does
// not follow the schema.
func (t fromTranslator) typed(known []*xml.Element, s *schema.Node) (members []value, ok bool) {
	if len(known) == 0 {
		return nil, true
	}
	root, err := xml.DecodeInput(t.set, t.set.Root, &xml.Element{Children: known})
	if err != nil {
		return nil, false
	}
	out, err := parse(AppendNode(nil, root, EncodeOptions{}), unlimited)
	if err != nil {
		return nil, false
	}
	for i := range out.kids {
		out.kids[i].name = simplified(out.kids[i].name, s.Module)
	}
	return out.kids, true
}

// simplified leaves out the module where it is that of the node around (RFC 7951
// section 4).
func simplified(name string, m *schema.Module) string {
	mark, name := cutMark(name)
	return mark + strings.TrimPrefix(name, m.Name+":")
}

// cutMark cuts off the mark of annotations.
func cutMark(name string) (mark, rest string) {
	if rest, ok := strings.CutPrefix(name, "@"); ok {
		return "@", rest
	}
	return "", name
}

// members translates elements without a schema; space is the namespace of what
// they stand in. Elements of one name become an array.
func (t fromTranslator) members(all []*xml.Element, space string) (out []value) {
	groups := map[xml.Name][]*xml.Element{}
	for _, el := range all {
		groups[el.Name] = append(groups[el.Name], el)
	}
	for _, el := range all {
		group := groups[el.Name]
		if group == nil {
			continue
		}
		delete(groups, el.Name)
		name := t.name(el.Name, space)
		out = append(out, t.member(name, group))
		if beside, ok := t.annotations(name, group); ok {
			out = append(out, beside)
		}
	}
	return out
}

func (t fromTranslator) member(name string, group []*xml.Element) value {
	if len(group) > 1 || isEmpty(group[0]) { // an empty element is [null], as a leaf of type empty
		all := value{name: name, kind: array}
		for _, el := range group {
			all.kids = append(all.kids, t.value(el))
		}
		return all
	}
	v := t.value(group[0])
	v.name = name
	return v
}

func isEmpty(el *xml.Element) bool { return len(el.Children) == 0 && el.Text == "" }

func (t fromTranslator) value(el *xml.Element) value {
	switch {
	case isEmpty(el):
		return value{kind: null, text: "null"}
	case len(el.Children) == 0:
		return value{kind: text, text: el.Text}
	}
	v := value{kind: object}
	if len(el.Attrs) > 0 {
		v.kids = append(v.kids, t.attributes("@", el))
	}
	v.kids = append(v.kids, t.members(el.Children, el.Name.Space)...)
	if strings.TrimSpace(el.Text) != "" {
		v.kids = append(v.kids, value{name: textMember, kind: text, text: el.Text})
	}
	return v
}

// annotations returns the member beside the elements without children that holds
// their attributes; ok is false when they have none.
func (t fromTranslator) annotations(name string, group []*xml.Element) (v value, ok bool) {
	beside := func(el *xml.Element) bool { return len(el.Attrs) > 0 && len(el.Children) == 0 }
	if !slices.ContainsFunc(group, beside) {
		return value{}, false
	}
	name = "@" + name
	if len(group) == 1 {
		return t.attributes(name, group[0]), true
	}
	v = value{name: name, kind: array}
	for _, el := range group {
		item := value{kind: null, text: "null"}
		if beside(el) {
			item = t.attributes("", el)
		}
		v.kids = append(v.kids, item)
	}
	return v, true
}

func (t fromTranslator) attributes(name string, el *xml.Element) value {
	v := value{name: name, kind: object}
	for _, a := range el.Attrs {
		v.kids = append(v.kids, value{name: t.name(a.Name, ""), kind: text, text: a.Value})
	}
	return v
}

// name qualifies a name that stands in something of the namespace outer: with the
// module's name, or with the namespace itself when no module has it.
func (t fromTranslator) name(n xml.Name, outer string) string {
	if n.Space == outer {
		return n.Local
	}
	key := [2]string{n.Space, n.Local}
	name, ok := t.names[key]
	if !ok {
		qualifier := n.Space
		if m := t.set.ModuleByNamespace(n.Space); m != nil {
			qualifier = m.Name
		}
		name = qualifier + ":" + n.Local
		t.names[key] = name
	}
	return name
}

var _ tree.Content = Text("")
