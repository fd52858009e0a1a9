package optical

import (
	"math"
	"slices"
)

// unreached is the distance of a node that no path was found to.
const unreached = math.MaxUint64

// search is one run of Dijkstra's algorithm. A topology has at most a word of
// nodes, so that scanning for the nearest one beats keeping them in a heap.
type search struct {
	topology            Topology
	bannedNodes, banned set // nodes and links that the path may not use
	settled             set
	distance            [MaxNodes]uint64
	via                 [MaxNodes]int // link by which the node was reached
}

// shortest returns the shortest path that avoids some nodes and links.
func (t Topology) shortest(from, to int, bannedNodes, bannedLinks set) (Path, bool) {
	s := search{topology: t, bannedNodes: bannedNodes, banned: bannedLinks}
	for i := range s.distance {
		s.distance[i] = unreached
	}
	s.distance[from] = 0
	for {
		node := s.nearest()
		if node < 0 {
			return Path{}, false
		}
		if node == to {
			return s.path(from, to), true
		}
		s.settled = s.settled.with(node)
		s.relax(node)
	}
}

// nearest returns the node to settle next, negative if none is left.
func (s *search) nearest() int {
	best, distance := -1, uint64(unreached)
	for node := range s.topology.nodes {
		if !s.settled.has(node) && s.distance[node] < distance {
			best, distance = node, s.distance[node]
		}
	}
	return best
}

func (s *search) relax(node int) {
	for i := range s.topology.links {
		link := s.topology.Link(i)
		next, joined := link.other(node)
		if !joined || s.banned.has(i) || s.bannedNodes.has(next) || s.settled.has(next) {
			continue
		}
		if d := s.distance[node] + uint64(link.Kilometres); d < s.distance[next] {
			s.distance[next], s.via[next] = d, i
		}
	}
}

func (s *search) path(from, to int) Path {
	p := Path{Nodes: []int{to}, Kilometres: s.distance[to]}
	for node := to; node != from; {
		link := s.via[node]
		node, _ = s.topology.Link(link).other(node)
		p.Nodes = append(p.Nodes, node)
		p.Links = append(p.Links, link)
	}
	slices.Reverse(p.Nodes)
	slices.Reverse(p.Links)
	return p
}

// other returns the end of the link that is not node, and whether node is one.
func (l Link) other(node int) (int, bool) {
	switch node {
	case l.A:
		return l.B, true
	case l.B:
		return l.A, true
	default:
		return 0, false
	}
}
