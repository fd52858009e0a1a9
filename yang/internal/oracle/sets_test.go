package oracle

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/peer"
	"github.com/optical-net/waveguard/yang/schema"
)

// modelSet is what one schema is compiled of.
type modelSet struct {
	name    string
	folder  string   // of the published modules; "" for our own
	modules []string // to implement; all the folder's but those left out when empty
	without []string
	// features lists those supported by a module; one that is not named here
	// has all when it is in modules and none when it is only implied.
	features map[string][]string
	// kind is what documents are, as yanglint names it: "config" when empty, "data", or
	// "rpc", "reply" or "notif", which stand within data.
	kind string
	// times multiplies the number of documents; 0 is 1.
	times float64
}

var modelSets = []modelSet{
	{name: "own", modules: []string{"mpk-security"}, times: 4},
	{name: "zoo", folder: "testdata", modules: []string{"zoo", "zoo-more"}, times: 10},
	{name: "zoo-data", folder: "testdata", modules: []string{"zoo", "zoo-more"}, kind: "data", times: 10},
	{name: "zoo-rpc", folder: "testdata", modules: []string{"zoo", "zoo-more"}, kind: "rpc", times: 0.5},
	{name: "zoo-reply", folder: "testdata", modules: []string{"zoo", "zoo-more"}, kind: "reply", times: 0.5},
	{name: "zoo-notif", folder: "testdata", modules: []string{"zoo", "zoo-more"}, kind: "notif", times: 0.5},
	{name: "openroadm", folder: "openroadm-7.1", without: []string{"org-openroadm-ospf"}},
	{name: "interfaces", folder: "ietf", modules: []string{"ietf-interfaces", "ietf-ip", "kinds"}},
	{name: "system", folder: "ietf", modules: []string{"ietf-system"}},
	{name: "access", folder: "ietf", modules: []string{"ietf-netconf-acm"}},
	{name: "alarms", folder: "ietf", modules: []string{"ietf-alarms", "alarm-kinds"}},
	{name: "keys", folder: "ietf", modules: []string{"ietf-crypto-types", "ietf-keystore", "ietf-truststore"}},
	{name: "netconf-server", folder: "ietf", modules: []string{
		"ietf-crypto-types", "ietf-tcp-common", "ietf-tcp-client", "ietf-tcp-server", "ietf-ssh-common", "ietf-ssh-server",
		"ietf-tls-common", "ietf-tls-server", "ietf-keystore", "ietf-truststore", "ietf-netconf-server",
	}},
	{name: "subscriptions", folder: "ietf", modules: []string{"ietf-subscribed-notifications", "ietf-interfaces", "ietf-ip", "kinds"}},
	{name: "push", folder: "ietf", modules: []string{"ietf-yang-push", "ietf-subscribed-notifications", "ietf-datastores", "ietf-interfaces", "ietf-ip", "kinds"}},
	{name: "network-instance", folder: "ietf", modules: []string{"ietf-interfaces", "ietf-ip", "kinds", "ietf-network-instance", "roots"}},
	{name: "openroadm-data", folder: "openroadm-7.1", without: []string{"org-openroadm-ospf"}, kind: "data"},
	{name: "interfaces-data", folder: "ietf", modules: []string{"ietf-interfaces", "ietf-ip", "kinds"}, kind: "data"},
	{name: "system-data", folder: "ietf", modules: []string{"ietf-system"}, kind: "data"},
	{name: "alarms-data", folder: "ietf", modules: []string{"ietf-alarms", "alarm-kinds"}, kind: "data"},
	{name: "push-data", folder: "ietf", modules: []string{
		"ietf-yang-push", "ietf-subscribed-notifications", "ietf-datastores", "ietf-interfaces", "ietf-ip", "kinds",
	}, kind: "data"},
	{name: "keys-rpc", folder: "ietf", modules: []string{"ietf-crypto-types", "ietf-keystore", "ietf-truststore"}, kind: "rpc", times: 0.25},
	{name: "push-rpc", folder: "ietf", modules: []string{
		"ietf-yang-push", "ietf-subscribed-notifications", "ietf-datastores", "ietf-interfaces", "ietf-ip", "kinds",
	}, kind: "rpc", times: 0.25},
	{name: "alarms-rpc", folder: "ietf", modules: []string{"ietf-alarms", "alarm-kinds"}, kind: "rpc", times: 0.25},
	{name: "alarms-notif", folder: "ietf", modules: []string{"ietf-alarms", "alarm-kinds"}, kind: "notif", times: 0.25},
	{name: "monitoring-rpc", folder: "ietf", modules: []string{"ietf-netconf-monitoring"}, kind: "rpc", times: 0.25},
	{name: "library", folder: "ietf", modules: []string{"ietf-yang-library@2019-01-04", "ietf-datastores"}, kind: "data"},
	{name: "library-2016", folder: "ietf", modules: []string{"ietf-yang-library@2016-06-21"}, kind: "data"},
	{name: "monitoring", folder: "ietf", modules: []string{"ietf-netconf-monitoring"}, kind: "data"},
	{name: "schema-mount", folder: "ietf", modules: []string{"ietf-yang-schema-mount"}, kind: "data"},
	{name: "capabilities", folder: "ietf", modules: []string{
		"ietf-system-capabilities", "ietf-notification-capabilities", "ietf-yang-library@2019-01-04", "ietf-datastores",
	}, kind: "data"},
	{name: "telemetry", folder: "openroadm-7.1", modules: []string{"openconfig-telemetry"}},
}

// documents returns the kind of the set's documents.
func (m modelSet) documents() string { return cmp.Or(m.kind, "config") }

// folders returns where the set's modules are, or skips the test.
func (m modelSet) folders(t testing.TB) []string {
	t.Helper()
	switch m.folder {
	case "":
		return []string{filepath.Join("..", "..", "models")}
	case "testdata":
		return []string{filepath.Join("testdata", "modules")}
	}
	dir := peer.Modules(t, "documents of "+m.name)
	first := filepath.Join(dir, m.folder)
	folders := []string{first, filepath.Join("testdata", "modules")}
	if m.folder != "ietf" {
		folders = append(folders, filepath.Join(dir, "ietf"))
	}
	return folders
}

// names returns the modules to implement.
func (m modelSet) names(t testing.TB) []string {
	t.Helper()
	if len(m.modules) > 0 {
		return m.modules
	}
	files, err := filepath.Glob(filepath.Join(m.folders(t)[0], "*.yang"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no modules for %s: %v", m.name, err)
	}
	var names []string
	for _, f := range files {
		if name := strings.TrimSuffix(filepath.Base(f), ".yang"); !slices.Contains(m.without, name) {
			names = append(names, name)
		}
	}
	return names
}

// file returns the file of a module, in its newest revision unless it has one.
func (m modelSet) file(t testing.TB, name string) string {
	t.Helper()
	for _, dir := range m.folders(t) {
		files, err := filepath.Glob(filepath.Join(dir, name+"*.yang"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range slices.Backward(files) {
			if rest := strings.TrimPrefix(filepath.Base(f), name); rest == ".yang" || rest[0] == '@' {
				return f
			}
		}
	}
	t.Fatalf("there is no module %s", name)
	return ""
}

func (m modelSet) compile(t testing.TB) *schema.Set {
	t.Helper()
	var sources []fs.FS
	for _, dir := range m.folders(t) {
		sources = append(sources, os.DirFS(dir))
	}
	names := m.names(t)
	set, err := schema.Compile(sources, schema.Options{Implement: names, Features: func(module, feature string) bool {
		if some, ok := m.features[module]; ok {
			return slices.Contains(some, feature)
		}
		return slices.ContainsFunc(names, func(n string) bool { bare, _, _ := strings.Cut(n, "@"); return bare == module })
	}})
	if err != nil {
		t.Fatal(err)
	}
	return set
}
