package optical

import (
	"fmt"
	"slices"
	"testing"
)

// randomTopology has parallel links now and then, as fibre routes do.
func randomTopology(t *testing.T, seed uint64, nodes, links int) Topology {
	t.Helper()
	var plan Plan
	state := seed
	draw := func(n int) int {
		var number uint64
		number, state = Next(state)
		return int(number % uint64(n))
	}
	for i := range nodes {
		plan.Nodes = append(plan.Nodes, fmt.Sprint("n", i))
	}
	for len(plan.Links) < links {
		a, b := draw(nodes), draw(nodes)
		if a != b {
			plan.Links = append(plan.Links, Link{A: a, B: b, Kilometres: uint32(draw(9)) + 1})
		}
	}
	topology, err := WriteTopology(make([]byte, TopologyBytes(nodes, links)), plan)
	if err != nil {
		t.Fatal(err)
	}
	return topology
}

// allPaths finds every loopless path by trying everything.
func allPaths(t Topology, p Path, to int) []Path {
	node := p.Nodes[len(p.Nodes)-1]
	if node == to {
		return []Path{{Nodes: slices.Clone(p.Nodes), Links: slices.Clone(p.Links), Kilometres: p.Kilometres}}
	}
	var paths []Path
	for i := range t.Links() {
		next, joined := t.Link(i).other(node)
		if !joined || slices.Contains(p.Nodes, next) {
			continue
		}
		paths = append(paths, allPaths(t, Path{
			Nodes:      append(slices.Clone(p.Nodes), next),
			Links:      append(slices.Clone(p.Links), i),
			Kilometres: p.Kilometres + uint64(t.Link(i).Kilometres),
		}, to)...)
	}
	slices.SortFunc(paths, Path.compare)
	return paths
}

func kilometres(paths []Path) []uint64 {
	lengths := make([]uint64, 0, len(paths))
	for _, p := range paths {
		lengths = append(lengths, p.Kilometres)
	}
	return lengths
}

func checkPath(t *testing.T, topology Topology, p Path, from, to int) {
	t.Helper()
	if p.Nodes[0] != from || p.Nodes[len(p.Nodes)-1] != to || len(p.Links) != len(p.Nodes)-1 {
		t.Fatalf("path %v does not lead from %d to %d", p, from, to)
	}
	var length uint64
	for i, link := range p.Links {
		next, joined := topology.Link(link).other(p.Nodes[i])
		if !joined || next != p.Nodes[i+1] {
			t.Fatalf("path %v: link %d does not join its nodes", p, link)
		}
		length += uint64(topology.Link(link).Kilometres)
	}
	if length != p.Kilometres {
		t.Errorf("path %v is %d km long, not %d", p, length, p.Kilometres)
	}
	sorted := slices.Sorted(slices.Values(p.Nodes))
	if len(slices.Compact(sorted)) != len(p.Nodes) {
		t.Errorf("path %v has a loop", p)
	}
}

func TestShortestPathsAgainstBruteForce(t *testing.T) {
	for seed := range uint64(60) {
		topology := randomTopology(t, seed, 6, 5+int(seed%7))
		for from := range topology.Nodes() {
			for to := range topology.Nodes() {
				if from == to {
					continue
				}
				every := allPaths(topology, Path{Nodes: []int{from}}, to)
				for _, k := range []int{1, 3, len(every) + 1} {
					got := topology.ShortestPaths(from, to, k)
					want := every[:min(k, len(every))]
					if !slices.Equal(kilometres(got), kilometres(want)) {
						t.Fatalf("seed %d: %d to %d, k=%d: lengths %v, want %v", seed, from, to, k, kilometres(got), kilometres(want))
					}
					for i, p := range got {
						checkPath(t, topology, p, from, to)
						if slices.ContainsFunc(got[:i], func(q Path) bool { return slices.Equal(p.Links, q.Links) }) {
							t.Fatalf("seed %d: path %v is there twice", seed, p)
						}
					}
				}
			}
		}
	}
}

func nsfnet(t *testing.T) Topology {
	t.Helper()
	plan := NSFNET()
	topology, err := WriteTopology(make([]byte, TopologyBytes(len(plan.Nodes), len(plan.Links))), plan)
	if err != nil {
		t.Fatal(err)
	}
	return topology
}

func TestShortestPathsOnNSFNET(t *testing.T) {
	topology := nsfnet(t)
	if topology.Nodes() != 14 || topology.Links() != 21 {
		t.Fatalf("NSFNET has %d nodes and %d links", topology.Nodes(), topology.Links())
	}
	paths := topology.ShortestPaths(0, 13, 3) // WA to NJ
	if got, want := kilometres(paths), []uint64{4000, 4600, 5300}; !slices.Equal(got, want) {
		t.Errorf("WA to NJ: %v km, want %v", got, want)
	}
	for from := range 14 {
		for to := range 14 {
			if want := 3; from != to && len(topology.ShortestPaths(from, to, want)) != want {
				t.Errorf("fewer than %d paths from %d to %d", want, from, to)
			}
		}
	}
}

func TestShortestPathsWithoutAny(t *testing.T) {
	topology := nsfnet(t)
	if got := topology.ShortestPaths(4, 4, 3); got != nil {
		t.Errorf("a node to itself: %v", got)
	}
	if got := topology.ShortestPaths(0, 1, 0); got != nil {
		t.Errorf("no paths asked for: %v", got)
	}
	apart, err := WriteTopology(make([]byte, 64), Plan{Nodes: []string{"a", "b"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := apart.ShortestPaths(0, 1, 3); got != nil {
		t.Errorf("no link between them: %v", got)
	}
}

func BenchmarkShortestPaths(b *testing.B) {
	plan := NSFNET()
	topology, err := WriteTopology(make([]byte, TopologyBytes(len(plan.Nodes), len(plan.Links))), plan)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		topology.ShortestPaths(0, 13, 3)
	}
}
