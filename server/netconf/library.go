package netconf

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/optical-net/waveguard/server/notify"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
)

// library is what ietf-yang-library tells of the schema: /yang-library of RFC
// 8525, and /modules-state of RFC 7895 for clients that know no better. It never
// changes while the server runs.
type library struct {
	id      string    // content-id and module-set-id
	modules tree.Node // /yang-library
	old     tree.Node // /modules-state
}

const libraryModule = "ietf-yang-library"

// libraryDatastores returns the datastores that the library lists.
func libraryDatastores(set *schema.Set) []string {
	names := []string{"ietf-datastores:running", "ietf-datastores:candidate", "ietf-datastores:intended", "ietf-datastores:operational"}
	if set.Identity("ietf-factory-default", "factory-default") != nil {
		names = append(names, "ietf-factory-default:factory-default")
	}
	return names
}

// newLibrary returns nil when the schema does not implement ietf-yang-library.
func newLibrary(set *schema.Set) *library {
	current := set.Root.Child(libraryModule, "yang-library")
	old := set.Root.Child(libraryModule, "modules-state")
	if current == nil || old == nil {
		return nil
	}
	l := &library{id: contentID(set)}
	l.modules = l.yangLibrary(&nodes{of: current}, set)
	l.old = l.modulesState(&nodes{of: old}, set)
	return l
}

// contentID changes when anything does that the library tells, and when the
// text of a module does.
func contentID(set *schema.Set) string {
	h := sha256.New()
	fmt.Fprintln(h, libraryDatastores(set))
	for _, m := range set.Modules {
		fmt.Fprintf(h, "%q %q %q %v %q %q\n", m.Name, m.Revision, m.Namespace, m.Implemented, supported(m.Features), m.Deviations)
		h.Write(m.Source)
		for _, sub := range m.Submodules {
			fmt.Fprintf(h, "%q %q\n", sub.Name, sub.Revision)
			h.Write(sub.Source)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func (l *library) yangLibrary(root *nodes, set *schema.Set) tree.Node {
	const all = "complete"
	var implemented, imported []*schema.Module
	for _, m := range set.Modules {
		if m.Implemented {
			implemented = append(implemented, m)
		} else {
			imported = append(imported, m)
		}
	}
	root.add(
		list(root, "module-set", []string{all}, func(n *nodes, name string) {
			n.leaf("name", name)
			n.add(list(n, "module", implemented, (*nodes).implementedModule), list(n, "import-only-module", imported, (*nodes).importedModule))
		}),
		list(root, "schema", []string{all}, func(n *nodes, name string) {
			n.leaf("name", name)
			n.leafList("module-set", []string{all})
		}),
		list(root, "datastore", libraryDatastores(set), func(n *nodes, name string) {
			n.leaf("name", name)
			n.leaf("schema", all)
		}))
	root.leaf("content-id", l.id)
	return root.container()
}

func (n *nodes) implementedModule(m *schema.Module) {
	n.leaf("name", m.Name)
	if m.Revision != "" {
		n.leaf("revision", m.Revision)
	}
	n.leaf("namespace", m.Namespace)
	n.submodules(m)
	n.leafList("feature", supported(m.Features))
	n.leafList("deviation", m.Deviations)
}

func (n *nodes) importedModule(m *schema.Module) {
	n.leaf("name", m.Name)
	n.leaf("revision", m.Revision)
	n.leaf("namespace", m.Namespace)
	n.submodules(m)
}

func (n *nodes) submodules(m *schema.Module) {
	n.add(list(n, "submodule", m.Submodules, func(n *nodes, sub *schema.Submodule) {
		n.leaf("name", sub.Name)
		if sub.Revision != "" {
			n.leaf("revision", sub.Revision)
		}
	}))
}

func (l *library) modulesState(root *nodes, set *schema.Set) tree.Node {
	root.leaf("module-set-id", l.id)
	root.add(list(root, "module", set.Modules, func(n *nodes, m *schema.Module) {
		n.leaf("name", m.Name)
		n.leaf("revision", m.Revision)
		n.leaf("namespace", m.Namespace)
		n.leafList("feature", supported(m.Features))
		n.add(list(n, "deviation", m.Deviations, func(n *nodes, name string) {
			n.leaf("name", name)
			n.leaf("revision", set.Module(name).Revision)
		}))
		conformance := "import"
		if m.Implemented {
			conformance = "implement"
		}
		n.leaf("conformance-type", conformance)
		n.add(list(n, "submodule", m.Submodules, func(n *nodes, sub *schema.Submodule) {
			n.leaf("name", sub.Name)
			n.leaf("revision", sub.Revision)
		}))
	}))
	return root.container()
}

// capabilities returns those that RFC 8525 section 3 and RFC 7950 section 5.6.4
// ask for.
func (l *library) capabilities(set *schema.Set) []string {
	const base = "urn:ietf:params:netconf:capability:yang-library:"
	revision := set.Module(libraryModule).Revision
	return []string{
		base + "1.0?revision=" + revision + "&module-set-id=" + l.id,
		base + "1.1?revision=" + revision + "&content-id=" + l.id,
	}
}

// announce tells that the library has changed, if it is another than when that
// was last told (RFC 8525 section 4): while the server runs it never does.
func (l *library) announce(set *schema.Set, hub *notify.Hub) {
	for _, tell := range []struct{ name, leaf string }{
		{"yang-library-update", "content-id"}, {"yang-library-change", "module-set-id"},
	} {
		if last, ok := hub.Last(libraryModule, tell.name); ok {
			if id, _ := last.Content.Leaf(tell.leaf); id.String() == l.id {
				continue
			}
		}
		event := &nodes{of: notification(set, libraryModule, tell.name)}
		event.leaf(tell.leaf, l.id)
		hub.Publish(notify.Notification{Time: time.Now(), Content: event.container()})
	}
}
