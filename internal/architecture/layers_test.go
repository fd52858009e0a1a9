package architecture

import (
	"slices"
	"strings"
	"testing"
)

// layer says what the packages at and below a path may import besides the
// standard library and one another. The layer with the longest path is that of
// a package.
type layer struct {
	path     string
	project  []string // packages of the module; "x/..." with those below
	external []string // modules of others, and packages below them
	because  string
}

const (
	xSys   = "golang.org/x/sys"
	xCrypt = "golang.org/x/crypto"
	ygot   = "github.com/openconfig/ygot/ygot"
)

// layers is who may import whom. Protocols speak to the datastore, the
// datastore to nobody; enforcement and telemetry read the typed view; package
// cmd binds them, through the interfaces that each declares.
var layers = []layer{
	{"cmd", []string{"enforcement/...", "gen/...", "sdk/...", "server/...", "telemetry/...", "yang/..."}, []string{"github.com", "golang.org", "google.golang.org"}, "commands wire everything"},

	{"yang", nil, []string{"golang.org/x"}, "the YANG engine knows nothing of the appliance: any project could use it"},

	{"gen", nil, []string{ygot}, "the generated types stand alone"},
	{"gen/view", []string{"gen", "yang/schema", "yang/tree"}, []string{ygot}, "the view leads from trees to generated types and knows no more"},
	{"gen/view/viewtest", []string{"gen/view", "yang/models", "yang/schema", "yang/tree"}, nil, "it makes trees for tests"},

	{"server/access", []string{"yang/..."}, []string{xCrypt}, "access control decides by the configuration alone"},
	{"server/datastore", []string{"yang/..."}, []string{xSys}, "the datastore declares Engine, and does not know who satisfies it"},
	{"server/files", []string{"yang/schema", "yang/tree"}, nil, "it serves an interface of the protocols, and knows none"},
	{"server/notify", []string{"server/datastore/journal", "yang/..."}, nil, "notifications are trees, logged in a journal"},
	{"server/push", []string{"server/access", "server/datastore", "server/notify", "yang/..."}, nil, "subscriptions know no protocol: each writes them in its own way"},
	{"server/netconf", []string{"server/access", "server/datastore", "server/notify", "server/push", "yang/..."}, []string{xCrypt}, "a protocol reads and changes the datastore, never enforcement"},
	{"server/history", []string{"server/access", "server/datastore", "yang/..."}, nil, "it serves the datastore's revisions, to whatever protocol"},
	{"server/gnmi", []string{"server/access", "server/datastore", "server/notify", "yang/..."}, []string{"github.com/openconfig/gnmi", "google.golang.org"}, "a protocol reads and changes the datastore, never enforcement"},

	{"enforcement", []string{"enforcement/...", "gen/..."}, []string{xSys, ygot}, "enforcement reads the typed view, and knows no protocol and no datastore"},
	{"enforcement/attach", []string{"enforcement/attach/wire", "enforcement/policy", "enforcement/rounds"}, []string{xSys}, "joining asks an Authority, which it declares"},
	{"enforcement/rounds", nil, nil, "rounds know nothing of what they visit"},
	{"enforcement/policy", []string{"enforcement/channel", "enforcement/page", "gen/..."}, nil, "policy compiles the typed view to pages"},
	{"enforcement/attach/wire", []string{"enforcement/mpk"}, []string{xSys}, "workloads link it"},
	{"enforcement/page", []string{"enforcement/mpk", "enforcement/shm"}, []string{xSys}, "workloads link it"},
	{"enforcement/channel", []string{"enforcement/mpk", "enforcement/shm"}, []string{xSys}, "workloads link it"},
	{"enforcement/shm", nil, []string{xSys}, "workloads link it: it stands alone"},
	{"enforcement/mpk", []string{"enforcement/keys"}, []string{xSys}, "workloads link it, and it is unsafe: it stands alone, but for who has which key"},
	{"enforcement/confine", []string{"enforcement/mpk"}, []string{xSys, "golang.org/x/net/bpf"}, "it makes filters, and knows no policy of domains"},
	{"enforcement/keys", nil, nil, "workloads link it, and it is an algorithm: it stands alone"},
	{"enforcement/scan", []string{"enforcement/mpk"}, []string{xSys, "golang.org/x/arch"}, "it judges programs by their bytes alone"},

	{"sdk", []string{"enforcement/attach/wire", "enforcement/channel", "enforcement/keys", "enforcement/mpk", "enforcement/page", "enforcement/shm"}, []string{xSys}, "a workload links neither YANG nor a server"},

	{"telemetry", []string{"gen/...", "telemetry/...", "yang/schema", "yang/tree"}, []string{ygot}, "telemetry declares Source and Store, and does not know who satisfies them"},

	{"internal", nil, nil, "it holds tests"},
}

// layerOf returns the layer of a package of the module.
func layerOf(name string) *layer {
	var found *layer
	for i := range layers {
		if l := &layers[i]; within(name, l.path) && (found == nil || len(l.path) > len(found.path)) {
			found = l
		}
	}
	return found
}

// objection returns what is wrong with a package of the layer importing path;
// "" if nothing is.
func (l *layer) objection(path string) string {
	name, ours := inside(path)
	switch {
	case ours && layerOf(name) == l:
		return ""
	case ours && !slices.ContainsFunc(l.project, func(allowed string) bool { return covers(allowed, name) }):
		return "it may import " + list(l.project) + " of this module"
	case external(path) && !slices.ContainsFunc(l.external, func(allowed string) bool { return within(path, allowed) }):
		return "it may import " + list(l.external) + " of others"
	}
	return ""
}

func covers(allowed, name string) bool {
	if parent, all := strings.CutSuffix(allowed, "/..."); all {
		return within(name, parent)
	}
	return name == allowed
}

func list(allowed []string) string {
	if len(allowed) == 0 {
		return "nothing"
	}
	return strings.Join(allowed, ", ")
}

func TestWhoImportsWhom(t *testing.T) {
	for _, p := range packages(t) {
		l := layerOf(p.name())
		if l == nil {
			t.Errorf("%s is in no layer: say in layers_test.go what it may import, and who it", p.name())
			continue
		}
		for _, path := range p.Imports {
			if wrong := l.objection(path); wrong != "" {
				t.Errorf("%s imports %s, but %s (%s)", p.name(), strings.TrimPrefix(path, module+"/"), wrong, l.because)
			}
		}
	}
}

// TestLayersAreUsed: a rule without packages is a rule that a typing error
// lifted.
func TestLayersAreUsed(t *testing.T) {
	used := map[*layer]bool{}
	for _, p := range packages(t) {
		used[layerOf(p.name())] = true
	}
	for i := range layers {
		if l := &layers[i]; !used[l] {
			t.Errorf("no package is in the layer %s", l.path)
		}
	}
}

func TestLayersObject(t *testing.T) {
	for _, test := range []struct {
		importer, imported string
		allowed            bool
	}{
		{"server/netconf", module + "/server/datastore", true},
		{"server/netconf", module + "/server/netconf/framing", true},
		{"server/netconf/framing", module + "/yang/xml", true},
		{"server/netconf", module + "/enforcement", false},
		{"server/netconf", module + "/server/gnmi", false},
		{"server/netconf", module + "/server/datastore/journal", false},
		{"server/datastore", module + "/server/access", false},
		{"server/datastore", module + "/enforcement/policy", false},
		{"enforcement", module + "/enforcement/mpk", true},
		{"enforcement/attach", module + "/enforcement", false},
		{"telemetry", module + "/enforcement", false},
		{"telemetry", module + "/cmd/waveguardd", false},
		{"yang/tree", module + "/gen", false},
		{"yang/schema", "github.com/openconfig/goyang/pkg/yang", false},
		{"server/gnmi", "github.com/openconfig/gnmi/proto/gnmi", true},
		{"server/gnmi", "github.com/openconfig/gnmis", false},
		{"yang/schema", "net/http", true},
		{"enforcement/mpk", module + "/enforcement/page", false},
		{"sdk/go", module + "/gen", false},
		{"cmd/waveguardd", module + "/cmd/waveguard/internal/text", true},
	} {
		if wrong := layerOf(test.importer).objection(test.imported); (wrong == "") != test.allowed {
			t.Errorf("%s importing %s: objection %q", test.importer, test.imported, wrong)
		}
	}
}
