package validate_test

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/peer"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// Where libyang sees default values otherwise, the comparison leaves the rule
// out. It does not check that a default value refers to something, although a
// default in use counts as if it was there (RFC 7950 section 7.6.1); and it
// counts the default values of nodes that are not in use, because of a case or
// a condition, as values that unique compares (section 7.8.3).
var agreed = strings.NewReplacer(
	` default "1"; } }`, ` } }`,
	`unique "box/level rank"; unique "paint/plain/tint";`, `unique rank;`,
).Replace(wild)

// TestLikeLibyang requires that libyang gives the verdicts of Check.
func TestLikeLibyang(t *testing.T) {
	tool := peer.Yanglint(t)
	dir := t.TempDir()
	model, data := filepath.Join(dir, "w.yang"), filepath.Join(dir, "data.xml")
	write(t, model, agreed)
	w := newWalk(t, "w", agreed, tree.ConfigOnly)
	w.random = rand.New(rand.NewPCG(77, 1))
	for range 200 {
		next, errs := w.step(t, wildOps)
		var doc strings.Builder
		if err := xml.Encode(&doc, next.Root(), xml.EncodeOptions{}); err != nil {
			t.Fatal(err)
		}
		if doc.Len() == 0 {
			continue // yanglint wants a document
		}
		write(t, data, doc.String())
		out, _ := exec.Command(tool, "-p", dir, "-t", "config", model, data).CombinedOutput()
		if (len(out) == 0) != (errs == nil) {
			t.Errorf("%s\nours:    %v\nlibyang: %s", doc.String(), errs, out)
		}
	}
	if w.accepted < 50 || w.refused < 50 {
		t.Errorf("%d accepted, %d refused: the edits are too one-sided to show anything", w.accepted, w.refused)
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
