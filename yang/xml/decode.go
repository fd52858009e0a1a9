package xml

import (
	"fmt"
	"strings"

	"github.com/optical-net/waveguard/yang/internal/document"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// DecodeOptions says what a document may hold.
type DecodeOptions struct {
	// State admits config false nodes.
	State bool
	// SkipUnknown passes over elements and attributes that the schema does not
	// know, with all inside them.
	SkipUnknown bool
	// Limits are those of Decode; the other functions are given elements.
	Limits Limits

	// Report, when set, is told of every fault and the element that has it.
	// Decoding goes on without that element and does not fail.
	Report func(at *Element, fault *tree.Error)
	// Placed, when set, is told the element of each edit.
	Placed func(ed *tree.Edit, at *Element)
}

// Decode reads a document of instance data: one top-level node, or an element data
// or config of no module's namespace, such as NETCONF's, around any number of them;
// the <data> of an <rpc-reply> is found. What belongs to edits, such as the
// attribute operation, is refused. The first place told is that of the element
// around the nodes. Its errors are *SyntaxError and *tree.Error.
func Decode(set *schema.Set, doc []byte, opt DecodeOptions) (*tree.Tree, error) {
	el, err := Parse(doc, opt.Limits)
	if err != nil {
		return nil, err
	}
	root, err := decodeContent(set, set.Root, around(set, el), opt)
	if err != nil {
		return nil, err
	}
	return tree.FromRoot(set, root), nil
}

// around returns the element around the top-level nodes of a document: one that
// the document has, or one made up.
func around(set *schema.Set, el *Element) *Element {
	wraps := set.ModuleByNamespace(el.Name.Space) == nil || el.Name.Space == BaseNamespace
	switch {
	case wraps && el.Name.Local == "rpc-reply" && len(el.Children) == 1:
		return around(set, el.Children[0])
	case wraps && (el.Name.Local == "data" || el.Name.Local == "config"):
		return el
	}
	return &Element{Children: []*Element{el}}
}

// DecodeEdit reads the children of config, an element such as NETCONF's
// <config>, as an edit of the root with the attributes of RFC 6241 section 7.2,
// RFC 7950 sections 7.7.9 and 7.8.6, RFC 6243 section 6, and the annotations of RFC
// 7952. Its errors are *tree.Error.
func DecodeEdit(set *schema.Set, config *Element, opt DecodeOptions) (*tree.Edit, error) {
	d := newDecoder(set, opt)
	ed := tree.NewEdit(set)
	if err := d.children(ed, config, tree.Inherit); err != nil {
		return nil, err
	}
	return ed, nil
}

// DecodeInput reads the children of el as the content of node: an RPC's or
// action's input or output, a notification, a container or the root. State and
// annotations are admitted, operations are not. Its errors are *tree.Error, with
// paths below node.
func DecodeInput(set *schema.Set, node *schema.Node, el *Element) (*tree.Container, error) {
	return DecodeInputWith(set, node, el, DecodeOptions{})
}

// DecodeInputWith is DecodeInput with Report and Placed; the first place told is
// that of el.
func DecodeInputWith(set *schema.Set, node *schema.Node, el *Element, opt DecodeOptions) (*tree.Container, error) {
	opt.State = true
	return decodeContent(set, node, el, opt)
}

func decodeContent(set *schema.Set, node *schema.Node, el *Element, opt DecodeOptions) (*tree.Container, error) {
	d := newDecoder(set, opt)
	d.noOperations = true
	ed := &tree.Edit{Schema: node}
	if opt.Placed != nil {
		opt.Placed(ed, el)
	}
	if err := d.children(ed, el, tree.Inherit); err != nil {
		return nil, err
	}
	return document.Build(ed), nil
}

// decoder reads one document.
type decoder struct {
	set          *schema.Set
	opt          DecodeOptions
	noOperations bool

	path   tree.Path // of the node being read
	values document.Values
	edits  document.Edits

	space  string         // the namespace looked up last
	module *schema.Module // and its module

	scope   *Element // whose prefixes resolve uses
	resolve func(prefix string) (*schema.Module, bool)
}

func newDecoder(set *schema.Set, opt DecodeOptions) *decoder {
	d := &decoder{set: set, opt: opt}
	d.resolve = func(prefix string) (*schema.Module, bool) {
		space, ok := d.scope.Resolve(prefix)
		if !ok {
			return nil, false
		}
		m := d.moduleOf(space)
		return m, m != nil
	}
	return d
}

func (d *decoder) moduleOf(space string) *schema.Module {
	if d.module == nil || d.space != space {
		d.space, d.module = space, d.set.ModuleByNamespace(space)
	}
	return d.module
}

// children reads the child elements of el into parent; op is the operation in
// force, Inherit when the document names none.
func (d *decoder) children(parent *tree.Edit, el *Element, op tree.Operation) error {
	if !isBlank(el.Text) {
		return d.errorf(tree.TagBadElement, badElement(el), "text %.40q in <%s>, which has only elements", el.TrimmedText(), el.Name.Local)
	}
	if len(el.Children) == 0 {
		return nil
	}
	siblings := document.Siblings{Expect: len(el.Children)}
	parent.Children = make([]*tree.Edit, 0, len(el.Children)-len(parent.Keys))
	depth := len(d.path)
	for _, c := range el.Children {
		if err := d.child(parent, c, op, &siblings); err != nil {
			if d.opt.Report == nil {
				return err
			}
			d.opt.Report(c, err.(*tree.Error))
		}
		d.path = d.path[:depth]
	}
	return nil
}

// child reads the element el into parent. It leaves the element's step on the path.
func (d *decoder) child(parent *tree.Edit, el *Element, op tree.Operation, siblings *document.Siblings) error {
	s, err := d.lookup(parent.Schema, el)
	if s == nil {
		return err
	}
	d.path = append(d.path, schema.PathStep{Node: s})
	if s.IsKey() { // its value is in parent.Keys
		if err := d.keyMeta(parent, s, el); err != nil {
			return err
		}
		return d.located(siblings.Once(s))
	}
	ed, err := d.node(s, el, op)
	if err != nil {
		return err
	}
	parent.Children = append(parent.Children, ed)
	return d.located(siblings.Add(ed))
}

// lookup returns the definition of el below parent, nil when it is to be skipped.
func (d *decoder) lookup(parent *schema.Node, el *Element) (*schema.Node, error) {
	m := d.moduleOf(el.Name.Space)
	if m == nil {
		if d.opt.SkipUnknown {
			return nil, nil
		}
		info := append(badElement(el), [2]string{"bad-namespace", el.Name.Space})
		return nil, d.errorf(tree.TagUnknownNamespace, info, "no module has the namespace %q of <%s>", el.Name.Space, el.Name.Local)
	}
	s := parent.Child(m.Name, el.Name.Local)
	if s == nil || !s.IsData() {
		if d.opt.SkipUnknown {
			return nil, nil
		}
		return nil, d.errorf(tree.TagUnknownElement, badElement(el), "module %s has no node %q here", m.Name, el.Name.Local)
	}
	if !s.Config && !d.opt.State {
		return nil, d.errorf(tree.TagUnknownElement, badElement(el), "%q is state, which cannot be configured", el.Name.Local)
	}
	return s, nil
}

// node reads one element; op is the operation of the enclosing one.
func (d *decoder) node(s *schema.Node, el *Element, op tree.Operation) (*tree.Edit, error) {
	ed := d.edits.New(s)
	if d.opt.Placed != nil {
		d.opt.Placed(ed, el)
	}
	if s.Kind == schema.List {
		if err := d.keys(ed, el); err != nil {
			return nil, err
		}
	}
	if err := d.attributes(ed, el); err != nil {
		return nil, err
	}
	if ed.Operation != tree.Inherit {
		op = ed.Operation
	}
	if err := d.content(ed, el, op); err != nil {
		return nil, err
	}
	return ed, d.setDefault(ed, el)
}

// mixedText returns text that stands beside elements in el or below; when el is to
// have elements only, also text that stands there alone.
func mixedText(el *Element, only bool) string {
	if t := el.TrimmedText(); t != "" && (only || len(el.Children) > 0) {
		return t
	}
	for _, c := range el.Children {
		if t := mixedText(c, false); t != "" {
			return t
		}
	}
	return ""
}

// growth is how many times longer than the longest document the content of anydata
// may become in another encoding.
const growth = 4

// namespacesIn returns the length of all namespaces that names in el would carry
// if each told its own where it changes, as names in JSON do. space is that of el.
func namespacesIn(el *Element, space string) int {
	n := 0
	for i := range el.Attrs {
		n += len(el.Attrs[i].Name.Space)
	}
	for _, c := range el.Children {
		if c.Name.Space != space {
			n += len(c.Name.Space)
		}
		n += namespacesIn(c, c.Name.Space)
	}
	return n
}

func (d *decoder) content(ed *tree.Edit, el *Element, op tree.Operation) (err error) {
	switch ed.Schema.Kind {
	case schema.Leaf:
		deletes := op == tree.Delete || op == tree.Remove
		if ed.Valueless = deletes && len(el.Children) == 0 && isBlank(el.Text); ed.Valueless {
			return nil
		}
		ed.Value, err = d.value(ed.Schema, el)
	case schema.LeafList:
		ed.Value, err = d.value(ed.Schema, el)
	case schema.AnyData, schema.AnyXML:
		if t := mixedText(el, true); t != "" && ed.Schema.Kind == schema.AnyData {
			// RFC 7950 section 7.10: what YANG can model, which text between elements is not.
			return d.errorf(tree.TagBadElement, badElement(el), "text %.40q in <%s>, which has only elements", t, el.Name.Local)
		}
		inner, ok := el.InnerXML()
		if !ok || namespacesIn(el, ed.Schema.Module.Namespace) > growth*el.doc.most {
			return d.errorf(tree.TagTooBig, nil, "with the namespaces it uses, the content of <%s> is too long", el.Name.Local)
		}
		ed.Any = tree.InnerXML(strings.Clone(inner))
	default:
		err = d.children(ed, el, op)
	}
	return err
}

// keys reads the keys of a list entry, which may stand anywhere among its
// children, and puts them into the path.
func (d *decoder) keys(ed *tree.Edit, el *Element) error {
	s := ed.Schema
	if len(s.Keys) == 0 {
		return nil
	}
	ed.Keys = make([]schema.Value, len(s.Keys))
	for i, k := range s.Keys {
		c := el.Child(k.Module.Namespace, k.Name)
		if c == nil {
			return d.errorf(tree.TagMissingElement, [][2]string{{"bad-element", k.Name}}, "the key %q of the list %q is missing", k.Name, s.Name)
		}
		v, err := d.key(k, c)
		if err != nil {
			return err
		}
		ed.Keys[i] = v
	}
	d.path[len(d.path)-1].Keys = ed.Keys
	return nil
}

func (d *decoder) key(k *schema.Node, el *Element) (schema.Value, error) {
	d.path = append(d.path, schema.PathStep{Node: k})
	v, err := d.value(k, el)
	if err == nil {
		err = d.keyOperation(k, el)
	}
	d.path = d.path[:len(d.path)-1]
	return v, err
}

// value reads the value of a leaf or leaf-list entry.
func (d *decoder) value(s *schema.Node, el *Element) (schema.Value, error) {
	if len(el.Children) > 0 {
		c := el.Children[0]
		return schema.Value{}, d.errorf(tree.TagUnknownElement, badElement(c), "the element <%s> in %q, which has only a value", c.Name.Local, s.Name)
	}
	return d.parse(s, el, el.Text)
}

// parse reads a value of s from text in which the prefixes of scope hold.
func (d *decoder) parse(s *schema.Node, scope *Element, text string) (schema.Value, error) {
	d.scope = scope
	v, err := d.values.Parse(s.Type, schema.Lexical{
		Text: text, Form: schema.XML,
		Module: s.Module, Prefix: d.resolve, Root: d.set.Root,
	})
	if err != nil {
		return v, document.ValueError(d.pathCopy(), err)
	}
	return v, nil
}

func badElement(el *Element) [][2]string { return [][2]string{{"bad-element", el.Name.Local}} }

func (d *decoder) pathCopy() tree.Path { return append(tree.Path(nil), d.path...) }

func (d *decoder) errorf(tag tree.Tag, info [][2]string, format string, args ...any) error {
	return &tree.Error{Tag: tag, Path: d.pathCopy(), Message: fmt.Sprintf(format, args...), Info: info}
}

// located completes an error of document.Siblings.
func (d *decoder) located(err *tree.Error) error {
	if err == nil {
		return nil
	}
	err.Path = d.pathCopy()
	return err
}
