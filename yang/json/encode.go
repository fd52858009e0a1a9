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
)

// EncodeOptions says how the encoders write. The zero value is RFC 7951 on one line.
type EncodeOptions struct {
	// Plain leaves out all module names and writes every number as a JSON
	// number: gNMI's encoding JSON, which cannot be read back for sure.
	Plain    bool
	Defaults Defaults
	// Scope says whether ReportAll shows state. A condition (when) that looks
	// outside the encoded subtree hides the defaults it guards.
	Scope tree.Scope
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
// leaf-list, or a scalar. The error is the writer's.
func EncodeNode(w io.Writer, n tree.Node, opt EncodeOptions) error {
	e := &encoder{w: w, opt: opt, buf: make([]byte, 0, flushBytes+flushBytes/4)}
	e.value(n, nil)
	e.flush()
	return e.err
}

// AppendNode appends to dst what EncodeNode writes.
func AppendNode(dst []byte, n tree.Node, opt EncodeOptions) []byte {
	e := &encoder{opt: opt, buf: dst}
	e.value(n, nil)
	return e.buf
}

// encoder writes one document; without a writer everything stays in buf.
type encoder struct {
	w     io.Writer
	opt   EncodeOptions
	buf   []byte
	err   error
	depth int
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
		e.buf = appendString(e.buf, x.XML())
	}
}

func (e *encoder) object(c *tree.Container, module *schema.Module) {
	e.buf = append(e.buf, '{')
	e.depth++
	n := 0
	if e.opt.Defaults == ReportAll {
		n = e.membersInUse(tree.NewCursor(tree.FromRoot(nil, c), e.opt.Scope), module)
	} else {
		n = e.members(c, module)
	}
	e.depth--
	e.end('}', n)
}

func (e *encoder) members(c *tree.Container, module *schema.Module) int {
	n := 0
	for k := range c.Children() {
		if e.err != nil || e.opt.Defaults == Trim && document.Trimmed(k) {
			continue
		}
		e.name(k.Schema(), module, n)
		e.value(k, k.Schema().Module)
		n++
	}
	return n
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

// name begins the member for s, the n-th of its object.
func (e *encoder) name(s *schema.Node, module *schema.Module, n int) {
	e.item(n)
	e.buf = append(e.buf, '"')
	if s.Module != module && !e.opt.Plain {
		e.buf = append(append(e.buf, s.Module.Name...), ':')
	}
	e.buf = append(append(e.buf, s.Name...), '"', ':')
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
