package schema

import (
	"fmt"

	"github.com/optical-net/waveguard/yang/xpath"
)

// Resolver returns the meaning of names in an XPath filter (RFC 6241 section
// 8.9), given the namespaces that prefixes are bound to. A name without prefix
// is of any module, for clients send such; one in a namespace that no module
// has selects nothing. A prefix that is not bound is an error.
//
// An evaluation can visit every node many times: bound it by
// xpath.Context.MaxVisits when the filter comes from the network.
func (s *Set) Resolver(namespace func(prefix string) (space string, ok bool)) xpath.Resolver {
	return func(prefix string) (string, error) {
		if prefix == "" {
			return "", nil
		}
		space, ok := namespace(prefix)
		if !ok {
			return "", fmt.Errorf("the prefix %q is bound to no namespace", prefix)
		}
		if m := s.byNamespace[space]; m != nil {
			return m.Name, nil
		}
		return space, nil // no module is called that
	}
}
