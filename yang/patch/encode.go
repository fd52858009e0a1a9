package patch

import (
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Encode returns p as an instance of s, a container yang-patch. Values are written,
// in XML or JSON, when the instance is.
func Encode(s *schema.Node, p *Patch, opt Options) *tree.Container {
	kids := []tree.Node{leaf(s, "patch-id", p.ID)}
	if p.Comment != "" {
		kids = append(kids, leaf(s, "comment", p.Comment))
	}
	list := s.Child("", "edit")
	all := make([]*tree.Container, len(p.Edits))
	for i := range p.Edits {
		all[i] = encodeEdit(list, &p.Edits[i], opt)
	}
	return tree.NewContainer(s, append(kids, tree.NewList(list, all)))
}

func encodeEdit(s *schema.Node, ed *Edit, opt Options) *tree.Container {
	kids := []tree.Node{
		leaf(s, "edit-id", ed.ID),
		leaf(s, "operation", string(ed.Operation)),
		leaf(s, "target", FormatTarget(ed.Target)),
	}
	if ed.Where.beside() {
		kids = append(kids, leaf(s, "point", FormatTarget(ed.Point)))
	}
	if ed.Where != "" {
		kids = append(kids, leaf(s, "where", string(ed.Where)))
	}
	if ed.Value != nil {
		kids = append(kids, tree.NewAny(s.Child("", "value"), content{ed.Value, opt.Origin}))
	}
	if source := s.Child("", "source-value"); source != nil && opt.Source && ed.Source != nil {
		kids = append(kids, tree.NewAny(source, content{ed.Source, opt.Origin}))
	}
	return tree.NewContainer(s, kids)
}

func leaf(parent *schema.Node, name, value string) tree.Node {
	s := parent.Child("", name)
	return tree.NewLeaf(s, s.Type.Unchecked(value))
}
