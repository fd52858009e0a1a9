package xml

import (
	"io"

	"github.com/optical-net/waveguard/yang/internal/document"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// The prefixes of attributes in an encoded edit.
const (
	basePrefix = "nc"
	yangPrefix = "yang"
)

// EncodeEdit writes an edit of a root as NETCONF's element <config> (RFC 6241
// section 7.2), with the operations, places and anchors as attributes, which
// DecodeEdit reads back. Of opt it heeds Indent.
//
// The error is the writer's, or a *tree.Error about what XML cannot say: an
// operation on the root, the operation none, and the whole of a list or leaf-list
// as one node.
func EncodeEdit(w io.Writer, ed *tree.Edit, opt EncodeOptions) error {
	if opt.Root == nil {
		opt.Root = ed.Schema.Set().Root
	}
	e := &editEncoder{encoder: encoder{w: w, opt: opt, buf: make([]byte, 0, flushBytes+flushBytes/4)}}
	if ed.Operation != tree.Inherit {
		return e.cannot("the root of an edit carries no operation in XML")
	}
	e.buf = append(e.buf, "<"+basePrefix+":config"...)
	e.buf = appendDeclaration(e.buf, Binding{basePrefix, BaseNamespace})
	e.buf = appendDeclaration(e.buf, Binding{yangPrefix, YangNamespace})
	e.buf = append(e.buf, '>')
	e.depth++
	if err := e.edits(ed); err != nil {
		return err
	}
	e.depth--
	if len(ed.Children) > 0 {
		e.newline()
	}
	e.buf = append(e.buf, "</"+basePrefix+":config>"...)
	e.flush()
	return e.err
}

// editEncoder writes one edit.
type editEncoder struct {
	encoder
	path tree.Path // of the edit being written
}

func (e *editEncoder) edits(ed *tree.Edit) error {
	for _, k := range ed.Children {
		if k.Schema.IsKey() {
			continue // written with the entry
		}
		e.path = append(e.path, schema.PathStep{Node: k.Schema, Keys: k.Keys})
		if err := e.edit(k); err != nil {
			return err
		}
		e.path = e.path[:len(e.path)-1]
		if len(e.buf) > flushBytes {
			e.flush()
		}
		if e.err != nil {
			return e.err
		}
	}
	return nil
}

// keyMeta returns the annotations that ed has for its i-th key.
func keyMeta(ed *tree.Edit, i int) []tree.Annotation {
	for _, k := range ed.Children {
		if k.Schema == ed.Schema.Keys[i] {
			return k.Meta
		}
	}
	return nil
}

func (e *editEncoder) edit(ed *tree.Edit) error {
	s, outer := ed.Schema, e.module
	if err := e.expressible(ed); err != nil {
		return err
	}
	e.tag(s)
	p := prefixes{bindings: []Binding{{basePrefix, BaseNamespace}, {yangPrefix, YangNamespace}}}
	e.attributes(ed, &p)
	text := ""
	if s.Type != nil && !ed.Valueless {
		text = p.text(ed.Value, e.opt.Root)
	}
	attributes := p.appendMarks(nil, document.Marks{Annotations: ed.Meta, Default: ed.Default}, e.opt.Root)
	for _, b := range p.bindings[2:] {
		e.buf = appendDeclaration(e.buf, b)
	}
	e.buf = append(append(e.buf, attributes...), '>')
	if err := e.inside(ed, text); err != nil {
		return err
	}
	e.module = outer
	return nil
}

// inside writes what stands behind the start tag, the end tag included.
func (e *editEncoder) inside(ed *tree.Edit, text string) error {
	switch ed.Schema.Kind {
	case schema.Container, schema.List:
		if len(ed.Keys)+len(ed.Children) == 0 {
			break
		}
		e.depth++
		for i, k := range ed.Keys {
			e.leaf(tree.WithMeta(tree.NewLeaf(ed.Schema.Keys[i], k), keyMeta(ed, i)).(*tree.Leaf))
		}
		if err := e.edits(ed); err != nil {
			return err
		}
		e.depth--
		e.close(ed.Schema)
		return nil
	case schema.AnyData, schema.AnyXML:
		if ed.Any != nil {
			text = ed.Any.InnerXML(ed.Schema)
		}
		e.buf = append(e.buf, text...)
	default:
		e.buf = AppendText(e.buf, text)
	}
	if text == "" {
		e.buf = append(e.buf[:len(e.buf)-1], "/>"...)
		return nil
	}
	e.endTag(ed.Schema)
	return nil
}

func (e *editEncoder) attributes(ed *tree.Edit, p *prefixes) {
	if ed.Operation != tree.Inherit {
		e.attribute(basePrefix, attrOperation, ed.Operation.String())
	}
	if ed.Insert == tree.Keep {
		return
	}
	e.attribute(yangPrefix, attrInsert, insertNames[ed.Insert])
	switch {
	case ed.Insert != tree.Before && ed.Insert != tree.After:
	case ed.Schema.Kind == schema.LeafList:
		e.attribute(yangPrefix, attrValue, p.text(ed.Anchor[0], e.opt.Root))
	default:
		e.attribute(yangPrefix, attrKey, p.predicates(ed.Schema, ed.Anchor, e.opt.Root))
	}
}

var insertNames = [...]string{tree.First: "first", tree.Last: "last", tree.Before: "before", tree.After: "after"}

func (e *editEncoder) attribute(prefix string, name Name, value string) {
	e.buf = append(e.buf, " "+prefix+":"+name.Local+`="`...)
	e.buf = append(AppendAttrValue(e.buf, value), '"')
}

func (e *editEncoder) expressible(ed *tree.Edit) error {
	s := ed.Schema
	switch {
	case ed.Operation == tree.None:
		return e.cannot("the operation none cannot be given to a node in XML; it is a default-operation")
	case s.Kind == schema.List && len(ed.Keys) != len(s.Keys), s.Kind == schema.LeafList && ed.Valueless:
		return e.cannot("all entries cannot be named as one node in XML; name each of them")
	}
	return nil
}

func (e *editEncoder) cannot(message string) error {
	return &tree.Error{Tag: tree.TagOperationUnsupported, Path: append(tree.Path(nil), e.path...), Message: message}
}
