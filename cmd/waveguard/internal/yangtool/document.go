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

	edit     *tree.Edit
	elements map[*tree.Edit]*xml.Element
	offsets  map[*tree.Edit]int
	shift    int  // of the columns of the first line, which begins with a wrapper
	state    bool // config false nodes are admitted
	faults   []Problem
}

// Decode reads a document of data; state says whether it may have state. All
// that is wrong with it comes as problems, and then there is no document.
func (c *Schema) Decode(f *File, state bool) (*Document, []Problem) {
	d := &Document{File: f, state: state}
	switch f.Format {
	case XML:
		d.decodeXML(c.Set)
	case JSON:
		d.decodeJSON(c.Set)
	default:
		d.faults = []Problem{{File: f.Name, Message: "a module where data is expected", Hint: "give a document in XML or JSON"}}
	}
	if len(d.faults) == 0 {
		d.refuseOperations(d.edit)
	}
	if len(d.faults) > 0 {
		return nil, d.faults
	}
	e := tree.New(c.Set).Edit()
	if err := e.Apply(d.edit, tree.Merge); err != nil {
		return nil, []Problem{d.problem(err.(*tree.Error))}
	}
	d.Tree = e.Tree()
	return d, nil
}

// Limits of documents on a file system, which are nobody's attack.
const (
	maxBytes = 1 << 30
	maxNodes = 1 << 26
)

func (d *Document) decodeXML(set *schema.Set) {
	limits := xml.Limits{Bytes: maxBytes, Elements: maxNodes}
	root, err := xml.Parse(d.Text, limits)
	if err != nil {
		// Data may have several elements side by side at the top.
		const open, end = "<data xmlns=\"" + xml.BaseNamespace + "\">", "</data>"
		wrapped, again := xml.Parse(append([]byte(open+string(undeclared(d.Text))), end...), limits)
		if again == nil && len(wrapped.Children) > 0 { // no element at all is a file that went missing, not empty data
			root, err, d.shift = wrapped, nil, len(open)
		}
	}
	if err != nil {
		d.syntax(err)
		return
	}
	d.elements = map[*tree.Edit]*xml.Element{}
	d.edit, err = xml.DecodeEdit(set, inside(root, set), xml.DecodeOptions{
		State:  d.state,
		Placed: func(ed *tree.Edit, at *xml.Element) { d.elements[ed] = at },
		Report: func(at *xml.Element, fault *tree.Error) {
			d.faults = append(d.faults, problemOf(fault).at(d.File, d.placeOfElement(at)))
		},
	})
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

// inside returns the element around the data: a wrapper that NETCONF puts there,
// or one made up.
func inside(root *xml.Element, set *schema.Set) *xml.Element {
	wraps := root.Name.Space == xml.BaseNamespace || root.Name.Space == "" || set.ModuleByNamespace(root.Name.Space) == nil
	switch {
	case wraps && root.Name.Local == "rpc-reply" && len(root.Children) == 1:
		return inside(root.Children[0], set)
	case wraps && (root.Name.Local == "data" || root.Name.Local == "config"):
		return root
	}
	return &xml.Element{Children: []*xml.Element{root}}
}

func (d *Document) decodeJSON(set *schema.Set) {
	d.offsets = map[*tree.Edit]int{}
	var err error
	d.edit, err = json.DecodeEdit(set, nil, d.Text, json.DecodeOptions{
		State:  d.state,
		Limits: json.Limits{Bytes: maxBytes, Values: maxNodes},
		Placed: func(ed *tree.Edit, at int) { d.offsets[ed] = at },
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

// refuseOperations reports the attributes that only edits can have.
func (d *Document) refuseOperations(ed *tree.Edit) {
	if ed.Operation != tree.Inherit || ed.Insert != tree.Keep {
		d.faults = append(d.faults, Problem{
			Message: fmt.Sprintf("%q carries an operation or a place, as edits do; this is read as data", ed.Schema.Name),
			Tag:     string(tree.TagUnknownAttribute), Hint: "remove the attributes operation, insert, key and value",
		}.at(d.File, d.place(ed)))
	}
	for _, k := range ed.Children {
		d.refuseOperations(k)
	}
}
