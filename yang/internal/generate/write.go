package generate

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/optical-net/waveguard/yang/schema"
)

// XML returns the children of e as one XML document or fragment.
func (e *Element) XML(set *schema.Set) string {
	w := writer{set: set}
	for _, k := range e.Kids {
		w.xml(k, "")
	}
	return w.String()
}

// JSON returns the children of e as one JSON object (RFC 7951).
func (e *Element) JSON() string {
	var w writer
	w.members(e)
	return w.String()
}

type writer struct {
	strings.Builder
	set *schema.Set
}

var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#13;", `"`, "&quot;")

func (w *writer) namespace(module string) string {
	if m := w.set.Module(module); m != nil {
		return m.Namespace
	}
	return "urn:unknown:" + module
}

func (w *writer) xml(e *Element, parent string) {
	fmt.Fprintf(w, "<%s", e.Name)
	if e.Module != parent {
		fmt.Fprintf(w, ` xmlns="%s"`, escape.Replace(w.namespace(e.Module)))
	}
	text := ""
	if v := e.Value; v != nil {
		for _, m := range v.Modules {
			fmt.Fprintf(w, ` xmlns:%s="%s"`, m, escape.Replace(w.namespace(m)))
		}
		text = escape.Replace(v.XML)
	}
	w.WriteString(e.Attributes + ">" + text)
	for _, k := range e.Kids {
		w.xml(k, e.Module)
	}
	fmt.Fprintf(w, "</%s>", e.Name)
}

func (w *writer) members(e *Element) {
	w.WriteByte('{')
	sep := ""
	for i, k := range e.Kids {
		if k.Many && slices.ContainsFunc(e.Kids[:i], func(x *Element) bool { return like(x, k, e) }) {
			continue // written with the first of its array
		}
		w.WriteString(sep + quote(label(k, e)) + ":")
		sep = ","
		if k.Many {
			w.array(e, e.Kids[i:])
			continue
		}
		w.json(k)
	}
	w.WriteByte('}')
}

// array writes those of kids that belong into the first one's array.
func (w *writer) array(parent *Element, kids []*Element) {
	sep := "["
	for _, k := range kids {
		if like(kids[0], k, parent) {
			w.WriteString(sep)
			w.json(k)
			sep = ","
		}
	}
	w.WriteByte(']')
}

func (w *writer) json(e *Element) {
	if e.Value != nil && len(e.Kids) == 0 {
		w.WriteString(e.Value.JSON)
		return
	}
	w.members(e)
}

// like says whether two children of parent are entries of one array.
func like(a, b, parent *Element) bool {
	return a.Many && b.Many && label(a, parent) == label(b, parent)
}

// label returns the member name of e (RFC 7951 section 4).
func label(e, parent *Element) string {
	switch {
	case e.Label != "":
		return e.Label
	case e.Module == parent.Module:
		return e.Name
	}
	return e.Module + ":" + e.Name
}

// quote returns s as a JSON string.
func quote(s string) string {
	out, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(out)
}
