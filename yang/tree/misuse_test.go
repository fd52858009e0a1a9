package tree_test

import (
	"testing"

	"github.com/optical-net/waveguard/yang/internal/yangtest"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// What is no node of the tree's schema at its place is refused, and not taken
// for the node that has its number.
func TestForeignNodes(t *testing.T) {
	set, other := yangtest.Compile(t, []string{"z"}, zoo), yangtest.Compile(t, []string{"z"}, zoo)
	path := func(set *schema.Set, p string) tree.Path { return yangtest.Path(t, set, p) }
	const leaf = "/z:top/sys[k='1']/in/v"
	here, foreign := path(set, leaf), path(other, leaf)
	v := here.Schema().Type.Unchecked("x")
	e := tree.New(set).Edit()
	if err := e.SetLeaf(here, v); err != nil {
		t.Fatal(err)
	}
	before := e.Tree()
	for name, p := range map[string]tree.Path{
		"empty": nil, "zero step": {{}}, "zero step below": {here[0], {}}, "of another set": foreign,
		"with a step left out": {here[0], here[2], here[3]}, "below a leaf": append(here[:4:4], here[3]),
	} {
		if err := e.SetLeaf(p, v); err == nil {
			t.Errorf("path %s: a leaf is set", name)
		}
	}
	if before.Find(foreign) != nil || before.Find(tree.Path{{}}) != nil {
		t.Error("the path of another set finds a node")
	}
	if found, err := e.DeletePath(foreign); found || err != nil {
		t.Errorf("the path of another set: deleted %t, %v", found, err)
	}
	moved := tree.NewEdit(set)
	moved.Children = []*tree.Edit{{Schema: here.Schema(), Value: v}}
	for name, ed := range map[string]*tree.Edit{
		"of another set":     yangtest.Edit(t, other, yangtest.Op{Path: leaf, Value: "y"}),
		"in the wrong place": moved,
	} {
		if err := before.Edit().Apply(ed, tree.Merge); err == nil {
			t.Errorf("an edit %s is applied", name)
		}
	}
	if changes := tree.Diff(before, e.Tree()); len(changes) > 0 {
		t.Errorf("what was refused changed %v", changes)
	}
}
