package schema

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/optical-net/waveguard/yang/internal/peer"
)

// publishedSources are the folder's sets, the named one first.
func publishedSources(dir, first string) []fs.FS {
	sources := []fs.FS{os.DirFS(filepath.Join(dir, first))}
	for _, other := range []string{"ietf", "openroadm-7.1"} {
		if other != first {
			sources = append(sources, os.DirFS(filepath.Join(dir, other)))
		}
	}
	return sources
}

// ospf cannot be compiled as published: a path in a typedef of another module
// leaves out the prefix of a node, which then belongs to org-openroadm-ospf.
const ospf = "org-openroadm-ospf"

// openroadm are all modules of the Open ROADM set but the one that is at fault.
func openroadm(t testing.TB, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "openroadm-7.1", "*.yang"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no Open ROADM modules: %v", err)
	}
	var names []string
	for _, f := range files {
		if name := strings.TrimSuffix(filepath.Base(f), ".yang"); name != ospf {
			names = append(names, name)
		}
	}
	return names
}

func TestCompilePublished(t *testing.T) {
	dir := peer.Modules(t, "whether published modules compile")
	for _, tc := range []struct {
		folder    string
		implement []string
		nodes     int // at least
	}{
		{folder: "ietf", nodes: 1900},
		{folder: "openroadm-7.1", implement: openroadm(t, dir), nodes: 1600},
	} {
		t.Run(tc.folder, func(t *testing.T) {
			start := time.Now()
			set, err := Compile(publishedSources(dir, tc.folder), Options{Implement: tc.implement})
			if err != nil {
				t.Fatal(err)
			}
			nodes := countNodes(set.Root)
			t.Logf("%d modules, %d nodes in %v", len(set.Modules), nodes, time.Since(start))
			if nodes < tc.nodes {
				t.Errorf("%d nodes, want at least %d", nodes, tc.nodes)
			}
			checkTree(t, set.Root)
		})
	}
}

func countNodes(n *Node) int {
	total := 1
	for _, c := range n.Children {
		total += countNodes(c)
	}
	return total
}

// checkTree checks what holds of every node of every schema.
func checkTree(t *testing.T, n *Node) {
	t.Helper()
	for i, c := range n.DataChildren {
		if c.Index != i || c.DataParent != n || n.Child(c.Module.Name, c.Name) != c {
			t.Errorf("%s: data child %s is not linked", n.Path(), c.Name)
		}
		if c.IsKey() != slices.Contains(n.Keys, c) {
			t.Errorf("%s: IsKey is %v", c.Path(), c.IsKey())
		}
	}
	for _, c := range n.Children {
		if c.Parent != n || c.Config && !n.Config {
			t.Errorf("%s: wrong parent or config", c.Path())
		}
		if (c.Kind == Leaf || c.Kind == LeafList) && c.Type == nil {
			t.Errorf("%s: no type", c.Path())
		}
		checkTree(t, c)
	}
}

// The two modules that libyang refuses as it finds them are refused here too.
func TestRefusePublished(t *testing.T) {
	dir := peer.Modules(t, "whether published modules compile")
	t.Run("path into the wrong namespace", func(t *testing.T) {
		_, err := Compile(publishedSources(dir, "openroadm-7.1"), Options{Implement: []string{ospf}})
		wantError(t, err, `org-openroadm-key-chain.yang:64:7: path`, `there is no node "key-chain-list"`)
	})
	t.Run("feature without what it depends on", func(t *testing.T) {
		implemented := func(module, _ string) bool { return module == "ietf-tls-server" }
		_, err := Compile(publishedSources(dir, "ietf"), Options{Implement: []string{"ietf-tls-server"}, Features: implemented})
		wantError(t, err, `feature "server-ident-tls12-psk"`, "its if-feature is false")
	})
}

// wantError checks that err is there and says all of texts.
func wantError(t *testing.T, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("compiled, want an error with %q", texts)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error is %q, want %q in it", err, text)
		}
	}
}

func BenchmarkCompileOpenROADM(b *testing.B) {
	dir := peer.Modules(b, "the time that Open ROADM takes")
	names := openroadm(b, dir)
	for b.Loop() {
		if _, err := Compile(publishedSources(dir, "openroadm-7.1"), Options{Implement: names}); err != nil {
			b.Fatal(err)
		}
	}
}
