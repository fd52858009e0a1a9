package oracle

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/optical-net/waveguard/yang/internal/generate"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// exchange requires that a valid document is the same tree here when libyang has
// read it and printed it in any encoding.
func (y *tally) exchange(seed uint64, doc *generate.Element) {
	for _, from := range encodings {
		text := write(y.set, doc, from)
		want, _ := y.state(from, text)
		for _, to := range encodings {
			printed, err := y.print(from, to, text)
			if err != nil {
				return // it read it, but takes some string for an expression that it cannot write
			}
			got, faults := y.state(to, printed)
			if len(faults) > 0 {
				y.t.Errorf("seed %d: libyang prints %s as %s that is invalid: %v\n%s\n%s", seed, from, to, faults[0], text, printed)
				return
			}
			if c := difference(want, got); c != "" {
				y.t.Errorf("seed %d: libyang prints %s as %s: %s\n%s\n%s", seed, from, to, c, text, printed)
				return
			}
		}
	}
}

// difference returns where the trees differ; "" when they do not.
func difference(a, b *tree.Tree) string {
	for _, c := range tree.Diff(a, b) {
		s := c.Path.Schema()
		if s.Kind == schema.AnyData || s.Kind == schema.AnyXML || isDefault(c) {
			continue // white space is nobody's, and libyang adds the defaults of state
		}
		if shown(c.Old) == shown(c.New) {
			continue // XML cannot tell which member of a union a text is of
		}
		return fmt.Sprintf("%s: %s became %s", c.Path, shown(c.Old), shown(c.New))
	}
	return ""
}

// isDefault says whether a leaf came with its default value, or a container that
// has only such leafs.
func isDefault(c tree.Change) bool {
	if c.Old != nil {
		return false
	}
	switch n := c.New.(type) {
	case *tree.Leaf:
		return slices.Contains(n.Schema().Defaults, n.Value())
	case *tree.Container:
		return !n.Schema().Config && n.Schema().Kind == schema.Container && !n.Schema().Presence
	}
	return false
}

func shown(n tree.Node) string {
	switch n := n.(type) {
	case nil:
		return "nothing"
	case *tree.Leaf:
		return fmt.Sprintf("%q", n.Value())
	}
	return fmt.Sprintf("a node %p", n)
}

// print returns the document as libyang writes it.
func (l *yanglint) print(from, to, doc string) (string, error) {
	file, out := l.write("document."+from, doc), filepath.Join(l.dir, "printed."+to)
	answer, err := l.ask(fmt.Sprintf("data -t %s -f %s -o %s %s", l.kind, to, out, file))
	if err != nil || answer != "" {
		return "", fmt.Errorf("%v %s", err, answer)
	}
	text, err := os.ReadFile(out)
	return string(text), err
}
