package json

import (
	"fmt"
	"strings"

	"github.com/optical-net/waveguard/yang/internal/document"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// DecodeOptions says what a document may hold and where it belongs.
type DecodeOptions struct {
	// State admits config false nodes.
	State bool
	// SkipUnknown passes over members and annotations that the schema does not know.
	SkipUnknown bool
	// Lenient also takes what others write instead of RFC 7951: numbers and
	// booleans in quotes and strings without, null or "" for a value of type empty,
	// a single value for an array of one, names without their module that one module
	// alone can mean, and annotations of anydata beside it. What is right by RFC 7951 means the same as ever.
	Lenient bool
	// At is the path of the node that the document describes. Error paths go on
	// from it. When its last step has the keys of a list entry, the document
	// may leave them out; those it has must agree. Without At, error paths
	// begin at the node.
	At     tree.Path
	Limits Limits

	// Report, when set, is told of every fault in members and items and where
	// these begin, as an offset into the document. Decoding goes on without them
	// and does not fail. Malformed JSON is still returned as an error.
	Report func(at int, fault *tree.Error)
	// Placed, when set, is told where the member or item of each edit begins.
	Placed func(ed *tree.Edit, at int)
}

// Decode reads a document of instance data: an object with top-level nodes for
// members. The last place told is that of the object. The errors are *tree.Error.
func Decode(set *schema.Set, data []byte, opt DecodeOptions) (*tree.Tree, error) {
	root, err := decodeContent(set, set.Root, data, opt)
	if err != nil {
		return nil, err
	}
	return tree.FromRoot(set, root), nil
}

// DecodeEdit reads an object, the content of node: the root (when nil), a
// container, a list entry, or the input, output or content of an operation or
// notification. The errors are *tree.Error.
func DecodeEdit(set *schema.Set, node *schema.Node, data []byte, opt DecodeOptions) (*tree.Edit, error) {
	if node == nil {
		node = set.Root
	}
	d := newDecoder(set.Root, node, opt)
	v, err := parse(data, opt.Limits)
	if err != nil {
		return nil, d.located(err)
	}
	ed := d.edits.New(node)
	if len(opt.At) > 0 {
		ed.Keys = opt.At[len(opt.At)-1].Keys
	}
	if err := d.inside(ed, &v); err != nil {
		return nil, err
	}
	return ed, nil
}

// DecodeInput reads an object as the content of node: an operation's input or
// output, or a notification. State is admitted. The errors are *tree.Error, with
// paths below node.
func DecodeInput(set *schema.Set, node *schema.Node, data []byte, opt DecodeOptions) (*tree.Container, error) {
	opt.State = true
	return decodeContent(set, node, data, opt)
}

func decodeContent(set *schema.Set, node *schema.Node, data []byte, opt DecodeOptions) (*tree.Container, error) {
	ed, err := DecodeEdit(set, node, data, opt)
	if err != nil {
		return nil, err
	}
	if opt.Placed != nil {
		opt.Placed(ed, 0)
	}
	return document.Build(ed), nil
}

// DecodeNode reads the value of a node as EncodeNode writes it and returns its
// edits: one for a container, a leaf or a list entry whose keys opt.At has, one
// for each entry of an array for a list or leaf-list. They belong into the edit
// of the parent. The errors are *tree.Error.
func DecodeNode(set *schema.Set, node *schema.Node, data []byte, opt DecodeOptions) ([]*tree.Edit, error) {
	if !repeatedOrTerm(node, opt.At) {
		ed, err := DecodeEdit(set, node, data, opt)
		if err != nil {
			return nil, err
		}
		return []*tree.Edit{ed}, nil
	}
	d := newDecoder(set.Root, node, opt)
	v, err := parse(data, opt.Limits)
	if err != nil {
		return nil, d.located(err)
	}
	var parent tree.Edit
	if err := d.instances(&parent, &v, new(document.Siblings)); err != nil {
		return nil, err
	}
	return parent.Children, nil
}

// repeatedOrTerm says whether the value of the node at path is not the object of
// one instance.
func repeatedOrTerm(n *schema.Node, at tree.Path) bool {
	switch n.Kind {
	case schema.List:
		return len(at) == 0 || at[len(at)-1].Keys == nil
	case schema.Leaf, schema.LeafList, schema.AnyData, schema.AnyXML:
		return true
	}
	return false
}

// decoder reads one document.
type decoder struct {
	root *schema.Node
	opt  DecodeOptions

	path   tree.Path // of the node being read
	values document.Values
	edits  document.Edits
}

func newDecoder(root, node *schema.Node, opt DecodeOptions) *decoder {
	d := &decoder{root: root, opt: opt, path: append(tree.Path(nil), opt.At...)}
	if len(d.path) == 0 && node.IsData() {
		d.path = tree.Path{{Node: node}}
	}
	return d
}

// inside reads the members of v into ed.
func (d *decoder) inside(ed *tree.Edit, v *value) error {
	if v.kind != object {
		return d.errorf(tree.TagInvalidValue, nil, "expected an object, not %s", v.kind)
	}
	if ed.Schema.Kind == schema.List {
		if err := d.keys(ed, v); err != nil {
			return err
		}
	}
	var siblings document.Siblings
	if n := len(v.kids) - len(ed.Keys); n > 0 {
		ed.Children = make([]*tree.Edit, 0, n)
	}
	depth := len(d.path)
	annotated := false
	for i := range v.kids {
		if strings.HasPrefix(v.kids[i].name, "@") {
			annotated = true // read when what they are about is
			continue
		}
		if err := d.tolerated(&v.kids[i], d.member(ed, &v.kids[i], &siblings)); err != nil {
			return err
		}
		d.path = d.path[:depth]
	}
	if annotated {
		return d.metadata(ed, v)
	}
	return nil
}

// tolerated returns the error that reading v gave, unless faults are reported.
func (d *decoder) tolerated(v *value, err error) error {
	if err == nil || d.opt.Report == nil {
		return err
	}
	d.opt.Report(int(v.at), err.(*tree.Error))
	return nil
}

// member reads a member of an object. It leaves the member's step on the path.
func (d *decoder) member(parent *tree.Edit, v *value, siblings *document.Siblings) error {
	s, err := d.lookup(parent.Schema, v.name)
	if s == nil {
		return err
	}
	d.path = append(d.path, schema.PathStep{Node: s})
	if s.IsKey() {
		return d.complete(siblings.Once(s)) // its value is in parent.Keys
	}
	return d.instances(parent, v, siblings)
}

// instances reads the value of the node that ends the path into parent.
func (d *decoder) instances(parent *tree.Edit, v *value, siblings *document.Siblings) error {
	s := d.path[len(d.path)-1].Node
	switch s.Kind {
	case schema.List, schema.LeafList:
		return d.entries(parent, v, siblings)
	}
	return d.instance(parent, v, siblings)
}

// entries reads an array of list entries or leaf-list values.
func (d *decoder) entries(parent *tree.Edit, v *value, siblings *document.Siblings) error {
	s := d.path[len(d.path)-1].Node
	if err := siblings.Once(s); err != nil {
		return d.complete(err)
	}
	switch {
	case v.kind == array:
	case d.opt.Lenient:
		return d.instance(parent, v, siblings)
	default:
		return d.errorf(tree.TagInvalidValue, nil, "expected an array, not %s", v.kind)
	}
	siblings.Expect = len(v.kids)
	depth := len(d.path)
	for i := range v.kids {
		if err := d.tolerated(&v.kids[i], d.instance(parent, &v.kids[i], siblings)); err != nil {
			return err
		}
		d.path = append(d.path[:depth-1], schema.PathStep{Node: s})
	}
	return nil
}

// instance reads one instance of the node that ends the path into parent.
func (d *decoder) instance(parent *tree.Edit, v *value, siblings *document.Siblings) (err error) {
	ed := d.edits.New(d.path[len(d.path)-1].Node)
	if d.opt.Placed != nil {
		d.opt.Placed(ed, int(v.at))
	}
	switch ed.Schema.Kind {
	case schema.Leaf, schema.LeafList:
		ed.Value, err = d.value(ed.Schema, v)
	case schema.AnyData, schema.AnyXML:
		err = d.any(ed, v)
	default:
		err = d.inside(ed, v)
	}
	if err != nil {
		return err
	}
	parent.Children = append(parent.Children, ed)
	return d.complete(siblings.Add(ed))
}

// value reads the value of a leaf or leaf-list entry.
func (d *decoder) value(s *schema.Node, v *value) (schema.Value, error) {
	return d.scalar(s.Type, s.Module, v)
}

// scalar reads a value of type t, in which names without a module belong to m.
func (d *decoder) scalar(t *schema.Type, m *schema.Module, v *value) (out schema.Value, err error) {
	in := schema.Lexical{Text: v.text, Module: m, Root: d.root}
	var ok bool
	if in.Form, ok = strictForm(v); !ok {
		err = d.errorf(tree.TagInvalidValue, nil, "expected a value of the type %s, not %s", t.Name, v.kind)
	} else if out, err = d.values.Parse(t, in); err != nil {
		err = document.ValueError(d.pathCopy(), err)
	}
	if err == nil || !d.opt.Lenient {
		return out, err
	}
	for _, in.Form = range lenientForms(v) {
		if out, err := d.values.Parse(t, in); err == nil {
			return out, nil
		}
	}
	return out, err
}

// strictForm returns what a JSON value is for a leaf (RFC 7951 section 6).
func strictForm(v *value) (form schema.Form, ok bool) {
	switch {
	case v.kind == text:
		return schema.JSONString, true
	case v.kind == number:
		return schema.JSONNumber, true
	case v.kind == boolean:
		return schema.JSONBool, true
	case v.kind == array && len(v.kids) == 1 && v.kids[0].kind == null:
		return schema.JSONNull, true
	}
	return 0, false
}

// lenientForms returns what else a lenient decoder takes it for.
func lenientForms(v *value) []schema.Form {
	switch {
	case v.kind == null, v.kind == text && v.text == "":
		return []schema.Form{schema.JSONNull}
	case v.kind == text:
		return []schema.Form{schema.JSONNumber, schema.JSONBool}
	case v.kind == number, v.kind == boolean:
		return []schema.Form{schema.JSONString}
	}
	return nil
}

func (d *decoder) pathCopy() tree.Path { return append(tree.Path(nil), d.path...) }

func (d *decoder) errorf(tag tree.Tag, info [][2]string, format string, args ...any) error {
	return &tree.Error{Tag: tag, Path: d.pathCopy(), Message: fmt.Sprintf(format, args...), Info: info}
}

// complete adds the path to an error of document.Siblings.
func (d *decoder) complete(err *tree.Error) error {
	if err == nil {
		return nil
	}
	err.Path = d.pathCopy()
	return err
}

// located adds the path to an error of parse.
func (d *decoder) located(err error) error {
	if e, ok := err.(*tree.Error); ok {
		return d.complete(e)
	}
	return err
}
