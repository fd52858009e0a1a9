package xml

import (
	"io"

	"github.com/optical-net/waveguard/yang/internal/document"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xpath"
)

// Defaults says how default values are reported (RFC 6243 section 3).
type Defaults = document.Defaults

// The modes of RFC 6243.
const (
	Explicit  = document.Explicit  // what was set, even to the default value
	ReportAll = document.ReportAll // what is in use, set or not
	Trim      = document.Trim      // what was set to something else
	// ReportAllTagged is ReportAll with wd:default="true" on what nobody set.
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

// EncodeOptions says how Encode writes. The zero value writes what the tree
// holds on one line.
type EncodeOptions struct {
	Defaults Defaults
	// Scope says whether ReportAll shows state, and Explicit the defaults of state
	// in use: RFC 6243 asks for these, the tree does not hold them. A condition
	// (when) that looks outside the encoded subtree hides the defaults it guards.
	Scope  tree.Scope
	Origin Origin
	// Indent is put before each line once for every level; "" keeps everything
	// on one line.
	Indent string
	// Root is the schema that instance-identifiers lead through; when nil, that
	// of the encoded node.
	Root *schema.Node
}

// flushBytes is how much output is gathered before it goes to the writer.
const flushBytes = 32 << 10

// Encode writes c with all below it. A root and the input or output of an RPC
// have no element of their own: their children are written one after another.
// Namespaces are declared as default namespaces where they change, prefixes
// on the elements whose values or annotations need them. The error is the writer's.
func Encode(w io.Writer, c *tree.Container, opt EncodeOptions) error {
	e := &encoder{w: w, opt: opt, buf: make([]byte, 0, 1024)}
	e.marker = document.Marker{Origin: opt.Origin, Defaults: opt.Defaults}
	if e.opt.Root == nil {
		e.opt.Root = c.Schema().Set().Root
	}
	e.top(c)
	e.flush()
	return e.err
}

// EncodeWithin is Encode of a notification that the instance at a path sends: it
// stands within the elements of the path, which have the keys that lists need (RFC
// 7950 section 7.16.2).
func EncodeWithin(w io.Writer, at tree.Path, c *tree.Container, opt EncodeOptions) error {
	e := &encoder{w: w, opt: opt, buf: make([]byte, 0, 1024)}
	e.marker = document.Marker{Origin: opt.Origin, Defaults: opt.Defaults}
	if e.opt.Root == nil {
		e.opt.Root = c.Schema().Set().Root
	}
	e.within(at, c)
	e.flush()
	return e.err
}

func (e *encoder) within(at tree.Path, c *tree.Container) {
	if len(at) == 0 {
		e.container(c)
		return
	}
	outer := e.module
	e.tag(at[0].Node)
	e.buf = append(e.buf, '>')
	e.depth++
	for i, v := range at[0].Keys {
		e.leaf(tree.NewLeaf(at[0].Node.Keys[i], v))
	}
	e.within(at[1:], c)
	e.depth--
	e.close(at[0].Node)
	e.module = outer
}

// encoder writes one document.
type encoder struct {
	w       io.Writer
	opt     EncodeOptions
	buf     []byte
	flushed int // bytes gone to w
	err     error

	module *schema.Module // whose namespace is the default one
	marker document.Marker
	depth  int
}

func (e *encoder) top(c *tree.Container) {
	own := true
	switch c.Schema().Kind {
	case schema.Root, schema.Input, schema.Output:
		own = false
	}
	walks := e.opt.Defaults.Walks(e.opt.Scope)
	switch cursor := tree.NewCursor(tree.FromRoot(nil, c), e.opt.Scope); {
	case walks && own:
		e.inUse(cursor)
	case walks:
		e.childrenInUse(cursor)
	case own:
		e.container(c)
	default:
		e.children(c)
	}
}

func (e *encoder) children(c *tree.Container) {
	for k := range c.Children() {
		if e.err != nil {
			return
		}
		if e.opt.Defaults != Trim || !document.Trimmed(k) {
			e.node(k)
		}
	}
}

func (e *encoder) node(n tree.Node) {
	switch x := n.(type) {
	case *tree.Leaf:
		e.leaf(x)
	case *tree.Container:
		e.container(x)
	case *tree.List:
		for entry := range x.All() {
			if e.container(entry); e.err != nil {
				return
			}
		}
	case *tree.LeafList:
		for leaf := range x.All() {
			e.leaf(leaf)
		}
	case *tree.Any:
		e.any(x)
	}
}

func (e *encoder) container(c *tree.Container) {
	s, outer := c.Schema(), e.module
	origin := e.open(c)
	inside := len(e.buf)
	e.buf = append(e.buf, '>')
	e.depth++
	flushed := e.flushed
	e.children(c)
	e.depth--
	e.marker.Leave(origin)
	if e.flushed == flushed && len(e.buf) == inside+1 {
		e.buf = append(e.buf[:inside], "/>"...)
	} else {
		e.close(s)
	}
	e.module = outer
	if len(e.buf) > flushBytes {
		e.flush()
	}
}

// childrenInUse writes the children, defaults included.
func (e *encoder) childrenInUse(c *tree.Cursor) {
	c.Children("", "", func(n xpath.Node) bool {
		if k := n.(*tree.Cursor); !e.opt.Defaults.Hides(k) {
			e.inUse(k)
		}
		return e.err == nil
	})
}

// inUse writes a node with the defaults below it. An implied container with
// nothing to show is left out.
func (e *encoder) inUse(c *tree.Cursor) {
	x, ok := c.Node().(*tree.Container)
	if !ok {
		e.marker.Approach(c)
		e.node(c.Node())
		return
	}
	s, outer := x.Schema(), e.module
	start, flushed := len(e.buf), e.flushed
	origin := e.open(x)
	e.buf = append(e.buf, '>')
	inside := len(e.buf)
	e.depth++
	e.childrenInUse(c)
	e.depth--
	e.marker.Leave(origin)
	empty := e.flushed == flushed && len(e.buf) == inside
	switch {
	case empty && s.Kind == schema.Container && !s.Presence:
		e.buf = e.buf[:start]
	case empty:
		e.buf = append(e.buf[:inside-1], "/>"...)
	default:
		e.close(s)
	}
	e.module = outer
	if len(e.buf) > flushBytes && !empty {
		e.flush()
	}
}

// open writes the start tag of n but for its end, and returns the origin to leave
// n with.
func (e *encoder) open(n tree.Node) (origin *schema.Identity) {
	if e.marker.Unmarked(n) {
		e.tag(n.Schema())
		return e.marker.Inherited()
	}
	var p prefixes
	return e.start(n, &p)
}

// start is open with the prefixes that the value needs. It makes the node's
// namespace the default one.
func (e *encoder) start(n tree.Node, p *prefixes) (origin *schema.Identity) {
	e.tag(n.Schema())
	marks, origin := e.marker.Enter(n)
	var attributes []byte
	if !marks.None() {
		attributes = p.appendMarks(nil, marks, e.opt.Root)
	}
	for _, b := range p.bindings {
		e.buf = appendDeclaration(e.buf, b)
	}
	e.buf = append(e.buf, attributes...)
	return origin
}

// tag begins a start tag.
func (e *encoder) tag(s *schema.Node) {
	e.newline()
	e.buf = append(append(e.buf, '<'), s.Name...)
	if s.Module != e.module {
		e.module = s.Module
		e.buf = appendDeclaration(e.buf, Binding{Space: s.Module.Namespace})
	}
}

func (e *encoder) close(s *schema.Node) {
	e.newline()
	e.endTag(s)
}

func (e *encoder) endTag(s *schema.Node) {
	e.buf = append(append(append(e.buf, "</"...), s.Name...), '>')
}

func (e *encoder) newline() {
	if e.opt.Indent == "" || e.flushed+len(e.buf) == 0 {
		return
	}
	e.buf = append(e.buf, '\n')
	for range e.depth {
		e.buf = append(e.buf, e.opt.Indent...)
	}
}

func (e *encoder) leaf(l *tree.Leaf) {
	v, outer := l.Value(), e.module
	text := v.String()
	if t := v.Type(); t.Base == schema.Identityref || t.Base == schema.InstanceIdentifier || t.XPath {
		var p prefixes
		text = p.text(v, e.opt.Root)
		e.marker.Leave(e.start(l, &p))
	} else {
		e.marker.Leave(e.open(l))
	}
	if text == "" {
		e.buf = append(e.buf, "/>"...)
	} else {
		e.buf = AppendText(append(e.buf, '>'), text)
		e.endTag(l.Schema())
	}
	e.module = outer
}

func (e *encoder) any(a *tree.Any) {
	outer := e.module
	e.marker.Leave(e.open(a))
	if text := a.XML(); text == "" {
		e.buf = append(e.buf, "/>"...)
	} else {
		e.buf = append(append(e.buf, '>'), text...)
		e.endTag(a.Schema())
	}
	e.module = outer
}

func (e *encoder) flush() {
	if e.err == nil && len(e.buf) > 0 {
		_, e.err = e.w.Write(e.buf)
	}
	e.flushed += len(e.buf)
	e.buf = e.buf[:0]
}
