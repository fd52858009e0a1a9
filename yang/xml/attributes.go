package xml

import (
	"strings"

	"github.com/optical-net/waveguard/yang/internal/document"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

var (
	attrOperation = Name{BaseNamespace, "operation"}
	attrInsert    = Name{YangNamespace, "insert"}
	attrKey       = Name{YangNamespace, "key"}
	attrValue     = Name{YangNamespace, "value"}
	attrDefault   = Name{WithDefaultsNamespace, "default"}
	// attrModuleDefault is understood as well, for libyang writes it.
	attrModuleDefault = Name{document.ModuleDefaultsNamespace, "default"}
)

// attributes reads the attributes of el into ed, but for the default attribute,
// which says something of the value.
func (d *decoder) attributes(ed *tree.Edit, el *Element) error {
	if len(el.Attrs) == 0 {
		return nil
	}
	if a, ok := el.Attr(attrOperation.Space, attrOperation.Local); ok && !d.noOperations {
		op, err := d.operation(el, a)
		if err != nil {
			return err
		}
		ed.Operation = op
	}
	if err := d.meta(ed, el); err != nil {
		return err
	}
	return d.insert(ed, el)
}

// meta reads the annotations of el into ed, and refuses what is neither one nor
// another attribute that may stand there.
func (d *decoder) meta(ed *tree.Edit, el *Element) error {
	for i := range el.Attrs {
		a := &el.Attrs[i]
		if d.admits(ed.Schema, a.Name) {
			continue
		}
		def := d.annotation(a.Name)
		if def == nil {
			if d.opt.SkipUnknown {
				continue
			}
			return d.attrErrorf(tree.TagUnknownAttribute, el, a.Name, "the attribute %q cannot stand on %q%s", a.Name.Local, ed.Schema.Name, d.hint(a.Name))
		}
		d.scope = el
		v, err := d.values.Parse(def.Type, schema.Lexical{
			Text: a.Value, Form: schema.XML,
			Module: def.Module, Prefix: d.resolve, Root: d.set.Root,
		})
		if err != nil {
			return d.attrErrorf(tree.TagBadAttribute, el, a.Name, "%s", document.ValueError(nil, err).Message)
		}
		ed.Meta = append(ed.Meta, tree.Annotation{Schema: def, Value: v})
	}
	return nil
}

// keyMeta reads the annotations of the key k into an edit of its own in parent.
func (d *decoder) keyMeta(parent *tree.Edit, k *schema.Node, el *Element) error {
	if len(el.Attrs) == 0 {
		return nil
	}
	ed := &tree.Edit{Schema: k, Value: parent.Keys[k.Index]}
	if err := d.meta(ed, el); err != nil {
		return err
	}
	if len(ed.Meta) > 0 {
		parent.Children = append(parent.Children, ed)
	}
	return nil
}

// annotation returns the annotation of that name, or nil (RFC 7952 section 5.1).
func (d *decoder) annotation(name Name) *schema.Annotation {
	if m := d.moduleOf(name.Space); m != nil {
		return m.Annotations[name.Local]
	}
	return nil
}

// setDefault applies the default attribute, if el has it.
func (d *decoder) setDefault(ed *tree.Edit, el *Element) error {
	if len(el.Attrs) == 0 || !d.admits(ed.Schema, attrDefault) {
		return nil
	}
	text, ok := el.Attr(attrDefault.Space, attrDefault.Local)
	if !ok {
		text, ok = el.Attr(attrModuleDefault.Space, attrModuleDefault.Local)
	}
	switch {
	case !ok:
		return nil
	case text == "true" || text == "1":
		return d.located(document.SetDefault(ed))
	case text != "false" && text != "0":
		return d.attrErrorf(tree.TagBadAttribute, el, attrDefault, "%.40q is neither true nor false", text)
	}
	return nil
}

// admits says whether an attribute other than an annotation may stand on elements
// of s. Those of RFC 7950 belong to user-ordered entries alone (section 8.3.1).
func (d *decoder) admits(s *schema.Node, name Name) bool {
	if name == attrDefault || name == attrModuleDefault {
		return (s.Kind == schema.Leaf || s.Kind == schema.LeafList) && !s.IsKey()
	}
	if d.noOperations {
		return false
	}
	ordered := s.OrderedByUser
	switch name {
	case attrOperation:
		return true
	case attrInsert:
		return ordered
	case attrKey:
		return ordered && s.Kind == schema.List
	case attrValue:
		return ordered && s.Kind == schema.LeafList
	}
	return false
}

// hint helps with the attributes of edits, which are most often left without a prefix.
func (d *decoder) hint(name Name) string {
	switch {
	case d.noOperations && (name == attrOperation || name == attrInsert || name == attrKey || name == attrValue):
		return "; edits can have it, data cannot"
	case name.Space != "":
		return ""
	case name.Local == attrOperation.Local:
		return "; it belongs to the namespace " + BaseNamespace
	case name.Local == attrInsert.Local, name.Local == attrKey.Local, name.Local == attrValue.Local:
		return "; it belongs to the namespace " + YangNamespace
	}
	return ""
}

func (d *decoder) operation(el *Element, text string) (tree.Operation, error) {
	op, ok := tree.ParseOperation(text)
	if !ok || op == tree.None {
		return op, d.attrErrorf(tree.TagBadAttribute, el, attrOperation, "%.40q is not an operation; use merge, replace, create, delete or remove", text)
	}
	return op, nil
}

// keyOperation refuses what a key cannot have done to it: it comes and goes with
// its entry.
func (d *decoder) keyOperation(k *schema.Node, el *Element) error {
	text, ok := el.Attr(attrOperation.Space, attrOperation.Local)
	if !ok || d.noOperations {
		return nil
	}
	op, err := d.operation(el, text)
	if err == nil && (op == tree.Delete || op == tree.Remove) {
		err = d.attrErrorf(tree.TagBadAttribute, el, attrOperation, "the key %q cannot be deleted; delete the list entry", k.Name)
	}
	return err
}

// insert reads where a user-ordered entry goes.
func (d *decoder) insert(ed *tree.Edit, el *Element) error {
	if d.noOperations || !ed.Schema.OrderedByUser {
		return nil
	}
	ref := attrKey
	if ed.Schema.Kind == schema.LeafList {
		ref = attrValue
	}
	place, given := el.Attr(attrInsert.Space, attrInsert.Local)
	at, referred := el.Attr(ref.Space, ref.Local)
	switch place {
	case "first":
		ed.Insert = tree.First
	case "last":
		ed.Insert = tree.Last
	case "before":
		ed.Insert = tree.Before
	case "after":
		ed.Insert = tree.After
	default:
		if given {
			return d.attrErrorf(tree.TagBadAttribute, el, attrInsert, "%.40q is not a place; use first, last, before or after", place)
		}
	}
	relative := ed.Insert == tree.Before || ed.Insert == tree.After
	switch {
	case referred && !relative:
		return d.attrErrorf(tree.TagBadAttribute, el, ref, "the attribute %q needs insert=\"before\" or insert=\"after\"", ref.Local)
	case relative && !referred:
		return d.attrErrorf(tree.TagMissingAttribute, el, ref, "insert=%q needs the attribute %q, which names the neighbour", place, ref.Local)
	case relative:
		return d.anchor(ed, el, ref, at)
	}
	return nil
}

// anchor reads the neighbour that ref names. What is wrong with its values is
// wrong with the attribute (RFC 7950 section 8.3.1).
func (d *decoder) anchor(ed *tree.Edit, el *Element, ref Name, text string) error {
	if ed.Schema.Kind == schema.LeafList {
		v, err := d.parse(ed.Schema, el, text)
		if err != nil {
			return d.attrErrorf(tree.TagBadAttribute, el, ref, "%s", err.(*tree.Error).Message)
		}
		ed.Anchor = []schema.Value{v}
		return nil
	}
	ed.Anchor = make([]schema.Value, len(ed.Schema.Keys))
	for rest := trimSpace(text); rest != ""; rest = trimSpace(rest) {
		p, next, ok := cutPredicate(rest)
		if !ok {
			return d.attrErrorf(tree.TagBadAttribute, el, ref, "%.80q does not name an entry; write [prefix:key='value'] for each key", text)
		}
		if err := d.anchorKey(ed, el, p); err != nil {
			return d.attrErrorf(tree.TagBadAttribute, el, ref, "%s", err.(*tree.Error).Message)
		}
		rest = next
	}
	for i, v := range ed.Anchor {
		if v.IsZero() {
			return d.attrErrorf(tree.TagBadAttribute, el, ref, "the key %q of the neighbour is missing", ed.Schema.Keys[i].Name)
		}
	}
	return nil
}

func (d *decoder) anchorKey(ed *tree.Edit, el *Element, p predicate) error {
	d.scope = el
	m, ok := d.resolve(p.prefix)
	for i, k := range ed.Schema.Keys {
		if !ok || k.Name != p.name || k.Module != m {
			continue
		}
		if !ed.Anchor[i].IsZero() {
			return d.errorf(tree.TagBadAttribute, nil, "the key %q of the neighbour stands twice", k.Name)
		}
		v, err := d.parse(k, el, p.value)
		ed.Anchor[i] = v
		return err
	}
	return d.errorf(tree.TagBadAttribute, nil, "%q is not a key of the list %q", p.name, ed.Schema.Name)
}

// predicate is [prefix:name='value'].
type predicate struct{ prefix, name, value string }

func cutPredicate(s string) (p predicate, rest string, ok bool) {
	s, ok = strings.CutPrefix(s, "[")
	s = trimSpace(s)
	n := ncNameLen(s)
	p.name, s = s[:n], s[n:]
	if after, prefixed := strings.CutPrefix(s, ":"); prefixed {
		n = ncNameLen(after)
		p.prefix, p.name, s = p.name, after[:n], after[n:]
	}
	s, equals := strings.CutPrefix(trimSpace(s), "=")
	s = trimSpace(s)
	if !ok || !equals || n == 0 || s == "" || s[0] != '\'' && s[0] != '"' {
		return p, "", false
	}
	if p.value, s, ok = cutLiteral(s[1:], s[:1]); !ok {
		return p, "", false
	}
	rest, ok = strings.CutPrefix(trimSpace(s), "]")
	return p, rest, ok
}

// cutLiteral cuts a text up to its closing quote; the quote twice stands for
// itself, as in schema.ParseInstancePath.
func cutLiteral(s, quote string) (text, rest string, ok bool) {
	for {
		inside, after, ok := strings.Cut(s, quote)
		text += inside
		if !ok || !strings.HasPrefix(after, quote) {
			return text, after, ok
		}
		text += quote
		s = after[1:]
	}
}

func (d *decoder) attrErrorf(tag tree.Tag, el *Element, attr Name, format string, args ...any) error {
	info := append([][2]string{{"bad-attribute", attr.Local}}, badElement(el)...)
	return d.errorf(tag, info, format, args...)
}
