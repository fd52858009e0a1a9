package yangtool

import (
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// place returns where a node stands in the document.
func (d *Document) place(ed *tree.Edit) Place {
	if el := d.elements[ed]; el != nil {
		return d.placeOfElement(el)
	}
	if at, ok := d.offsets[ed]; ok {
		return d.placeOf(at)
	}
	return Place{}
}

func (d *Document) placeOfElement(el *xml.Element) Place {
	if el.Line == 1 {
		return Place{1, max(1, el.Column()-d.shift)} // 1 for the wrapper itself
	}
	return Place{el.Line, el.Column()}
}

// find returns the place of the node at path, or of its nearest ancestor that
// the document has.
func (d *Document) find(path tree.Path) Place {
	ed := d.edit
	for _, step := range path {
		next := below(ed, step)
		if next == nil {
			if el := d.elements[ed]; el != nil && step.Node.IsKey() {
				if key := el.Child(step.Node.Module.Namespace, step.Node.Name); key != nil {
					return d.placeOfElement(key)
				}
			}
			break
		}
		ed = next
	}
	return d.place(ed)
}

// below returns the edit that a step leads to, the first one where the step
// names a whole list, or nil.
func below(ed *tree.Edit, step schema.PathStep) *tree.Edit {
	position := uint64(0)
	for _, k := range ed.Children {
		if k.Schema != step.Node || !sameKeys(k.Keys, step.Keys) {
			continue
		}
		position++
		if step.Position > 0 && step.Position != position || step.Value != nil && step.Value.String() != k.Value.String() {
			continue
		}
		return k
	}
	return nil
}

func sameKeys(have, want []schema.Value) bool {
	for i, v := range want {
		if i >= len(have) || have[i].String() != v.String() {
			return false
		}
	}
	return true
}
