package architecture

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// edge is one package, or folder of packages, that imports another.
type edge struct{ from, to string }

// graph is what a diagram shows.
type graph struct {
	nodes map[string]bool
	edges map[edge]bool
}

const fence = "```"

// node is how a diagram names a package or folder, with a label if it likes.
const node = `([A-Za-z][\w./-]*?)(?:[\[(]+"?[^\])]*"?[\])]+)?`

var (
	arrowLine = regexp.MustCompile(`^` + node + `\s*-->\s*` + node + `$`)
	nodeLine  = regexp.MustCompile(`^` + node + `$`)
)

// parseGraph reads the first mermaid block of a Markdown page. Its lines are
// "a --> b", for packages a that import b, or "a" alone; a folder stands for
// the packages below it that are not drawn themselves.
func parseGraph(page []byte) (*graph, error) {
	g := &graph{map[string]bool{}, map[edge]bool{}}
	in := false
	for s := bufio.NewScanner(bytes.NewReader(page)); s.Scan(); {
		line := strings.TrimSuffix(strings.TrimSpace(s.Text()), ";")
		switch {
		case !in:
			in = line == fence+"mermaid"
		case line == fence:
			return g, nil
		default:
			if err := g.add(line); err != nil {
				return nil, err
			}
		}
	}
	return nil, fmt.Errorf("there is no block that begins with %smermaid and ends with %s", fence, fence)
}

func (g *graph) add(line string) error {
	first, _, _ := strings.Cut(line, " ")
	switch {
	case slices.Contains([]string{"", "%%", "graph", "flowchart", "subgraph", "end", "direction", "classDef", "class", "style"}, first):
		return nil
	case arrowLine.MatchString(line):
		m := arrowLine.FindStringSubmatch(line)
		g.nodes[m[1]], g.nodes[m[2]], g.edges[edge{m[1], m[2]}] = true, true, true
		return nil
	case nodeLine.MatchString(line):
		g.nodes[nodeLine.FindStringSubmatch(line)[1]] = true
		return nil
	}
	return fmt.Errorf("%q is no line that the test understands; write \"a --> b\" or \"a\"", line)
}

// nodeOf returns the node that a package belongs to: the longest path.
func (g *graph) nodeOf(name string) string {
	found := ""
	for n := range g.nodes {
		if within(name, n) && len(n) > len(found) {
			found = n
		}
	}
	return found
}

// imports draws what go list says with the nodes of g. Packages that have no
// node are returned.
func (g *graph) imports(all []*pkg) (drawn map[edge]bool, without []string) {
	drawn = map[edge]bool{}
	for _, p := range all {
		from := g.nodeOf(p.name())
		if from == "" {
			without = append(without, p.name())
			continue
		}
		for _, path := range p.Imports {
			name, ours := inside(path)
			if to := g.nodeOf(name); ours && to != "" && to != from {
				drawn[edge{from, to}] = true
			}
		}
	}
	return drawn, without
}

// implied says whether arrows lead from one node to the other.
func (g *graph) implied(e edge) bool {
	seen := map[string]bool{}
	var reach func(from string) bool
	reach = func(from string) bool {
		if seen[from] {
			return false
		}
		seen[from] = true
		for arrow := range g.edges {
			if arrow.from == from && (arrow.to == e.to || reach(arrow.to)) {
				return true
			}
		}
		return false
	}
	return reach(e.from)
}

// complaints compares a diagram with what go list says: every arrow is an
// import, and every import an arrow, or several in a row.
func (g *graph) complaints(all []*pkg) (wrong []string) {
	drawn, without := g.imports(all)
	for _, name := range without {
		wrong = append(wrong, fmt.Sprintf("the package %s is not drawn: add it, or a folder above it", name))
	}
	for e := range g.edges {
		if !drawn[e] {
			wrong = append(wrong, fmt.Sprintf("%s --> %s is drawn, but %s does not import %s", e.from, e.to, e.from, e.to))
		}
	}
	for e := range drawn {
		if !g.implied(e) {
			wrong = append(wrong, fmt.Sprintf("%s imports %s: add %s --> %s", e.from, e.to, e.from, e.to))
		}
	}
	for n := range g.nodes {
		if !slices.ContainsFunc(all, func(p *pkg) bool { return g.nodeOf(p.name()) == n }) {
			wrong = append(wrong, fmt.Sprintf("%s is drawn, but there is no such package", n))
		}
	}
	slices.SortFunc(wrong, cmp.Compare[string])
	return wrong
}

// linked returns the packages that are part of a program: commands, and what
// some package imports outside of its tests.
func linked(all []*pkg) (programs []*pkg) {
	imported := map[string]bool{}
	for _, p := range all {
		for _, path := range p.Imports {
			imported[path] = true
		}
	}
	for _, p := range all {
		if imported[p.ImportPath] || p.Name == "main" {
			programs = append(programs, p)
		}
	}
	return programs
}

// TestArchitecturePage compares the diagram in ARCHITECTURE.md with the imports.
func TestArchitecturePage(t *testing.T) {
	page, err := os.ReadFile(root + "/ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	g, err := parseGraph(page)
	if err != nil {
		t.Fatalf("ARCHITECTURE.md: %v", err)
	}
	for _, wrong := range g.complaints(linked(packages(t))) {
		t.Errorf("ARCHITECTURE.md: %s", wrong)
	}
}

func TestGraphIsCompared(t *testing.T) {
	ours := func(name string, imports ...string) *pkg {
		p := &pkg{ImportPath: module + "/" + name, Imports: []string{"fmt"}}
		for _, i := range imports {
			p.Imports = append(p.Imports, module+"/"+i)
		}
		return p
	}
	all := []*pkg{ours("a", "b/c", "d"), ours("b"), ours("b/c", "b", "d"), ours("d")}
	for name, test := range map[string]struct{ diagram, want string }{
		"right":            {"graph TD\n  a --> b\n  a --> d\n  b --> d", "[]"},
		"implied":          {"flowchart LR\n%% who imports whom\na[\"the a\"] --> b(b)\n b --> d;", "[]"},
		"finer":            {"a --> b/c\nb/c --> b\nb/c --> d", "[]"},
		"missing arrow":    {"a --> b\nd", "[a imports d: add a --> d b imports d: add b --> d]"},
		"arrow too many":   {"a --> b\nb --> d\nd --> a", "[d --> a is drawn, but d does not import a]"},
		"missing package":  {"a --> b", "[the package d is not drawn: add it, or a folder above it]"},
		"package too many": {"a --> b\nb --> d\ne", "[e is drawn, but there is no such package]"},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := parseGraph([]byte("# Page\n\n" + fence + "mermaid\n" + test.diagram + "\n" + fence + "\nmore\n"))
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(g.complaints(all)); got != test.want {
				t.Errorf("complaints are %s, want %s", got, test.want)
			}
		})
	}
	for _, page := range []string{"", "no diagram", fence + "mermaid\na --> b", fence + "mermaid\na -.-> b\n" + fence} {
		if _, err := parseGraph([]byte(page)); err == nil {
			t.Errorf("no error for %q", page)
		}
	}
}
