package json

import (
	"io"

	"github.com/optical-net/waveguard/yang/internal/document"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Defaults says how default values are reported (RFC 6243 section 3).
type Defaults = document.Defaults

// The modes of RFC 6243.
const (
	Explicit  = document.Explicit  // what was set, even to the default value
	ReportAll = document.ReportAll // what is in use, set or not
	Trim      = document.Trim      // what was set to something else
	// ReportAllTagged is ReportAll with the annotation default of
	// ietf-netconf-with-defaults on what nobody set.
	ReportAllTagged = document.ReportAllTagged
)

// Origin says how the annotation origin of ietf-origin is written.
type Origin = document.Origin

// The ways to write origins.
const (
	OriginAsHeld = document.OriginAsHeld // wherever the tree has it
	OriginHidden = document.OriginHidden // nowhere
	OriginShown  = document.OriginShown  // with-origin of RFC 8526: where it is not inherited
)

// EncodeOptions says how the encoders write. The zero value is RFC 7951 on one line.
type EncodeOptions struct {
	// Plain leaves out all module names and annotations and writes every number as
	// a JSON number: gNMI's encoding JSON, which cannot be read back for sure.
	Plain    bool
	Defaults Defaults
	// Scope says whether ReportAll shows state, and Explicit the defaults of state
	// in use: RFC 6243 asks for these, the tree does not hold them. A condition
	// (when) that looks outside the encoded subtree hides the defaults it guards.
	Scope  tree.Scope
	Origin Origin
	// Indent is put before each line once for every level; "" keeps everything
	// on one line.
	Indent string
}

// flushBytes is how much output is gathered before it goes to the writer.
const flushBytes = 32 << 10

// Encode writes the content of c as an object: the whole document for a root.
// Members are qualified with their modules at the top and where the namespace
// changes (RFC 7951 section 4). The error is the writer's.
func Encode(w io.Writer, c *tree.Container, opt EncodeOptions) error {
	return EncodeNode(w, c, opt)
}

// EncodeNode writes the value of n: an object, an array for a whole list or
// leaf-list, or a scalar. The annotations of a leaf, leaf-list entry or anyxml
// stand beside its value in the parent's object (RFC 7952 section 5.2), so here
// they are left out. The error is the writer's.
func EncodeNode(w io.Writer, n tree.Node, opt EncodeOptions) error {
	e := newEncoder(opt)
	e.w, e.buf = w, make([]byte, 0, flushBytes+flushBytes/4)
	e.value(n, nil)
	e.flush()
	return e.err
}

// AppendNode appends to dst what EncodeNode writes.
func AppendNode(dst []byte, n tree.Node, opt EncodeOptions) []byte {
	e := newEncoder(opt)
	e.buf = dst
	e.value(n, nil)
	return e.buf
}

// encoder writes one document; without a writer everything stays in buf.
type encoder struct {
	w      io.Writer
	opt    EncodeOptions
	buf    []byte
	err    error
	marker document.Marker
	depth  int
}

func newEncoder(opt EncodeOptions) *encoder {
	return &encoder{opt: opt, marker: document.Marker{Origin: opt.Origin, Defaults: opt.Defaults}}
}

// value writes the value of n; module is that of the object around it.
func (e *encoder) value(n tree.Node, module *schema.Module) {
	switch x := n.(type) {
	case *tree.Leaf:
		e.buf = appendValue(e.buf, x.Value(), e.opt.Plain)
	case *tree.Container:
		e.object(x, module)
	case *tree.List:
		e.list(x, module)
	case *tree.LeafList:
		e.leafList(x)
	case *tree.Any:
		e.any(x)
	}
}

func (e *encoder) object(c *tree.Container, module *schema.Module) {
	o := e.begin(c)
	if e.opt.Defaults.Walks(e.opt.Scope) {
		e.membersInUse(tree.NewCursor(tree.FromRoot(nil, c), e.opt.Scope), module, &o)
	} else {
		e.members(c, module, &o)
	}
	e.finish(o)
}

// openObject is an object being written.
type openObject struct {
	members int
	origin  *schema.Identity // to leave it with
}

// begin opens the object of a container or list entry and writes its annotations.
func (e *encoder) begin(c *tree.Container) (o openObject) {
	e.buf = append(e.buf, '{')
	e.depth++
	marks, origin := e.marker.Enter(c)
	if o.origin = origin; !marks.None() && !e.opt.Plain {
		e.item(0)
		e.buf = append(e.buf, `"@`...)
		e.colon()
		e.marks(marks)
		o.members++
	}
	return o
}

func (e *encoder) finish(o openObject) {
	e.marker.Leave(o.origin)
	e.depth--
	e.end('}', o.members)
}

func (e *encoder) members(c *tree.Container, module *schema.Module, o *openObject) {
	for k := range c.Children() {
		if e.err != nil || e.opt.Defaults == Trim && document.Trimmed(k) {
			continue
		}
		e.member(k, module, o)
	}
}

// member writes one child of an object, with its annotations where these stand
// beside it.
func (e *encoder) member(n tree.Node, module *schema.Module, o *openObject) {
	s := n.Schema()
	e.name("", s, module, o)
	switch x := n.(type) {
	case *tree.Leaf:
		e.buf = appendValue(e.buf, x.Value(), e.opt.Plain)
		if !e.marker.Unmarked(x) {
			e.marksBeside(x, module, o)
		}
	case *tree.LeafList:
		e.leafList(x)
		e.marksOfEntries(s, module, e.marksIn(x), o)
	case *tree.Any:
		if e.any(x); s.Kind == schema.AnyXML {
			e.marksBeside(x, module, o)
		}
	default:
		e.value(n, s.Module)
	}
}

func (e *encoder) list(l *tree.List, module *schema.Module) {
	e.buf = append(e.buf, '[')
	e.depth++
	n := 0
	for entry := range l.All() {
		e.item(n)
		e.object(entry, module)
		n++
		if e.flushIfFull(); e.err != nil {
			return
		}
	}
	e.depth--
	e.end(']', n)
}

func (e *encoder) leafList(l *tree.LeafList) {
	e.buf = append(e.buf, '[')
	e.depth++
	n := 0
	for leaf := range l.All() {
		e.item(n)
		e.buf = appendValue(e.buf, leaf.Value(), e.opt.Plain)
		n++
	}
	e.depth--
	e.end(']', n)
}

// name begins the next member of o, that of s or, behind the mark "@", of its
// annotations. module is that of the object.
func (e *encoder) name(mark string, s *schema.Node, module *schema.Module, o *openObject) {
	e.item(o.members)
	o.members++
	e.buf = append(append(e.buf, '"'), mark...)
	if s.Module != module && !e.opt.Plain {
		e.buf = append(append(e.buf, s.Module.Name...), ':')
	}
	e.buf = append(e.buf, s.Name...)
	e.colon()
}

// colon ends a name.
func (e *encoder) colon() {
	e.buf = append(e.buf, '"', ':')
	if e.opt.Indent != "" {
		e.buf = append(e.buf, ' ')
	}
}

// item begins the n-th member or item.
func (e *encoder) item(n int) {
	if n > 0 {
		e.buf = append(e.buf, ',')
	}
	e.newline()
}

// end closes an object or array of n parts.
func (e *encoder) end(c byte, n int) {
	if n > 0 {
		e.newline()
	}
	e.buf = append(e.buf, c)
}

func (e *encoder) newline() {
	if e.opt.Indent == "" {
		return
	}
	e.buf = append(e.buf, '\n')
	for range e.depth {
		e.buf = append(e.buf, e.opt.Indent...)
	}
}

func (e *encoder) flushIfFull() {
	if len(e.buf) > flushBytes {
		e.flush()
	}
}

func (e *encoder) flush() {
	if e.w == nil {
		return
	}
	if e.err == nil {
		_, e.err = e.w.Write(e.buf)
	}
	e.buf = e.buf[:0]
}
