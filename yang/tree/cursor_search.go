package tree

import "github.com/optical-net/waveguard/yang/xpath"

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
