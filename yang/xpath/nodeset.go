package xpath

import "slices"

func exists(set nodeExpr, f *focus) bool {
	return !set.each(f, func(Node) bool { return false })
}

func anyNode(set nodeExpr, f *focus, holds func(Node) bool) bool {
	return !set.each(f, func(n Node) bool { return !holds(n) })
}

func eachOf(nodes []Node, yield func(Node) bool) bool {
	for _, n := range nodes {
		if !yield(n) {
			return false
		}
	}
	return true
}

// firstNode returns the first node in document order, nil if there is none.
func firstNode(set nodeExpr, f *focus) Node {
	var first Node
	ordered := set.order().ordered
	set.each(f, func(n Node) bool {
		if first == nil || compareNodes(n, first) < 0 {
			first = n
		}
		return !ordered
	})
	return first
}

// sortedNodes returns the set in document order, each node once.
func sortedNodes(set nodeExpr, f *focus) []Node {
	nodes := collect(func(yield func(Node) bool) { set.each(f, yield) })
	if o := set.order(); o.ordered && o.distinct {
		return nodes
	}
	return sortNodes(nodes)
}

// distinctCount returns the size of the set.
func distinctCount(set nodeExpr, f *focus) int {
	if !set.order().distinct {
		return len(sortedNodes(set, f))
	}
	count := 0
	set.each(f, func(Node) bool {
		count++
		return true
	})
	return count
}

func collect(each func(yield func(Node) bool)) []Node {
	var nodes []Node
	each(func(n Node) bool {
		nodes = append(nodes, n)
		return true
	})
	return nodes
}

// sortNodes sorts in place and drops repetitions.
func sortNodes(nodes []Node) []Node {
	if !slices.IsSortedFunc(nodes, compareNodes) {
		slices.SortFunc(nodes, compareNodes)
	}
	return slices.CompactFunc(nodes, sameNode)
}
