package patch

import (
	"strings"

	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// content is a value as the content of anydata: one instance of a target, written
// when it is wanted.
type content struct {
	node   tree.Node
	origin xml.Origin
}

// InnerXML implements tree.Content.
func (c content) InnerXML(*schema.Node) string {
	var b strings.Builder
	_ = xml.Encode(&b, around(c.node), xml.EncodeOptions{Origin: c.origin}) // a Builder takes all
	return b.String()
}

// InnerJSON returns the content as a JSON object.
func (c content) InnerJSON() string {
	return string(json.AppendNode(nil, around(c.node), json.EncodeOptions{Origin: c.origin}))
}

// around returns a node for the encoders to write the inside of. A root has neither
// an element nor a namespace of its own, so it stands for whatever n is in.
func around(n tree.Node) *tree.Container {
	switch x := n.(type) {
	case *tree.Container:
		if x.Schema().Kind == schema.List {
			n = tree.NewList(x.Schema(), []*tree.Container{x})
		}
	case *tree.Leaf:
		if x.Schema().Kind == schema.LeafList {
			n = tree.LeafListOf(x.Schema(), []*tree.Leaf{x})
		}
	}
	return tree.NewContainer(n.Schema().Set().Root, []tree.Node{n})
}

// decodeValue reads the content of anydata as a value of the target.
func decodeValue(set *schema.Set, target tree.Path, c tree.Content, s *schema.Node) (tree.Node, error) {
	above := target[:len(target)-1]
	parent := set.Root
	if len(above) > 0 {
		parent = above.Schema()
	}
	var around *tree.Container
	var err error
	switch x := c.(type) {
	case content:
		return x.node, nil
	case nil:
		return nil, missing(target)
	case json.Text:
		around, err = json.DecodeInput(set, parent, []byte(x), json.DecodeOptions{At: above})
	default:
		around, err = decodeXML(set, parent, c.InnerXML(s), target)
	}
	if err != nil {
		return nil, err
	}
	return instance(around, target)
}

func decodeXML(set *schema.Set, parent *schema.Node, inner string, target tree.Path) (*tree.Container, error) {
	el, err := xml.Parse([]byte("<value>"+inner+"</value>"), xml.Limits{})
	if err != nil {
		return nil, invalid(target, "the value is no XML: %v", err)
	}
	s := target.Schema()
	for _, k := range el.Children {
		if k.Name != (xml.Name{Space: s.Module.Namespace, Local: s.Name}) {
			return nil, stray(target, k.Name.Local)
		}
	}
	around, err := xml.DecodeInput(set, parent, el)
	if e, ok := err.(*tree.Error); ok {
		e.Path = append(target[:len(target)-1:len(target)-1], e.Path...)
	}
	return around, err
}

// instance returns the one instance of the target that a value is to hold.
func instance(around *tree.Container, target tree.Path) (tree.Node, error) {
	var found tree.Node
	for n := range around.Children() {
		switch {
		case n.Schema() == target.Schema():
			found = n
		case !n.Schema().IsKey():
			return nil, stray(target, n.Schema().Name)
		}
	}
	if found == nil {
		// A container without presence and without content says nothing, and is no
		// child of anything.
		if s := target.Schema(); s.Kind == schema.Container {
			return tree.NewContainer(s, nil), nil
		}
		return nil, missing(target)
	}
	if whole(target) {
		return found, nil
	}
	return entry(found, target)
}

// entry returns the one entry that a list or leaf-list has, which is to be the
// target; any other node is returned as it is.
func entry(n tree.Node, target tree.Path) (tree.Node, error) {
	last := target[len(target)-1]
	switch x := n.(type) {
	case *tree.List:
		if e := x.Get(last.Keys...); e != nil && x.Len() == 1 {
			return e, nil
		}
	case *tree.LeafList:
		for l := range x.All() {
			if x.Len() == 1 && l.Value().String() == last.Value.String() {
				return l, nil
			}
		}
	default:
		return n, nil
	}
	return nil, invalid(target, "the value is not the entry that the target names, and that one alone")
}

func missing(target tree.Path) error {
	s := target.Schema()
	return &tree.Error{
		Tag: tree.TagMissingElement, Path: target, Info: [][2]string{{"bad-element", s.Name}},
		Message: "the value lacks the node of the target: " + s.Module.Name + ":" + s.Name,
	}
}

func stray(target tree.Path, name string) error {
	s := target.Schema()
	return unknown(target, name, "the value has %.80q beside the node of the target, %s:%s", name, s.Module.Name, s.Name)
}
