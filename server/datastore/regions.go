package datastore

import (
	"slices"

	"github.com/optical-net/waveguard/yang/tree"
)

// regions are nodes with all below them, each told by its path. A list as a whole has
// all its entries in it. The zero value has none; what is asked of it costs the same
// however many there are.
type regions struct {
	paths []tree.Path // as they were added; later ones can have earlier ones in them
	keys  map[string]bool
}

func (rs *regions) add(path tree.Path) {
	if rs.cover(path) {
		return
	}
	if rs.keys == nil {
		rs.keys = map[string]bool{}
	}
	rs.keys[path.String()] = true
	rs.paths = append(rs.paths, slices.Clone(path))
}

// cover says whether path is in one of the regions.
func (rs *regions) cover(path tree.Path) bool {
	if len(rs.keys) == 0 {
		return false
	}
	for i := 1; i <= len(path); i++ {
		if rs.keys[path[:i].String()] || rs.keys[listOf(path[:i]).String()] {
			return true
		}
	}
	return false
}

// topmost returns the regions that are in no other one.
func (rs *regions) topmost() (all []tree.Path) {
	for _, path := range rs.paths {
		list := listOf(path).String()
		if !rs.cover(parent(path)) && (list == path.String() || !rs.keys[list]) {
			all = append(all, path)
		}
	}
	return all
}
