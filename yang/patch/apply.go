package patch

import (
	"errors"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Apply performs the edits one after another and returns the version they make of t.
// Nothing is validated. The error is an *Error, and t is as it was.
func (p *Patch) Apply(t *tree.Tree) (*tree.Tree, error) {
	e := t.Edit()
	for i := range p.Edits {
		ed := &p.Edits[i]
		if err := ed.apply(t.Schema(), e); err != nil {
			return nil, &Error{EditID: ed.ID, Err: err}
		}
	}
	return e.Tree(), nil
}

func (ed *Edit) apply(set *schema.Set, e *tree.Editor) error {
	if len(ed.Target) == 0 {
		return errors.New("the edit has no target")
	}
	if whole(ed.Target) {
		return ed.applyWhole(set, e)
	}
	if ed.Operation == Move && e.Find(ed.Target) == nil {
		return absent(ed.Target)
	}
	root := tree.NewEdit(set)
	n := len(ed.Target) - 1
	parent := root.At(ed.Target[:n])
	one := ed.edit()
	one.Operation = operations[ed.Operation]
	one.Insert = places[ed.Where]
	if ed.Where.beside() {
		one.Anchor = anchor(ed.Point[n])
	}
	parent.Children = append(parent.Children, one)
	return e.Apply(root, tree.None)
}

// operations of RFC 6241 that do what those of RFC 8072 do; a move's target is there.
var operations = map[Operation]tree.Operation{
	Create: tree.Create, Delete: tree.Delete, Insert: tree.Create, Merge: tree.Merge,
	Move: tree.Merge, Replace: tree.Replace, Remove: tree.Remove,
}

var places = map[Where]tree.Insert{Before: tree.Before, After: tree.After, First: tree.First, Last: tree.Last}

// edit returns the edit of the target alone, without an operation.
func (ed *Edit) edit() *tree.Edit {
	if ed.Value != nil && ed.Operation.brings() {
		return tree.EditOf(ed.Value)
	}
	last := ed.Target[len(ed.Target)-1]
	one := &tree.Edit{Schema: last.Node, Keys: last.Keys, Valueless: last.Node.Kind == schema.Leaf}
	if last.Value != nil {
		one.Value = *last.Value
	}
	return one
}

func anchor(step schema.PathStep) []schema.Value {
	if step.Value != nil {
		return []schema.Value{*step.Value}
	}
	return step.Keys
}

// applyWhole performs an edit of a list or leaf-list whose entries have no identity.
func (ed *Edit) applyWhole(set *schema.Set, e *tree.Editor) error {
	above := ed.Target[:len(ed.Target)-1]
	there := tree.NewEdit(set)
	there.At(above)
	if err := e.Apply(there, tree.None); err != nil {
		return err
	}
	present := e.Find(ed.Target) != nil
	switch {
	case ed.Operation == Create && present:
		return &tree.Error{Tag: tree.TagDataExists, Path: ed.Target, Message: "it exists already; use replace to change it"}
	case ed.Operation == Delete && !present:
		return absent(ed.Target)
	}
	if _, err := e.DeletePath(ed.Target); err != nil || !ed.Operation.brings() {
		return err
	}
	return e.Merge(above, ed.Value)
}

func absent(target tree.Path) error {
	return &tree.Error{Tag: tree.TagDataMissing, Path: target, Message: "it does not exist"}
}
