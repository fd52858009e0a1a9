package tree_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/yangtest"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xpath"
)

// TestXPathFilter goes the way of a NETCONF filter: prefixes bound to
// namespaces, bounded work, the part that is selected.
func TestXPathFilter(t *testing.T) {
	set := yangtest.Compile(t, []string{"t", "u"}, module, `module u {
  yang-version 1.1; namespace urn:u; prefix u; import t { prefix t; }
  augment /t:top { leaf b { type string; } }
}`)
	full, err := apply(t, tree.New(set), tree.Merge, yangtest.Op{Path: "/t:top/b", Value: "7"}, yangtest.Op{Path: "/t:top/u:b", Value: "x"})
	if err != nil {
		t.Fatal(err)
	}
	bound := map[string]string{"p": "urn:t", "q": "urn:u", "r": "urn:nobody"}
	resolve := set.Resolver(func(prefix string) (string, bool) { space, ok := bound[prefix]; return space, ok })
	for expr, want := range map[string]string{
		"/p:top/p:b": "/top/b=7\n",
		"/p:top/q:b": "/top/b=x\n",
		"/top/b":     "/top/b=7\n/top/b=x\n",
		"/r:top":     "",
		"/p:top/t:b": "", // not bound
	} {
		e, err := xpath.Parse(expr, resolve)
		if unbound := strings.Contains(expr, "t:b"); (err != nil) != unbound {
			t.Errorf("%s: %v", expr, err)
		}
		if err != nil {
			continue
		}
		nodes, err := e.Nodes(xpath.Context{Node: tree.NewCursor(full, tree.ConfigAndState), MaxVisits: 100})
		if err != nil {
			t.Fatal(err)
		}
		if got := dump(tree.Project(full, nodes)); got != want {
			t.Errorf("%s selects\n%s\nwant\n%s", expr, got, want)
		}
	}
	e, err := xpath.Parse("//*[count(//*) > 0]", resolve)
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.Nodes(xpath.Context{Node: tree.NewCursor(full, tree.ConfigAndState), MaxVisits: 5})
	if !errors.Is(err, xpath.ErrTooManyVisits) {
		t.Errorf("got %v", err)
	}
}
