package access_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

const entriesOfBench = 10_000

// crowded is data with many entries, and a configuration with so many rules,
// each of which hides an entry or, if apart says so, a part of every entry.
func crowded(b *testing.B, rules int, apart bool) (*config, *access.Authority, *tree.Tree) {
	c, a := kept(b)
	for i := range rules {
		at := fmt.Sprintf("/rule-list[name='1']/rule[name='%d']", i)
		path := fmt.Sprintf("/zoo:top/l[a='%05d']", i*97)
		if apart && i%2 == 1 {
			path = fmt.Sprintf("/zoo:top/l/m[b='%d']", i)
		}
		c.nacm("/rule-list[name='1']/group[.='VIEWER']", "VIEWER", at+"/path", path, at+"/action", "deny")
	}
	l := c.set.Root.Child("zoo", "top").Child("zoo", "l")
	v := l.Child("zoo", "v")
	all := make([]*tree.Container, entriesOfBench)
	for i := range all {
		all[i] = tree.NewContainer(l, []tree.Node{
			tree.NewLeaf(l.Keys[0], l.Keys[0].Type.Unchecked(fmt.Sprintf("%05d", i))), tree.NewLeaf(v, v.Type.Unchecked("x")),
		})
	}
	top := tree.NewContainer(l.DataParent, []tree.Node{tree.NewList(l, all)})
	return c, a, tree.FromRoot(c.set, tree.NewContainer(c.set.Root, []tree.Node{top}))
}

// BenchmarkReadable finds what of 10,000 entries a viewer may read: when the
// data has changed since the last time, and when it has not.
func BenchmarkReadable(b *testing.B) {
	for _, bm := range []struct {
		rules int
		apart bool
	}{{0, false}, {10, false}, {100, false}, {10, true}, {100, true}} {
		b.Run(fmt.Sprintf("%d,parts=%t", bm.rules, bm.apart), func(b *testing.B) {
			_, a, data := crowded(b, bm.rules, bm.apart)
			u, err := a.AuthenticateCert("vera")
			if err != nil {
				b.Fatal(err)
			}
			b.Run("changed", func(b *testing.B) {
				top := data.Root().Child(data.Schema().Root.Child("zoo", "top"))
				for b.Loop() {
					a.Readable(u, tree.NewContainer(data.Schema().Root, []tree.Node{top}))
				}
			})
			b.Run("same", func(b *testing.B) {
				for b.Loop() {
					a.Readable(u, data.Root())
				}
			})
		})
	}
}

// BenchmarkDecide asks about one leaf deep in the data.
func BenchmarkDecide(b *testing.B) {
	for _, rules := range []int{0, 10, 100} {
		b.Run(strconv.Itoa(rules), func(b *testing.B) {
			c, a, _ := crowded(b, rules, true)
			u, err := a.AuthenticateCert("vera")
			if err != nil {
				b.Fatal(err)
			}
			target := access.Target{Path: c.at("/zoo:top/l[a='05000']/m[b='x'][c='y']/v")}
			for b.Loop() {
				if a.Decide(u, access.Read, target) != nil {
					b.Fatal("it is denied")
				}
			}
		})
	}
}

// BenchmarkCompile makes the decision structure of a user anew, as after every
// change of the rules.
func BenchmarkCompile(b *testing.B) {
	for _, rules := range []int{10, 100} {
		b.Run(strconv.Itoa(rules), func(b *testing.B) {
			c, a, data := crowded(b, rules, true)
			u, err := a.AuthenticateCert("vera")
			if err != nil {
				b.Fatal(err)
			}
			target := access.Target{Path: tree.Path{schema.PathStep{Node: data.Schema().Root.Child("zoo", "top")}}}
			versions := []*tree.Tree{c.running(), nil}
			c.nacm("/exec-default", "deny")
			versions[1] = c.running()
			for i := 0; b.Loop(); i++ {
				c.current.Store(versions[i%2])
				if a.Decide(u, access.Read, target) != nil {
					b.Fatal("it is denied")
				}
			}
		})
	}
}
