package optical

import "slices"

// ShortestPaths returns the k shortest loopless paths between two nodes,
// shortest first; fewer if there are fewer, none from a node to itself.
//
// The method is Yen's: J. Y. Yen, "Finding the K Shortest Loopless Paths in a
// Network", Management Science 17 (1971).
func (t Topology) ShortestPaths(from, to, k int) []Path {
	if from == to || k <= 0 {
		return nil
	}
	first, ok := t.shortest(from, to, 0, 0)
	if !ok {
		return nil
	}
	found := []Path{first}
	var candidates []Path
	for len(found) < k {
		candidates = t.addSpurs(candidates, found)
		if len(candidates) == 0 {
			break
		}
		found = append(found, candidates[0])
		candidates = candidates[1:]
	}
	return found
}

// addSpurs adds, in order, the paths that leave the last one found at each of
// its nodes.
func (t Topology) addSpurs(candidates, found []Path) []Path {
	last := found[len(found)-1]
	for i := range last.Links {
		root := t.prefix(last, i)
		spur, ok := t.shortest(root.Nodes[i], last.Nodes[len(last.Links)],
			setOf(root.Nodes[:i]), nextLinks(found, root.Links))
		if ok {
			candidates = insert(candidates, root.extend(spur))
		}
	}
	return candidates
}

// prefix returns the first hops of a path.
func (t Topology) prefix(p Path, hops int) Path {
	root := Path{Nodes: p.Nodes[:hops+1], Links: p.Links[:hops]}
	for _, link := range root.Links {
		root.Kilometres += uint64(t.Link(link).Kilometres)
	}
	return root
}

// nextLinks returns the links by which the paths that start with root go on.
func nextLinks(paths []Path, root []int) (links set) {
	for _, p := range paths {
		if len(p.Links) > len(root) && slices.Equal(p.Links[:len(root)], root) {
			links = links.with(p.Links[len(root)])
		}
	}
	return links
}

// insert keeps paths sorted and each in it once.
func insert(paths []Path, p Path) []Path {
	at, exists := slices.BinarySearchFunc(paths, p, Path.compare)
	if exists {
		return paths
	}
	return slices.Insert(paths, at, p)
}
