package appliance

import (
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// archive is an HTTPS server that keeps what is put there.
func archive(t *testing.T) (server *httptest.Server, kept map[string]string) {
	t.Helper()
	kept = map[string]string{}
	server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			body, _ := io.ReadAll(r.Body)
			kept[r.URL.Path] = string(body)
			return
		}
		io.WriteString(w, kept[r.URL.Path])
	}))
	t.Cleanup(server.Close)
	return server, kept
}

// TestConfigurationsByURL: a configuration goes to a file and comes back, and goes to
// a server as soon as the policy names it.
func TestConfigurationsByURL(t *testing.T) {
	a := start(t)
	c := dial(t, a)
	copyTo := func(target, source string) string {
		c.send("<copy-config><target>" + target + "</target><source>" + source + "</source></copy-config>")
		return string(c.read())
	}
	const file = "<url>file:///day/one.xml</url>"
	if reply := copyTo(file, "<running/>"); !strings.Contains(reply, "<ok/>") {
		t.Fatal(reply)
	}
	content, err := os.ReadFile(filepath.Join(a.cfg.Dir, "files", "day", "one.xml"))
	if err != nil || !strings.HasPrefix(string(content), `<?xml version="1.0" encoding="UTF-8"?>`) || !strings.Contains(string(content), "<mpk-security xmlns=") {
		t.Errorf("the file is %.200s, %v", content, err)
	}
	c.edit("<domains><domain><name>spare</name><config><name>spare</name><id>77</id><privilege-level>LOW</privilege-level></config></domain></domains>")
	c.call("<copy-config><target><candidate/></target><source>" + file + "</source></copy-config>")
	if reply := c.call(`<compare xmlns="urn:ietf:params:xml:ns:yang:ietf-nmda-compare" xmlns:ds="urn:ietf:params:xml:ns:yang:ietf-datastores">` +
		"<source>ds:running</source><target>ds:candidate</target></compare>"); strings.Contains(string(reply), "<edit>") {
		t.Errorf("what came back differs: %s", reply)
	}

	server, kept := archive(t)
	away := "<url>" + server.URL + "/wg/one.xml</url>"
	if reply := copyTo(away, "<running/>"); !strings.Contains(reply, "invalid-value") || len(kept) > 0 {
		t.Errorf("a server that the policy does not name: %s, %v", reply, kept)
	}
	remote := func(anchor string) string {
		return fmt.Sprintf(`<edit-config><target><running/></target><config><mpk-security xmlns="https://mpk-security.optical.net/yang/mpk-security"><system>
			<files xmlns="https://mpk-security.optical.net/yang/mpk-security-files"><remotes><remote><name>archive</name><config><name>archive</name>
			<prefix>%s/wg/</prefix><write>true</write><trust-anchor>%s</trust-anchor></config></remote></remotes></files></system></mpk-security></config></edit-config>`, server.URL, anchor)
	}
	c.send(remote("none"))
	if reply := string(c.read()); !strings.Contains(reply, "not one certificate in PEM form") {
		t.Errorf("an anchor that is none: %s", reply)
	}
	c.call(remote(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))))
	if reply := copyTo(away, file); !strings.Contains(reply, "<ok/>") || kept["/wg/one.xml"] != string(content) {
		t.Errorf("a server that the policy names: %s, %v", reply, kept)
	}
	if reply := c.call(`<get><filter><netconf-state xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"><capabilities/></netconf-state></filter></get>`); !strings.Contains(string(reply), "url:1.0?scheme=file,https<") {
		t.Errorf("the capabilities are %s", reply)
	}
	if told, ok := a.hub.Last("ietf-netconf-notifications", "netconf-capability-change"); !ok || told.Content.Len() != 2 {
		t.Errorf("nobody was told that the capabilities changed: %v", told)
	}
	c.call("<validate><source>" + away + "</source></validate>")
	c.call("<delete-config><target>" + file + "</target></delete-config>")
}
