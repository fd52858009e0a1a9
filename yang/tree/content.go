package tree

import "github.com/optical-net/waveguard/yang/schema"

// Content is what stands in an anydata or anyxml node, in the encoding it came
// in. Its dynamic type is comparable.
type Content interface {
	// InnerXML returns the content as well-formed XML that declares every prefix
	// it uses; s is the definition of the node.
	InnerXML(s *schema.Node) string
}

// InnerXML is content that came as XML and declares every prefix it uses.
type InnerXML string

// InnerXML implements Content.
func (x InnerXML) InnerXML(*schema.Node) string { return string(x) }
