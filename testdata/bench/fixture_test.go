package bench

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/validate"
	"github.com/optical-net/waveguard/yang/xml"
)

// sizes are the numbers of items in a document. An item has seven leafs.
var sizes = []int{10_000, 100_000}

// groups is how many groups the items of a document belong to.
const groups = 100

// document writes an inventory of n items.
func document(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`<inventory xmlns="urn:example:inventory">`)
	for i := range groups {
		fmt.Fprintf(&b, "<group><name>group-%d</name></group>", i)
	}
	for i := range n {
		fmt.Fprintf(&b, "<item><name>item-%06d</name><group>group-%d</group><kind>%s</kind><mtu>%d</mtu><enabled>%t</enabled>"+
			"<weight>%d.5</weight><description>item number %d</description></item>",
			i, i%groups, [...]string{"PORT", "LINK", "LOOPBACK"}[i%3], 100+i%9000, i%2 == 0, i%100, i)
	}
	b.WriteString("</inventory>\n")
	return b.Bytes()
}

// documentJSON writes the same in JSON.
func documentJSON(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"inventory:inventory":{"group":[`)
	for i := range groups {
		fmt.Fprintf(&b, `%s{"name":"group-%d"}`, comma(i), i)
	}
	b.WriteString(`],"item":[`)
	for i := range n {
		fmt.Fprintf(&b, `%s{"name":"item-%06d","group":"group-%d","kind":"%s","mtu":%d,"enabled":%t,"weight":"%d.5","description":"item number %d"}`,
			comma(i), i, i%groups, [...]string{"PORT", "LINK", "LOOPBACK"}[i%3], 100+i%9000, i%2 == 0, i%100, i)
	}
	b.WriteString("]}}\n")
	return b.Bytes()
}

func comma(i int) string {
	if i == 0 {
		return ""
	}
	return ","
}

// file writes an inventory of n items to a file.
func file(b *testing.B, n int) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), fmt.Sprintf("inventory-%d.xml", n))
	if err := os.WriteFile(path, document(n), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

// engine is the code under test.
type engine struct {
	set   *schema.Set
	rules *validate.Validator
}

func newEngine(tb testing.TB) engine {
	tb.Helper()
	set, err := schema.Compile([]fs.FS{os.DirFS("testdata")}, schema.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	return engine{set, validate.New(set)}
}

// parse reads a document without looking at what its values demand together.
func (e engine) parse(tb testing.TB, doc []byte) *tree.Tree {
	tb.Helper()
	t, err := xml.Decode(e.set, doc, xml.DecodeOptions{Limits: xml.Limits{Bytes: len(doc)}})
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

func (e engine) check(tb testing.TB, prev *validate.State, t *tree.Tree) *validate.State {
	tb.Helper()
	state, errs := e.rules.Check(prev, t)
	if len(errs) > 0 {
		tb.Fatal(errs[0])
	}
	return state
}
