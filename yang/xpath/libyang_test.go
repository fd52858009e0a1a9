package xpath_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/peer"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xpath"
)

// TestYangFunctionsAgainstLibyang selects beds of the garden by the functions of
// RFC 7950 section 10, alone and combined, here and with libyang.
func TestYangFunctionsAgainstLibyang(t *testing.T) {
	tool := peer.Yanglint(t)
	root := tree.NewCursor(garden(t), tree.ConfigOnly)
	r := rand.New(rand.NewPCG(3, 4))
	var exprs []string
	for range 3000 {
		exprs = append(exprs, fmt.Sprintf("/garden:garden/garden:bed[%s]/garden:name", condition(r, 2)))
	}
	theirs := libyang(t, tool, exprs)
	none := 0
	for i, e := range exprs {
		expr, err := xpath.Parse(e, prefixes)
		if err != nil {
			t.Fatalf("%s: %v", e, err)
		}
		nodes, err := expr.Nodes(xpath.Context{Node: root})
		if err != nil {
			t.Fatalf("%s: %v", e, err)
		}
		var ours []string
		for _, n := range nodes {
			ours = append(ours, n.Value())
		}
		if len(ours) == 0 {
			none++
		}
		if !slices.Equal(ours, theirs[i]) {
			t.Errorf("%s: %q, libyang says %q", e, ours, theirs[i])
		}
	}
	if none > len(exprs)*3/4 {
		t.Errorf("%d of %d select nothing: too few to show anything", none, len(exprs))
	}
}

func condition(r *rand.Rand, depth int) string {
	if depth > 0 {
		switch r.IntN(4) {
		case 0:
			return fmt.Sprintf("(%s %s %s)", condition(r, depth-1), oneOf(r, "and", "or"), condition(r, depth-1))
		case 1:
			return fmt.Sprintf("not(%s)", condition(r, depth-1))
		}
	}
	bed := oneOf(r, "", "", "", "../garden:bed/", "/garden:garden/garden:bed[garden:name = current()/garden:beside]/", "deref(garden:beside)/../")
	switch r.IntN(7) {
	case 0:
		return fmt.Sprintf("%s(%sgarden:kind, 'garden:%s')", oneOf(r, "derived-from", "derived-from-or-self"), bed, oneOf(r, "plant", "tree", "oak", "moss"))
	case 1:
		return fmt.Sprintf("enum-value(%sgarden:size) %s %d", bed, oneOf(r, "=", "!=", ">", "<="), oneOf(r, 3, 5, 7))
	case 2:
		return fmt.Sprintf("bit-is-set(%sgarden:care, '%s')", bed, oneOf(r, "water", "sun", "prune"))
	case 3:
		return fmt.Sprintf("re-match(%sgarden:name, '%s')", bed, oneOf(r, "[ab]", "[^a]", `\w`, "a|c", "x?"))
	case 4:
		return fmt.Sprintf("deref(%sgarden:beside)/../garden:size = '%s'", bed, oneOf(r, "small", "large"))
	case 5:
		return fmt.Sprintf("deref(/garden:garden/garden:best)/../garden:name = %sgarden:name", bed)
	}
	return fmt.Sprintf("count(%sgarden:row) > %d", bed, r.IntN(3))
}

var value = regexp.MustCompile(`leaf "name" \(value: "(.*?)"\)`)

// libyang returns the names that each expression selects.
func libyang(t *testing.T, tool string, exprs []string) [][]string {
	t.Helper()
	dir, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	var in strings.Builder
	fmt.Fprintf(&in, "searchpath %s\nload garden\n", dir)
	for _, e := range exprs {
		fmt.Fprintf(&in, "data -t config -x \"%s\" %s\n", e, filepath.Join(dir, "garden.xml"))
	}
	cmd := exec.Command(tool)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir()) // where it keeps a history
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", tool, err, out)
	}
	var names [][]string
	for text := range strings.SplitSeq(string(out), "XPath \"") {
		if !strings.Contains(text, "evaluation result:") {
			continue
		}
		var found []string
		for _, m := range value.FindAllStringSubmatch(text, -1) {
			found = append(found, m[1])
		}
		names = append(names, found)
	}
	if len(names) != len(exprs) {
		t.Fatalf("libyang answers %d of %d expressions: %.2000s", len(names), len(exprs), out)
	}
	return names
}
