package appliance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
)

const rackNS = `xmlns="urn:example:rack"`

// editIn edits the candidate and commits, or returns the refusal.
func (c *client) editIn(config string) string {
	c.t.Helper()
	edit := `<edit-config><target><candidate/></target><default-operation>merge</default-operation><config>` + config + `</config></edit-config>`
	for _, operation := range []string{edit, "<commit/>"} {
		if reply := string(c.ask(operation)); strings.Contains(reply, "<rpc-error>") {
			c.call("<discard-changes/>")
			return reply
		}
	}
	return ""
}

// mustRefuse requires that a reply has all those words.
func mustRefuse(t *testing.T, reply string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(reply, word) {
			t.Errorf("%q is not in %q", word, reply)
		}
	}
}

func (c *client) running(filter string) string {
	c.t.Helper()
	return string(c.call(`<get-config><source><running/></source><filter>` + filter + `</filter></get-config>`))
}

// TestForeignModels holds that modules of others are told of, checked, stored,
// served by both protocols, and there after a restart.
func TestForeignModels(t *testing.T) {
	dir := t.TempDir()
	a, stop := startIn(t, dir, "testdata/models:rack")
	c := dial(t, a)
	if !strings.Contains(c.hello, "urn:example:rack?module=rack&amp;revision=2026-11-01<") || strings.Contains(c.hello, "rack-types") {
		t.Error("hello does not tell of what is implemented")
	}
	library := string(c.call(`<get><filter><yang-library xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-library"/></filter></get>`))
	mustRefuse(t, library, "<import-only-module><name>rack-types</name>", "<name>rack-power</name>")
	for _, name := range []string{"rack", "rack-types", "rack-power"} {
		c.call(`<get-schema xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"><identifier>` + name + `</identifier></get-schema>`)
	}

	mustRefuse(t, c.editIn(`<rack `+rackNS+`><shelf><name>1</name></shelf></rack>`), "data-missing", "kind")
	mustRefuse(t, c.editIn(`<rack `+rackNS+`><shelf><name>1</name><kind>optics</kind><fans>2</fans></shelf></rack>`), "unknown-element", "fans")
	mustRefuse(t, c.editIn(`<rack `+rackNS+`><shelf><name>1</name><kind>optics</kind><below>9</below></shelf></rack>`), "instance-required")
	mustRefuse(t, c.editIn(`<rack `+rackNS+`><shelf><name>1</name><kind>optics</kind><below>1</below></shelf></rack>`), "A shelf is not below itself.")
	if refusal := c.editIn(`<rack ` + rackNS + `><feed>B</feed><shelf><name>1</name><kind>cooling</kind><fans>4</fans></shelf></rack>`); refusal != "" {
		t.Fatal(refusal)
	}
	target, ctx := dialGNMI(t, a)
	got, err := target.Get(ctx, &gpb.GetRequest{Encoding: gpb.Encoding_JSON_IETF, Path: []*gpb.Path{
		{Elem: []*gpb.PathElem{{Name: "rack"}, {Name: "shelf", Key: map[string]string{"name": "1"}}, {Name: "fans"}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	mustRefuse(t, got.String(), `json_ietf_val:"4"`)

	stop()
	a, _ = startIn(t, dir, "testdata/models:rack")
	mustRefuse(t, dial(t, a).running(`<rack `+rackNS+`/>`), "<fans>4</fans>", "<feed>B</feed>")
}

// TestForeignModelsGone holds that data whose modules went away is not lost, and
// that they can go once it is deleted.
func TestForeignModelsGone(t *testing.T) {
	dir := t.TempDir()
	a, stop := startIn(t, dir, "testdata/models")
	c := dial(t, a)
	if refusal := c.editIn(`<rack ` + rackNS + `><feed>A</feed></rack>`); refusal != "" {
		t.Fatal(refusal)
	}
	stop()
	_, err := newWith(t, Config{Dir: dir})
	if err == nil {
		t.Fatal("started without the modules of its data")
	}
	mustRefuse(t, err.Error(), "data of rack", "start with those modules again", "--models")

	a, stop = startIn(t, dir, "testdata/models")
	c = dial(t, a)
	mustRefuse(t, c.running(`<rack `+rackNS+`/>`), "<feed>A</feed>")
	if refusal := c.editIn(`<rack ` + rackNS + ` xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" nc:operation="delete"/>`); refusal != "" {
		t.Fatal(refusal)
	}
	stop()
	a, _ = startIn(t, dir)
	mustRefuse(t, dial(t, a).running(`<mpk-security xmlns="https://mpk-security.optical.net/yang/mpk-security"/>`), "key-store")
}

// TestForeignModelsRefused holds that modules which cannot be served keep the
// daemon from starting, with their place and what to do.
func TestForeignModelsRefused(t *testing.T) {
	for folder, words := range map[string][]string{
		"testdata/broken:crooked":   {"testdata/broken/crooked.yang:7:5", "bent", "--models DIR:-MODULE"},
		"testdata/broken:namesake":  {"testdata/broken/namesake.yang:3:3", "is also that of module mpk-security"},
		"testdata/broken:deviating": {"deviating deviates ietf-netconf-acm", "leave it out"},
		"testdata/nowhere":          {"testdata/nowhere", "give --models a folder"},
		"testdata/models:-wreck":    {"module wreck, which is not in testdata/models"},
	} {
		if _, err := newWith(t, Config{Dir: t.TempDir(), Models: []string{folder}}); err == nil {
			t.Errorf("started with %s", folder)
		} else {
			mustRefuse(t, err.Error(), words...)
		}
	}
}

// published returns the folder of published modules, or skips the test.
func published(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("WAVEGUARD_PUBLISHED_YANG")
	if dir == "" {
		dir = "../../../../../shared/yang"
	}
	if _, err := os.Stat(filepath.Join(dir, "openroadm-7.1")); err != nil {
		t.Skip("not served: Open ROADM 7.1; set WAVEGUARD_PUBLISHED_YANG to a folder with ietf/ and openroadm-7.1/")
	}
	return dir
}

// TestModelsData holds that modules which always need data get it from a file:
// once, for an appliance that is older than they are too.
func TestModelsData(t *testing.T) {
	const filter = `<site xmlns="urn:example:site"/>`
	c := Config{Dir: t.TempDir()}
	_, stop := startWith(t, c)
	stop()

	c.Models = []string{"testdata/needy"}
	_, err := newWith(t, c)
	if err == nil {
		t.Fatal("started with a configuration that is not valid")
	}
	mustRefuse(t, err.Error(), "/site:site/country", "--models-data")

	c.ModelsData = "testdata/site.xml"
	a, stop := startWith(t, c)
	client := dial(t, a)
	mustRefuse(t, client.running(filter), "<country>NO</country>")
	if refusal := client.editIn(`<site xmlns="urn:example:site" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"><town nc:operation="delete"/></site>`); refusal != "" {
		t.Fatal(refusal)
	}
	stop()

	c.ModelsData = "" // It is the configuration's now.
	a, _ = startWith(t, c)
	if got := dial(t, a).running(filter); strings.Contains(got, "Oslo") || !strings.Contains(got, "NO") {
		t.Errorf("after a restart: %s", got)
	}
}
