package datastore_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/json"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// network has links that refer to two nodes each.
const network = `module network { yang-version 1.1; namespace "urn:network"; prefix n;
  container network {
    list node { key id; leaf id { type string; } leaf site { type string; } }
    list link {
      key id;
      leaf id { type string; }
      leaf from { type leafref { path "../../node/id"; } mandatory true; }
      leaf to { type leafref { path "../../node/id"; } mandatory true; must ". != ../from"; }
      leaf cost { type uint32; }
    } } }`

func openNetwork(b *testing.B) *datastore.Store {
	b.Helper()
	set, err := schema.Compile([]fs.FS{fstest.MapFS{"network.yang": {Data: []byte(network)}}}, schema.Options{})
	ok(b, err)
	s, err := datastore.Open(datastore.Config{Dir: b.TempDir(), Schema: set, Engine: nullEngine{}, Logger: quiet})
	ok(b, err)
	b.Cleanup(func() { s.Close() })
	return s
}

func networkEdit(b *testing.B, s *datastore.Store, inside string) *tree.Edit {
	b.Helper()
	ed, err := json.DecodeEdit(s.Running().Schema(), nil, []byte(`{"network:network":{`+inside+`}}`), json.DecodeOptions{})
	ok(b, err)
	return ed
}

func link(i, n, cost int) string {
	return fmt.Sprintf(`{"id":"link-%d","from":"node-%d","to":"node-%d","cost":%d}`, i, i, (i+cost)%n, cost)
}

// wholeNetwork is one edit with so many references.
func wholeNetwork(b *testing.B, s *datastore.Store, references int) *tree.Edit {
	b.Helper()
	n := references / 2
	var nodes, links strings.Builder
	for i := range n {
		fmt.Fprintf(&nodes, `%s{"id":"node-%d","site":"here"}`, comma(i), i)
		links.WriteString(comma(i) + link(i, n, 1))
	}
	return networkEdit(b, s, `"node":[`+nodes.String()+`],"link":[`+links.String()+`]`)
}

var references = []int{4000, 40_000}

// BenchmarkLeafrefBulk commits a whole network of so many references at once.
func BenchmarkLeafrefBulk(b *testing.B) {
	for _, n := range references {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				s := openNetwork(b)
				whole := wholeNetwork(b, s, n)
				b.StartTimer()
				ok(b, s.Apply(b.Context(), session(0), whole))
			}
		})
	}
}

// BenchmarkLeafrefEdit makes one link refer to another node, and commits.
func BenchmarkLeafrefEdit(b *testing.B) {
	for _, n := range references {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := openNetwork(b)
			ok(b, s.Apply(b.Context(), session(0), wholeNetwork(b, s, n)))
			benchmarkCommits(b, s, func(i, round int) *tree.Edit {
				return networkEdit(b, s, `"link":[`+link(i*7919%(n/2), n/2, 2+2*(i%500)+round)+`]`)
			})
		})
	}
}

// BenchmarkLeafrefTarget makes a node and deletes it again: what a reference to it
// would forbid.
func BenchmarkLeafrefTarget(b *testing.B) {
	for _, n := range references {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := openNetwork(b)
			ok(b, s.Apply(b.Context(), session(0), wholeNetwork(b, s, n)))
			node, err := s.Running().Schema().ParsePath("/network:network/node[id='new']")
			ok(b, err)
			put, take := networkEdit(b, s, `"node":[{"id":"new"}]`), tree.NewEdit(s.Running().Schema())
			take.At(node).Operation = tree.Remove
			for b.Loop() {
				ok(b, s.Apply(b.Context(), session(1), put))
				ok(b, s.Apply(b.Context(), session(1), take))
			}
		})
	}
}
