package bench

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/openconfig/ygot/ygot"

	"github.com/optical-net/waveguard/testdata/bench/ygotinv"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/validate"
	"github.com/optical-net/waveguard/yang/xpath"
)

func eachSize(b *testing.B, f func(b *testing.B, n int)) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) { f(b, n) })
	}
}

// BenchmarkParseValidate reads a document and checks all of it, in process.
func BenchmarkParseValidate(b *testing.B) {
	eachSize(b, func(b *testing.B, n int) {
		b.Run("waveguard", func(b *testing.B) {
			e, doc := newEngine(b), document(n)
			b.ReportAllocs()
			for b.Loop() {
				e.check(b, nil, e.parse(b, doc))
			}
		})
		b.Run("libyang", func(b *testing.B) {
			b.ReportMetric(libyang(b, n, edits[0], "/*")["parse-validate"], "libyang-ns/op")
		})
		b.Run("ygot", func(b *testing.B) {
			if n > 10_000 {
				b.Skip("ygot needs more than a minute for it")
			}
			doc := documentJSON(n)
			for b.Loop() {
				d := &ygotinv.Device{}
				if err := ygotinv.Unmarshal(doc, d); err != nil {
					b.Fatal(err)
				}
				if err := d.Validate(); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
}

// BenchmarkProcess does the same as whole processes: the operator's command, and
// yanglint.
func BenchmarkProcess(b *testing.B) {
	command := filepath.Join(b.TempDir(), "waveguard")
	if out, err := exec.Command("go", "build", "-o", command, "github.com/optical-net/waveguard/cmd/waveguard").CombinedOutput(); err != nil {
		b.Fatalf("build the command: %v\n%s", err, out)
	}
	eachSize(b, func(b *testing.B, n int) {
		doc := file(b, n)
		b.Run("waveguard", func(b *testing.B) {
			runs(b, command, "yang", "validate", "--type", "config", "testdata/inventory.yang", doc)
		})
		b.Run("yanglint", func(b *testing.B) {
			runs(b, yanglint(b), "-t", "config", "testdata/inventory.yang", doc)
		})
	})
}

// edit changes one leaf to and fro.
type edit struct {
	name   string
	path   string
	values [2]string
}

// edits are of one leaf of one entry: with a condition on it, and one that refers
// to another list.
var edits = []edit{
	{"must", "/inventory:inventory/item[name='item-005000']/mtu", [2]string{"1500", "1501"}},
	{"leafref", "/inventory:inventory/item[name='item-005000']/group", [2]string{"group-7", "group-8"}},
}

// BenchmarkEdit changes one leaf of one entry and checks what that concerns.
func BenchmarkEdit(b *testing.B) {
	eachSize(b, func(b *testing.B, n int) {
		for _, x := range edits {
			b.Run(x.name, func(b *testing.B) { x.bench(b, n) })
		}
	})
}

func (x edit) bench(b *testing.B, n int) {
	b.Run("waveguard", func(b *testing.B) {
		e := newEngine(b)
		state := e.check(b, nil, e.parse(b, document(n)))
		path, values := e.leaf(b, x.path, x.values[:]...)
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			ed := state.Tree.Edit()
			if err := ed.SetLeaf(path, values[i%2]); err != nil {
				b.Fatal(err)
			}
			state = e.check(b, state, ed.Tree())
		}
	})
	b.Run("libyang", func(b *testing.B) {
		b.ReportMetric(libyang(b, n, x, "/*")["edit-validate"], "libyang-ns/op")
	})
	b.Run("ygot", func(b *testing.B) {
		if n > 10_000 {
			b.Skip("ygot needs more than a minute for it")
		}
		d := &ygotinv.Device{}
		if err := ygotinv.Unmarshal(documentJSON(n), d); err != nil {
			b.Fatal(err)
		}
		item := d.Inventory.Item["item-005000"]
		for i := 0; b.Loop(); i++ {
			item.Mtu, item.Group = ygot.Uint16(1500+uint16(i%2)), ygot.String(fmt.Sprint("group-", 7+i%2))
			if err := d.Validate(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// leaf returns a path to a leaf and values for it.
func (e engine) leaf(b *testing.B, path string, texts ...string) (tree.Path, []schema.Value) {
	b.Helper()
	steps, err := e.set.ParsePath(path)
	if err != nil {
		b.Fatal(err)
	}
	var values []schema.Value
	for _, text := range texts {
		v, err := steps[len(steps)-1].Node.ParseValue(text)
		if err != nil {
			b.Fatal(err)
		}
		values = append(values, v)
	}
	return steps, values
}

// expressions are searches that an index helps with, and that none does.
var expressions = []struct{ name, text string }{
	{"key", "/inventory:inventory/item[name='item-005000']/weight"},
	{"scan", "/inventory:inventory/item[mtu > 9000]/name"},
	{"descendants", "//inventory:weight"},
	{"join", "/inventory:inventory/group[name = /inventory:inventory/item[kind = 'LINK']/group]"},
}

// BenchmarkXPath searches an inventory of about 100,000 nodes.
func BenchmarkXPath(b *testing.B) {
	const n = 12_500
	e := newEngine(b)
	t := e.parse(b, document(n))
	var texts []string
	for _, x := range expressions {
		texts = append(texts, x.text)
	}
	var theirs figures
	for i, x := range expressions {
		var found int
		b.Run(x.name+"/waveguard", func(b *testing.B) {
			expr, err := xpath.Parse(x.text, func(prefix string) (string, error) { return prefix, nil })
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				nodes, err := expr.Nodes(xpath.Context{Node: tree.NewCursor(t, tree.ConfigOnly)})
				if err != nil {
					b.Fatal(err)
				}
				found = len(nodes)
			}
			b.ReportMetric(float64(found), "nodes")
		})
		b.Run(x.name+"/libyang", func(b *testing.B) {
			if theirs == nil {
				theirs = libyang(b, n, edits[0], texts...)
			}
			b.ReportMetric(theirs[fmt.Sprint("xpath-", i)], "libyang-ns/op")
			if same := theirs[fmt.Sprint("found-", i)]; same != float64(found) {
				b.Errorf("libyang finds %v nodes, not %d", same, found)
			}
		})
	}
}

// BenchmarkMemory tells the bytes that stay in use for each node of a valid
// tree, of which seven in eight are leafs, with and without what validation
// remembers of it.
func BenchmarkMemory(b *testing.B) {
	const n = 100_000
	const nodes = 1 + 2*groups + 8*n
	b.Run("waveguard", func(b *testing.B) {
		e, doc := newEngine(b), document(n)
		var t *tree.Tree
		var state *validate.State
		for b.Loop() {
			t, state = nil, nil
			before := heap()
			t = e.parse(b, doc)
			parsed := heap()
			state = e.check(b, nil, t)
			checked := heap()
			b.ReportMetric(float64(parsed-before)/nodes, "B/node")
			b.ReportMetric(float64(checked-before)/nodes, "B/node-with-index")
		}
		runtime.KeepAlive(state)
		runtime.KeepAlive(doc)
	})
	b.Run("libyang", func(b *testing.B) {
		theirs := libyang(b, n, edits[0], "/*")
		b.ReportMetric(theirs["bytes"]/theirs["nodes"], "libyang-B/node")
		if theirs["nodes"] != nodes {
			b.Errorf("libyang has %v nodes, not %d", theirs["nodes"], nodes)
		}
	})
	b.Run("ygot", func(b *testing.B) {
		doc := documentJSON(n)
		var d *ygotinv.Device
		for b.Loop() {
			d = nil
			before := heap()
			d = &ygotinv.Device{}
			if err := ygotinv.Unmarshal(doc, d); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(heap()-before)/nodes, "B/node")
		}
		runtime.KeepAlive(d)
		runtime.KeepAlive(doc)
	})
}

// heap returns the bytes in use once all garbage is gone.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
