package appliance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/yang/json"
)

// TestFactoryReset holds what is left after a reset: the first administrator with the
// password of a first start, and neither keys nor history nor log.
func TestFactoryReset(t *testing.T) {
	a := start(t)
	first := string(json.AppendNode(nil, a.store.Running().Root(), json.EncodeOptions{}))
	c := dial(t, a)
	other, err := access.HashPassword("other")
	if err != nil {
		t.Fatal(err)
	}
	c.call(`<edit-config><target><running/></target><config><mpk-security xmlns="https://mpk-security.optical.net/yang/mpk-security"><system><users>` +
		`<user><name>admin</name><config><password-hash>` + other + `</password-hash></config></user>` +
		`<user><name>eve</name><config><name>eve</name><role>ADMINISTRATOR</role><password-hash>` + other + `</password-hash></config></user>` +
		`</users></system></mpk-security></config></edit-config>`)
	c.call(`<factory-reset xmlns="urn:ietf:params:xml:ns:yang:ietf-factory-default"/>`)
	if now := string(json.AppendNode(nil, a.store.Running().Root(), json.EncodeOptions{})); withoutHashes(now) != withoutHashes(first) {
		t.Errorf("running is\n%s\nat first it was\n%s", now, first)
	}
	for _, dir := range []string{"ssh", "tls"} {
		if left, err := os.ReadDir(filepath.Join(a.cfg.Dir, dir)); err != nil || len(left) > 0 {
			t.Errorf("in %s there is %v (%v)", dir, left, err)
		}
	}
	if len(a.store.History()) != 1 {
		t.Errorf("the history is %+v", a.store.History())
	}
	if n, found := a.hub.Last("ietf-netconf-notifications", "netconf-config-change"); found {
		t.Errorf("the log has %v", n)
	}
	dial(t, a).call(`<get-config><source><running/></source></get-config>`) // with the password of the first start
}

// withoutHashes returns JSON without the values of password-hash, whose salt differs.
func withoutHashes(text string) string {
	parts := strings.Split(text, `"password-hash":"`)
	for i := 1; i < len(parts); i++ {
		_, parts[i], _ = strings.Cut(parts[i], `"`)
	}
	return strings.Join(parts, "")
}
