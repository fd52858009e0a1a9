package netconf

import (
	"encoding/xml"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/optical-net/waveguard/yang/schema"
)

// family is a module with a submodule, a feature each way and a deviation, and
// another it only imports.
var family = fstest.MapFS{
	"main.yang": {Data: []byte(`module main { yang-version 1.1; namespace "urn:main?a&b"; prefix m;
		import types { prefix t; } include part; revision 2026-01-02;
		feature on; feature also; feature off; leaf a { type t:name; } }`)},
	"part.yang":  {Data: []byte(`submodule part { yang-version 1.1; belongs-to main { prefix m; } revision 2025-03-04; leaf b { type string; } }`)},
	"types.yang": {Data: []byte(`module types { namespace "urn:types"; prefix t; typedef name { type string; } }`)},
	"dev.yang": {Data: []byte(`module dev { namespace "urn:dev"; prefix d; import main { prefix m; }
		deviation /m:b { deviate not-supported; } }`)},
}

func compileFamily(t *testing.T) *schema.Set {
	t.Helper()
	return must(schema.Compile([]fs.FS{family}, schema.Options{
		Implement: []string{"main", "dev"},
		Features:  func(_, feature string) bool { return feature != "off" },
	}))(t)
}

func TestModuleCapability(t *testing.T) {
	set := compileFamily(t)
	for name, want := range map[string]string{
		"main": "urn:main?a&b?module=main&revision=2026-01-02&features=also,on&deviations=dev",
		"dev":  "urn:dev?module=dev",
	} {
		if got := moduleCapability(set.Module(name)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestSchemaTextsNamesSubmodulesAndImports(t *testing.T) {
	got := map[string]schemaText{}
	for _, text := range schemaTexts(compileFamily(t)) {
		got[text.name] = text
	}
	for name, namespace := range map[string]string{"main": "urn:main?a&b", "part": "urn:main?a&b", "types": "urn:types", "dev": "urn:dev"} {
		text := got[name]
		if text.namespace != namespace || string(text.source) != string(family[name+".yang"].Data) {
			t.Errorf("%s: %+v", name, text)
		}
	}
	if len(got) != 4 || got["part"].revision != "2025-03-04" || got["types"].revision != "" {
		t.Errorf("got %v", got)
	}
}

// TestGetSchemaIsExact fetches every module and compares octet by octet.
func TestGetSchemaIsExact(t *testing.T) {
	r := newRig(t, Limits{})
	c := r.open("viewer")
	for _, text := range schemaTexts(r.set) {
		var reply struct {
			Data string `xml:"data"`
		}
		message := c.rpc(`<get-schema xmlns="` + nsMonitoring + `"><identifier>` + text.name + `</identifier><version>` + text.revision + `</version></get-schema>`)
		if err := xml.Unmarshal([]byte(message), &reply); err != nil {
			t.Fatal(err)
		}
		if reply.Data != string(text.source) {
			t.Errorf("%s came in another form", text.name)
		}
	}
}

// TestFeatures holds that the hello promises of ietf-netconf what works.
func TestFeatures(t *testing.T) {
	for feature, want := range map[string]bool{"candidate": true, "url": true, "xpath": true, "startup": false, "confirmed-commit": true} {
		if Features("ietf-netconf", feature) != want {
			t.Errorf("%s: %v", feature, !want)
		}
	}
	if !Features("other", "url") {
		t.Error("a feature of another module is not the protocol's")
	}
}
