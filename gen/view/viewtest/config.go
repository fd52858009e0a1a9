package viewtest

import (
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"

	"github.com/optical-net/waveguard/gen/view"
	"github.com/optical-net/waveguard/yang/models"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

var compiled = sync.OnceValues(func() (*schema.Set, error) {
	return schema.Compile([]fs.FS{models.FS}, schema.Options{})
})

// Set returns the schema of the appliance.
func Set(t testing.TB) *schema.Set {
	t.Helper()
	set, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// Path returns the path of a node below /mpk-security, such as
// "domains/domain[name='a']/config".
func Path(t testing.TB, below string) tree.Path {
	t.Helper()
	text := "/mpk-security:mpk-security"
	if below != "" {
		text += "/" + below
	}
	p, err := Set(t).ParsePath(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Edit returns from as the lines change it: "PATH = VALUE" sets a leaf, "PATH"
// adds a leaf-list entry, list entry or container, "- PATH" deletes, all below
// /mpk-security.
func Edit(t testing.TB, from *tree.Tree, lines ...string) *tree.Tree {
	t.Helper()
	ed := tree.NewEdit(Set(t))
	for _, line := range lines {
		text, deletion := strings.CutPrefix(line, "- ")
		path, value, valued := strings.Cut(text, " = ")
		p := Path(t, path)
		node := ed.At(p)
		switch {
		case deletion:
			node.Operation = tree.Delete
			node.Valueless = p.Schema().Kind == schema.Leaf
		case valued:
			node.Value = Value(t, p.Schema(), value)
		}
	}
	e := from.Edit()
	if err := e.Apply(ed, tree.Merge); err != nil {
		t.Fatal(err)
	}
	return e.Tree()
}

// Value parses the canonical form of a leaf's value.
func Value(t testing.TB, n *schema.Node, canonical string) schema.Value {
	t.Helper()
	v, err := n.ParseValue(canonical)
	if err != nil {
		t.Fatalf("%s: %v", n.Path(), err)
	}
	return v
}

// Config returns the tree that lines make of the empty one.
func Config(t testing.TB, lines ...string) *tree.Tree {
	t.Helper()
	return Edit(t, tree.New(Set(t)), lines...)
}

// Delta returns what leads from one tree to the other.
func Delta(t testing.TB, from, to *tree.Tree) *view.Delta {
	t.Helper()
	d, err := view.New(to, tree.Diff(from, to))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Domain returns the lines of a domain.
func Domain(name string, id int) []string {
	at := Entry("domain", name)
	level := "HIGH"
	if id == 0 {
		level = "CONTROLLER"
	}
	return []string{at + "/config/name = " + name, fmt.Sprintf("%s/config/id = %d", at, id), at + "/config/privilege-level = " + level}
}

// Service returns the lines of a service that any process of the user may claim.
func Service(name, domain string, uid int) []string {
	at := Entry("service", name)
	return []string{at + "/config/name = " + name, at + "/config/domain = " + domain, fmt.Sprintf("%s/config/uid = %d", at, uid)}
}

// Transition returns the lines of a transition with that action.
func Transition(source, target, action string) []string {
	at := Entry("transition", source, target)
	return []string{at + "/config/source = " + source, at + "/config/target = " + target, at + "/config/action = " + action}
}

// Channel returns the lines of a channel.
func Channel(name, producer, consumer string) []string {
	at := Entry("channel", name)
	return []string{at + "/config/name = " + name, at + "/config/producer = " + producer, at + "/config/consumer[.='" + consumer + "']"}
}

// Entry returns the path, below /mpk-security, of an entry of a list: domain,
// service, transition or channel.
func Entry(list string, keys ...string) string {
	if list == "transition" {
		return fmt.Sprintf("transitions/transition[source='%s'][target='%s']", keys[0], keys[1])
	}
	return fmt.Sprintf("%ss/%s[name='%s']", list, list, keys[0])
}
