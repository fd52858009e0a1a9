package tree

import (
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/xpath"
)

// Search implements xpath.Searcher.
func (c *Cursor) Search(module, local string, yield func(xpath.Node) bool) {
	k, ok := c.node.(*Container)
	if !ok {
		return
	}
	for _, s := range k.schema.DataChildren {
		matches := s.Name == local && (module == "" || s.Module.Name == module)
		if (matches || s.MayHold(local)) && !c.instances(k, s, yield) {
			return
		}
	}
	c.eachOperation("", "", yield)
}

// Size implements xpath.Sized. What is only implied has to be looked at.
func (c *Cursor) Size(module, local string) (n int, ok bool) {
	k, isContainer := c.node.(*Container)
	if !isContainer {
		return 0, false
	}
	s := k.schema.Child(module, local)
	if s == nil {
		return 0, false
	}
	if !c.view.sees(s) {
		return 0, true
	}
	switch x := k.Child(s).(type) {
	case nil:
		return 0, s.Kind != schema.Container && len(s.Defaults) == 0
	case *List:
		return x.Len(), true
	case *LeafList:
		return x.Len(), true
	}
	return 1, true
}
