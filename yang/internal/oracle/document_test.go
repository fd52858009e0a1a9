package oracle

import (
	"fmt"
	"slices"
	"strings"
)

const namespace = "https://mpk-security.optical.net/yang/"

// element is one node of a document, before it is written in any encoding. It
// knows nothing of the schema, so that it can be wrong in any way.
type element struct {
	name   string
	module string // "" for the parent's
	text   string // of a leaf
	number bool   // JSON writes the text without quotes
	many   bool   // JSON writes an array: an entry of a list or leaf-list
	kids   []*element
}

func box(name string, kids ...*element) *element { return &element{name: name, kids: kids} }

func entry(name string, kids ...*element) *element {
	return &element{name: name, many: true, kids: kids}
}

func text(name, text string) *element { return &element{name: name, text: text} }

func number(name string, n int) *element {
	return &element{name: name, text: fmt.Sprint(n), number: true}
}

func value(name, text string) *element { return &element{name: name, text: text, many: true} }

// all returns the elements along the path of names below e.
func (e *element) all(path string) []*element {
	at := []*element{e}
	for name := range strings.SplitSeq(path, "/") {
		var next []*element
		for _, a := range at {
			for _, k := range a.kids {
				if k.name == name {
					next = append(next, k)
				}
			}
		}
		at = next
	}
	return at
}

func (e *element) add(kids ...*element) { e.kids = append(e.kids, kids...) }

func (e *element) remove(name string) {
	e.kids = slices.DeleteFunc(e.kids, func(k *element) bool { return k.name == name })
}

// set gives the leaf that value, whether it was there or not.
func (e *element) set(leaf *element) {
	e.remove(leaf.name)
	e.add(leaf)
}

var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func (e *element) xml(b *strings.Builder) {
	fmt.Fprintf(b, "<%s", e.name)
	if e.module != "" {
		fmt.Fprintf(b, ` xmlns="%s%s"`, namespace, e.module)
	}
	b.WriteString(">" + escape.Replace(e.text))
	for _, k := range e.kids {
		k.xml(b)
	}
	fmt.Fprintf(b, "</%s>", e.name)
}

// json writes the value, without the name.
func (e *element) json(b *strings.Builder) {
	switch {
	case e.text != "" && e.number:
		b.WriteString(e.text)
	case e.text != "":
		fmt.Fprintf(b, "%q", e.text)
	default:
		e.members(b)
	}
}

func (e *element) members(b *strings.Builder) {
	b.WriteByte('{')
	for i, k := range e.kids {
		if k.many && slices.ContainsFunc(e.kids[:i], k.like) {
			continue // written with the first of its array
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, "%q:", k.label())
		if k.many {
			k.array(b, e.kids[i:])
			continue
		}
		k.json(b)
	}
	b.WriteByte('}')
}

func (e *element) array(b *strings.Builder, kids []*element) {
	sep := "["
	for _, k := range kids {
		if e.like(k) {
			b.WriteString(sep)
			k.json(b)
			sep = ","
		}
	}
	b.WriteByte(']')
}

func (e *element) like(k *element) bool { return e.many && k.many && e.label() == k.label() }

func (e *element) label() string {
	if e.module == "" {
		return e.name
	}
	return e.module + ":" + e.name
}
