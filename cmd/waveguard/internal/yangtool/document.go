package yangtool

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// Document is instance data that was read from a file, with its places.
type Document struct {
	*File
	Tree *tree.Tree

	edit     *tree.Edit // of the root
	elements map[*tree.Edit]*xml.Element
	offsets  map[*tree.Edit]int
	shift    int // of the columns of the first line, which begins with a wrapper
	faults   []Problem
}

// Decode reads a document of data; state says whether it may have state. All
// that is wrong with it comes as problems, and then there is no document.
func (c *Schema) Decode(f *File, state bool) (*Document, []Problem) {
	d := &Document{File: f}
	switch f.Format {
	case XML:
		d.decodeXML(c.Set, state)
	case JSON:
		d.decodeJSON(c.Set, state)
	default:
		d.faults = []Problem{{File: f.Name, Message: "a module where data is expected", Hint: "give a document in XML or JSON"}}
	}
	if len(d.faults) > 0 {
		return nil, d.faults
	}
	return d, nil
}

// Limits of documents on a file system, which are nobody's attack.
const (
	maxBytes = 1 << 30
	maxNodes = 1 << 26
)

func (d *Document) decodeXML(set *schema.Set, state bool) {
	d.elements = map[*tree.Edit]*xml.Element{}
	opt := xml.DecodeOptions{
		State:  state,
		Limits: xml.Limits{Bytes: maxBytes, Elements: maxNodes},
		Placed: func(ed *tree.Edit, at *xml.Element) {
			d.elements[ed] = at
			d.begin(ed)
		},
		Report: func(at *xml.Element, fault *tree.Error) {
			d.faults = append(d.faults, problemOf(fault).at(d.File, d.placeOfElement(at)))
		},
	}
	var err error
	if d.Tree, err = xml.Decode(set, d.Text, opt); !malformed(err) {
		d.fault(err)
		return
	}
	// Data may have several elements side by side at the top.
	const open, end = "<data xmlns=\"" + xml.BaseNamespace + "\">", "</data>"
	d.shift = len(open)
	var again error
	d.Tree, again = xml.Decode(set, append([]byte(open+string(undeclared(d.Text))), end...), opt)
	if malformed(again) || len(d.elements[d.edit].Children) == 0 { // no element at all is no data, not empty data
		d.shift, d.faults = 0, nil
		d.syntax(err)
		return
	}
	d.fault(again)
}

// begin notes the edit of the root.
func (d *Document) begin(ed *tree.Edit) {
	if ed.Schema.Kind == schema.Root {
		d.edit = ed
	}
}

func malformed(err error) bool {
	var syntax *xml.SyntaxError
	return errors.As(err, &syntax)
}

// fault reports what a decoder refused, if it did.
func (d *Document) fault(err error) {
	if err != nil {
		d.faults = append(d.faults, d.problem(err.(*tree.Error)))
	}
}

// undeclared returns a document with blanks for its XML declaration.
func undeclared(doc []byte) []byte {
	end := bytes.Index(doc, []byte("?>"))
	if !bytes.HasPrefix(doc, []byte("<?xml")) || end < 0 {
		return doc
	}
	return append(bytes.Repeat([]byte(" "), end+len("?>")), doc[end+len("?>"):]...)
}

func (d *Document) decodeJSON(set *schema.Set, state bool) {
	d.offsets = map[*tree.Edit]int{}
	var err error
	d.Tree, err = json.Decode(set, d.Text, json.DecodeOptions{
		State:  state,
		Limits: json.Limits{Bytes: maxBytes, Values: maxNodes},
		Placed: func(ed *tree.Edit, at int) {
			d.offsets[ed] = at
			d.begin(ed)
		},
		Report: func(at int, fault *tree.Error) {
			d.faults = append(d.faults, problemOf(fault).at(d.File, d.placeOf(at)))
		},
	})
	if err != nil {
		d.syntax(err)
	}
}

// syntax reports a document that is not XML or JSON.
func (d *Document) syntax(err error) {
	p := Problem{Message: err.Error(), Tag: string(tree.TagMalformedMessage)}
	var place Place
	var x *xml.SyntaxError
	var e *tree.Error
	switch {
	case errors.As(err, &x):
		p.Message, place = x.Message, Place{x.Line, x.Column}
	case errors.As(err, &e):
		p.Message, p.Tag = e.Message, string(e.Tag)
		if len(e.Path) == 0 {
			place = Place{1, 1} // the whole document
		}
		if n, _ := fmt.Sscanf(e.Message, "JSON line %d, column %d:", &place.Line, &place.Column); n == 2 {
			_, p.Message, _ = strings.Cut(e.Message, ": ")
		}
	}
	d.faults = append(d.faults, p.at(d.File, place))
}
