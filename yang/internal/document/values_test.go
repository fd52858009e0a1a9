package document_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/codectest"
	"github.com/optical-net/waveguard/yang/internal/document"
	"github.com/optical-net/waveguard/yang/schema"
)

// What a value needs is all that stays of a document.
func TestValuesAreCopies(t *testing.T) {
	set := codectest.Example(t)
	for leaf, text := range map[string]string{"name": "x", "mtu": "1400", "on": "true", "dec": "1.5", "set": "a b", "data": "aGk="} {
		n, err := set.Find("/ex:top/" + leaf)
		if err != nil {
			t.Fatal(err)
		}
		var values document.Values
		first := parseFromLargeDocument(t, &values, n, text)
		runtime.GC()
		var stats runtime.MemStats
		if runtime.ReadMemStats(&stats); stats.HeapAlloc > documentSize/2 {
			t.Errorf("%s: the value keeps the document in memory", leaf)
		}
		if again := parseFromLargeDocument(t, &values, n, text); again != first || first.String() != text {
			t.Errorf("%s: %q became %q, then %q", leaf, text, first, again)
		}
	}
}

const documentSize = 16 << 20

func parseFromLargeDocument(t *testing.T, values *document.Values, n *schema.Node, text string) schema.Value {
	t.Helper()
	doc := text + strings.Repeat(" ", documentSize)
	v, err := values.Parse(n.Type, schema.Lexical{Text: doc[:len(text)], Module: n.Module})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestValuesRefuse(t *testing.T) {
	set := codectest.Example(t)
	n, err := set.Find("/ex:top/mtu")
	if err != nil {
		t.Fatal(err)
	}
	var values document.Values
	for range 2 {
		if _, err := values.Parse(n.Type, schema.Lexical{Text: "5", Module: n.Module}); err == nil {
			t.Error("5 is in the range 68..9000")
		}
	}
}
