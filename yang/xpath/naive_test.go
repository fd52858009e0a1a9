package xpath

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// naiveStep is a step of a random path.
type naiveStep struct {
	axis Axis
	test string // "*", "node()", or a name
	pred string // "", "[n]" or "[last()]"
}

func (s naiveStep) String() string { return s.axis.String() + "::" + s.test + s.pred }

// related defines the axes by document order and ancestry alone (section 2.2).
func related(axis Axis, n, m *memNode) bool {
	above := isAncestor(m, n)
	below := isAncestor(n, m)
	siblings := n.parent == m.parent && n.parent != nil
	switch axis {
	case Child:
		return m.parent == n
	case Parent:
		return n.parent == m && m != nil
	case Self:
		return n == m
	case Descendant:
		return below
	case DescendantOrSelf:
		return below || n == m
	case Ancestor:
		return above
	case AncestorOrSelf:
		return above || n == m
	case FollowingSibling:
		return siblings && m.place > n.place
	case PrecedingSibling:
		return siblings && m.place < n.place
	case Following:
		return m.place > n.place && !below
	case Preceding:
		return m.place < n.place && !above
	}
	return false
}

func isAncestor(a, n *memNode) bool {
	for p := n.parent; p != nil; p = p.parent {
		if p == a {
			return true
		}
	}
	return false
}

func (s naiveStep) from(n *memNode, all []*memNode) []*memNode {
	var found []*memNode
	for _, m := range all {
		named := s.test == "*" && m.kind != Root || s.test == m.local
		if related(s.axis, n, m) && (s.test == "node()" || named) {
			found = append(found, m)
		}
	}
	switch s.axis {
	case Ancestor, AncestorOrSelf, Preceding, PrecedingSibling:
		slices.Reverse(found)
	}
	pick := len(found)
	switch s.pred {
	case "":
		return found
	case "[last()]":
	default:
		fmt.Sscanf(s.pred, "[%d]", &pick)
	}
	if pick < 1 || pick > len(found) {
		return nil
	}
	return found[pick-1 : pick]
}

func naiveNodes(steps []naiveStep, all []*memNode) []Node {
	set := map[*memNode]bool{all[0]: true}
	for _, s := range steps {
		next := map[*memNode]bool{}
		for n := range set {
			for _, m := range s.from(n, all) {
				next[m] = true
			}
		}
		set = next
	}
	var nodes []Node
	for _, n := range all {
		if set[n] {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

// TestAgainstNaive compares random paths with a set-based evaluator that
// follows the definitions.
func TestAgainstNaive(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	// Without values there are no text nodes, which the naive one lacks.
	root := plant(randomKids(random, 4)...)
	all := root.nodes()
	tests := []string{"*", "node()", "a", "b"}
	preds := []string{"", "", "", "[1]", "[2]", "[last()]"}
	for range 4000 {
		var steps []naiveStep
		var texts []string
		for range 1 + random.IntN(5) {
			s := naiveStep{Axis(random.IntN(int(Attribute))), tests[random.IntN(len(tests))], preds[random.IntN(len(preds))]}
			if random.IntN(4) == 0 {
				s = naiveStep{DescendantOrSelf, "node()", ""}
			}
			steps = append(steps, s)
			texts = append(texts, s.String())
		}
		e := mustParse(t, "/"+strings.Join(texts, "/"))
		got, err := e.Nodes(Context{Node: root})
		want := naiveNodes(steps, all)
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%s\n got %s, %v\nwant %s", e, places(got), err, places(want))
		}
		set, f := e.root.(nodeExpr), &focus{node: root, run: &run{}}
		if n := distinctCount(set, f); n != len(want) {
			t.Fatalf("count(%s) = %d, want %d", e, n, len(want))
		}
		if first := firstNode(set, f); (first == nil) != (len(want) == 0) || first != nil && first != want[0] {
			t.Fatalf("first of %s is %v", e, first)
		}
	}
}

func places(nodes []Node) string {
	var texts []string
	for _, n := range nodes {
		texts = append(texts, fmt.Sprint(n.(*memNode).place))
	}
	return strings.Join(texts, " ")
}

func randomKids(random *rand.Rand, depth int) []*memNode {
	var kids []*memNode
	for range 1 + random.IntN(3) {
		name := []string{"m:a", "m:b"}[random.IntN(2)]
		if depth == 0 || random.IntN(4) == 0 {
			kids = append(kids, leaf(name, ""))
			continue
		}
		kids = append(kids, container(name, randomKids(random, depth-1)...))
	}
	return kids
}
