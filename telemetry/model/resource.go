package model

import (
	"strings"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// Resource names what has alarms and is measured, as resource-type and
// resource-name of mpk-security-types do.
type Resource struct{ Type, Name string }

// The types of resources.
const (
	System     = "SYSTEM"
	Domain     = "DOMAIN"
	Service    = "SERVICE"
	Transition = "TRANSITION"
)

// Appliance is the appliance as a whole.
var Appliance = Resource{System, "system"}

// TransitionOf returns the transition from source to target.
func TransitionOf(source, target string) Resource { return Resource{Transition, source + ":" + target} }

// Path returns where the resource stands, or would stand, in the data tree.
func (r Resource) Path(set *schema.Set) tree.Path {
	switch r.Type {
	case Domain:
		return entry(below(set, "domains", "domain"), r.Name)
	case Service:
		return entry(below(set, "services", "service"), r.Name)
	case Transition:
		source, target, _ := strings.Cut(r.Name, ":")
		return entry(below(set, "transitions", "transition"), source, target)
	}
	return below(set, "system")
}

const root = "mpk-security"

// Root returns the path of /mpk-security.
func Root(set *schema.Set) tree.Path { return below(set) }

func below(set *schema.Set, names ...string) (p tree.Path) {
	n := set.Root
	for _, name := range append([]string{root}, names...) {
		n = n.Child(root, name)
		p = append(p, schema.PathStep{Node: n})
	}
	return p
}

// entry gives the last step of a path keys.
func entry(p tree.Path, keys ...string) tree.Path {
	last := &p[len(p)-1]
	for i, k := range keys {
		last.Keys = append(last.Keys, last.Node.Keys[i].Type.Unchecked(k))
	}
	return p
}
