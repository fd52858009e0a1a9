package files

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/optical-net/waveguard/yang/models"
	"github.com/optical-net/waveguard/yang/schema"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

func compile(t *testing.T, implement ...string) *schema.Set {
	t.Helper()
	set, err := schema.Compile([]fs.FS{models.FS}, schema.Options{Implement: implement})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// configured reads what is in /mpk-security/system/files.
func configured(t *testing.T, set *schema.Set, inner string) *tree.Tree {
	t.Helper()
	at, err := xml.Decode(set, []byte(`<config><mpk-security xmlns="https://mpk-security.optical.net/yang/mpk-security"><system>`+
		`<files xmlns="https://mpk-security.optical.net/yang/mpk-security-files">`+inner+`</files></system></mpk-security></config>`), xml.DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestPolicyOfTheConfiguration(t *testing.T) {
	set := compile(t, "mpk-security-files")
	p := PolicyOf(tree.New(set))
	if !p.File || p.QuotaBytes != 64<<20 || p.MaximumBytes != 16<<20 || p.Timeout != 30*time.Second || !slices.Equal(p.schemes(), []string{"file"}) {
		t.Errorf("by default: %+v", p)
	}
	p = PolicyOf(configured(t, set, `<config><file-enabled>false</file-enabled><timeout>5</timeout></config>
		<remotes><remote><name>a</name><config><name>a</name><prefix>https://a.example/b/</prefix><write>true</write>
		<trust-anchor>x</trust-anchor></config></remote></remotes>`))
	want := Remote{Name: "a", Prefix: "https://a.example/b/", Write: true}
	if len(p.Remotes) != 1 || p.Remotes[0].Name != want.Name || p.Remotes[0].Prefix != want.Prefix || !p.Remotes[0].Write ||
		!slices.Equal(p.Remotes[0].Anchors, []string{"x"}) || p.File || p.Timeout != 5*time.Second || !slices.Equal(p.schemes(), []string{"https"}) {
		t.Errorf("configured: %+v", p)
	}
	if p := PolicyOf(tree.New(compile(t, "mpk-security"))); len(p.schemes()) > 0 {
		t.Errorf("without the module: %+v", p)
	}
}

func TestRefusedPolicies(t *testing.T) {
	set := compile(t, "mpk-security-files")
	remote := func(leafs string) string {
		return `<remotes><remote><name>a</name><config><name>a</name>` + leafs + `</config></remote></remotes>`
	}
	for name, c := range map[string]struct{ leafs, says string }{
		"good":               {"<prefix>https://a.example:8443/</prefix>", ""},
		"port 0":             {"<prefix>https://a.example:0/</prefix>", "1 to 65535"},
		"large port":         {"<prefix>https://a.example:70000/</prefix>", "1 to 65535"},
		"no certificate":     {"<prefix>https://a.example/</prefix><trust-anchor>x</trust-anchor>", "PEM"},
		"broken certificate": {"<prefix>https://a.example/</prefix><trust-anchor>-----BEGIN CERTIFICATE-----\nMAo=\n-----END CERTIFICATE-----</trust-anchor>", "read the certificate"},
	} {
		all := Check(configured(t, set, remote(c.leafs)))
		switch {
		case c.says == "" && len(all) > 0:
			t.Errorf("%s: %v", name, all)
		case c.says != "" && (len(all) != 1 || !strings.Contains(all[0].Message, c.says) || !strings.HasSuffix(all[0].Path.String(), "remote[name='a']")):
			t.Errorf("%s: %v, want %q", name, all, c.says)
		}
	}
}

// TestPrefixes: what the model admits as a prefix names a server and whole folders.
func TestPrefixes(t *testing.T) {
	set := compile(t, "mpk-security-files")
	leaf, err := set.Find("/mpk-security:mpk-security/system/mpk-security-files:files/remotes/remote/config/prefix")
	if err != nil {
		t.Fatal(err)
	}
	for text, good := range map[string]bool{
		"https://a.example/": true, "https://a.example:8443/b/c.d/": true, "https://[2001:db8::1]/": true,
		"https://a.example": false, "https://a.example/b": false, "http://a.example/": false, "https://u@a.example/": false,
		"https://a.example/%2e/": false, "https://a.example/?q/": false, "https:///": false, "https://a.example//": false,
	} {
		if _, err := leaf.ParseValue(text); (err == nil) != good {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestStateTellsWhatIsUsed(t *testing.T) {
	s := open(t)
	s.write("file:///a", "x", "")
	set := compile(t, "mpk-security-files")
	at := tree.FromRoot(set, tree.NewContainer(set.Root, []tree.Node{s.State(set)}))
	path, err := set.ParsePath("/mpk-security:mpk-security/system/mpk-security-files:files/state/used")
	if err != nil {
		t.Fatal(err)
	}
	if l, ok := at.Find(path).(*tree.Leaf); !ok || l.Value().String() != "4096" {
		t.Errorf("used: %v", at.Find(path))
	}
}
