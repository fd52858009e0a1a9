package json

import (
	"strings"

	"github.com/optical-net/waveguard/yang/internal/document"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// metadata reads the members of v that are about ed or its children into these
// (RFC 7952 section 5.2).
func (d *decoder) metadata(ed *tree.Edit, v *value) error {
	depth, seen := len(d.path), map[string]bool{}
	for i := range v.kids {
		m := &v.kids[i]
		name, ok := strings.CutPrefix(m.name, "@")
		if !ok {
			continue
		}
		if seen[name] {
			return d.errorf(tree.TagBadAttribute, badAttribute(name), "%.80q stands twice in one object", m.name)
		}
		seen[name] = true
		if err := d.tolerated(m, d.metadataOf(ed, name, m)); err != nil {
			return err
		}
		d.path = d.path[:depth]
	}
	return nil
}

func badAttribute(name string) [][2]string { return [][2]string{{"bad-attribute", name}} }

// metadataOf reads the value m of the member "@name".
func (d *decoder) metadataOf(ed *tree.Edit, name string, m *value) error {
	if name == "" {
		if ed.Schema.Kind == schema.Root {
			return d.errorf(tree.TagUnknownAttribute, badAttribute("@"), "the document as a whole cannot be annotated")
		}
		return d.annotations(ed, m)
	}
	s, err := d.lookup(ed.Schema, name)
	if s == nil {
		return err
	}
	d.path = append(d.path, schema.PathStep{Node: s})
	switch s.Kind {
	case schema.Leaf, schema.AnyXML:
		err = d.annotateChild(ed, s, m)
	case schema.AnyData:
		if d.opt.Lenient { // RFC 7952 section 5.2.2 puts them inside, but libyang here
			err = d.annotateChild(ed, s, m)
			break
		}
		err = d.annotatedInside(s)
	case schema.LeafList:
		err = d.annotateEntries(ed, s, m)
	default:
		err = d.annotatedInside(s)
	}
	d.path = d.path[:len(d.path)-1]
	return err
}

func (d *decoder) annotateChild(parent *tree.Edit, s *schema.Node, m *value) error {
	if s.IsKey() {
		key := &tree.Edit{Schema: s, Value: parent.Keys[s.Index]}
		parent.Children = append(parent.Children, key)
		return d.annotations(key, m)
	}
	for _, k := range parent.Children {
		if k.Schema == s {
			return d.annotations(k, m)
		}
	}
	return d.unattached(s)
}

func (d *decoder) annotatedInside(s *schema.Node) error {
	return d.errorf(tree.TagUnknownAttribute, badAttribute(s.Name), `the annotations of %q stand inside it, as "@"`, s.Name)
}

func (d *decoder) unattached(s *schema.Node) error {
	return d.errorf(tree.TagMissingElement, [][2]string{{"bad-element", s.Name}}, `there are annotations for %q, which is missing`, s.Name)
}

// annotateEntries reads the annotations of a leaf-list: an array with null where
// an entry has none.
func (d *decoder) annotateEntries(parent *tree.Edit, s *schema.Node, m *value) error {
	if m.kind != array {
		return d.errorf(tree.TagBadAttribute, badAttribute(s.Name), "expected an array of annotations, not %s", m.kind)
	}
	items := m.kids
	for _, k := range parent.Children {
		if k.Schema != s || len(items) == 0 {
			continue
		}
		if items[0].kind != null {
			if err := d.annotations(k, &items[0]); err != nil {
				return err
			}
		}
		items = items[1:]
	}
	if len(items) > 0 {
		return d.unattached(s)
	}
	return nil
}

// annotations reads an object of annotations into ed.
func (d *decoder) annotations(ed *tree.Edit, v *value) error {
	if v.kind != object {
		return d.errorf(tree.TagBadAttribute, badAttribute(ed.Schema.Name), "expected an object of annotations, not %s", v.kind)
	}
	for i := range v.kids {
		if err := d.annotation(ed, &v.kids[i]); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) annotation(ed *tree.Edit, v *value) error {
	module, local, _ := strings.Cut(v.name, ":")
	if module == document.WithDefaultsModule && local == "default" && (ed.Schema.Kind == schema.Leaf || ed.Schema.Kind == schema.LeafList) && !ed.Schema.IsKey() {
		return d.setDefault(ed, v)
	}
	def := d.root.Set().Annotation(module, local)
	if def == nil {
		if d.opt.SkipUnknown {
			return nil
		}
		return d.errorf(tree.TagUnknownAttribute, badAttribute(v.name), "%.80q is not an annotation that a module defines", v.name)
	}
	for _, a := range ed.Meta {
		if a.Schema == def {
			return d.errorf(tree.TagBadAttribute, badAttribute(v.name), "%q stands twice in one object", v.name)
		}
	}
	val, err := d.scalar(def.Type, def.Module, v)
	if err != nil {
		return d.errorf(tree.TagBadAttribute, badAttribute(v.name), "%s", err.(*tree.Error).Message)
	}
	ed.Meta = append(ed.Meta, tree.Annotation{Schema: def, Value: val})
	return nil
}

// setDefault applies the mark of a default value (RFC 6243 section 4.5.2).
func (d *decoder) setDefault(ed *tree.Edit, v *value) error {
	switch {
	case v.kind != boolean && !(d.opt.Lenient && v.kind == text):
		return d.errorf(tree.TagBadAttribute, badAttribute(v.name), "expected true or false, not %s", v.kind)
	case v.text == "true":
		return d.complete(document.SetDefault(ed))
	case v.text != "false":
		return d.errorf(tree.TagBadAttribute, badAttribute(v.name), "%.40q is neither true nor false", v.text)
	}
	return nil
}
