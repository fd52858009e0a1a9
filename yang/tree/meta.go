package tree

import (
	"cmp"
	"slices"
	"unique"

	"github.com/optical-net/waveguard/yang/schema"
)

// Annotation is one piece of metadata on a node (RFC 7952).
type Annotation struct {
	Schema *schema.Annotation
	Value  schema.Value
}

// Meta returns the annotations of a container, list entry, leaf, leaf-list entry,
// anydata or anyxml node, sorted by module and name. Lists and leaf-lists as a
// whole have none.
func Meta(n Node) []Annotation { return notesOf(n).annotations() }

// HasMeta says whether n has annotations.
func HasMeta(n Node) bool { return notesOf(n).hasAnnotations() }

// WithMeta returns n with exactly these annotations, of which there may be one of
// each kind; a list or leaf-list is returned as it is. What n holds is shared.
func WithMeta(n Node, all []Annotation) Node {
	was := notesOf(n)
	now := was.valueType().annotated(all)
	if was == now {
		return n
	}
	switch x := n.(type) {
	case *Leaf:
		return &Leaf{schema: x.schema, text: x.text, notes: now}
	case *Any:
		return &Any{schema: x.schema, content: x.content, notes: now}
	case *Container:
		c := &Container{schema: x.schema, kids: slices.Clone(x.kids), notes: now}
		if x.owner == hollow {
			c.owner = hollow
		}
		return c
	}
	return n
}

// notes is what few nodes have besides definition and content. Alike ones are one
// in memory: a tree whose nodes all say the same of themselves is no larger for it.
type notes struct{ first unique.Handle[note] }

// note is one of a node's notes; the zero Handle ends them.
type note struct {
	// typ is the type of a leaf's value where the definition leaves that open,
	// in the first note.
	typ *schema.Type
	Annotation
	more unique.Handle[note]
}

func notesOf(n Node) notes {
	switch x := n.(type) {
	case *Leaf:
		return x.notes
	case *Any:
		return x.notes
	case *Container:
		return x.notes
	}
	return notes{}
}

// noteType notes the type of a value, unless the leaf's definition tells it.
func noteType(s *schema.Node, v schema.Value) (n notes) {
	if t := v.Type(); t != s.Type && t != actual(s.Type) {
		n.first = unique.Make(note{typ: t})
	}
	return n
}

// typ returns the type that noteType noted, or nil.
func (n notes) typ() *schema.Type {
	if n == (notes{}) {
		return nil
	}
	return n.first.Value().typ
}

// valueType returns the notes without annotations.
func (n notes) valueType() notes {
	t := n.typ()
	if t == nil {
		return notes{}
	}
	return notes{unique.Make(note{typ: t})}
}

// annotated returns notes without annotations with these added.
func (n notes) annotated(all []Annotation) notes {
	if len(all) == 0 {
		return n
	}
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b Annotation) int {
		return cmp.Or(cmp.Compare(a.Schema.Module.Name, b.Schema.Module.Name), cmp.Compare(a.Schema.Name, b.Schema.Name))
	})
	var out notes
	for i, a := range slices.Backward(all) {
		next := note{Annotation: a, more: out.first}
		if i == 0 {
			next.typ = n.typ()
		}
		out.first = unique.Make(next)
	}
	return out
}

func (n notes) annotations() (all []Annotation) {
	for at := n.first; at != (unique.Handle[note]{}); {
		v := at.Value()
		if v.Schema != nil {
			all = append(all, v.Annotation)
		}
		at = v.more
	}
	return all
}

func (n notes) hasAnnotations() bool { return n != (notes{}) && n.first.Value().Schema != nil }

// annotate adds the annotations of an edit, if it has any, to the node it made.
func (ed *Edit) annotate(n Node) Node {
	if len(ed.Meta) == 0 {
		return n
	}
	return WithMeta(n, ed.Meta)
}

// unchanged says whether merging n over cur leaves cur as it is: the value is the
// same, and annotations are not given anew.
func unchanged(cur, n Node) bool {
	return cur != nil && equalTerms(cur, n) && (!notesOf(n).hasAnnotations() || notesOf(cur) == notesOf(n))
}
