package appliance

import (
	"strings"
	"testing"
	"time"

	"github.com/optical-net/waveguard/yang/json"
)

// TestAccessControlIsServed holds that rules can be configured, that those which
// would protect nothing are refused, and that all protocols tell what was denied.
func TestAccessControlIsServed(t *testing.T) {
	a := start(t)
	c := dial(t, a)
	rule := func(path string) string {
		c.send(`<edit-config><target><running/></target><config><nacm xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm">` +
			`<rule-list><name>1</name><group>VIEWER</group><rule><name>1</name><path xmlns:m="https://mpk-security.optical.net/yang/mpk-security">` + path +
			`</path><action>deny</action></rule></rule-list></nacm></config></edit-config>`)
		return string(c.read())
	}
	if reply := rule("/m:mpk-security/m:domian"); !strings.Contains(reply, "<error-tag>invalid-value<") || !strings.Contains(reply, "would match nothing") {
		t.Errorf("a path to nowhere: %s", reply)
	}
	if reply := rule("/m:mpk-security/m:domains/m:domain[m:name=$USER]"); !strings.Contains(reply, "<ok/>") {
		t.Errorf("a rule: %s", reply)
	}
	const path, counter = `/mpk-security:mpk-security/mpk-security:domains/mpk-security:domain[mpk-security:name=$USER]`, `denied-operations":0`
	nacm := a.schema.Root.Child("ietf-netconf-acm", "nacm")
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		text := ""
		if node := a.store.Operational().Root().Child(nacm); node != nil {
			text = string(json.AppendNode(nil, node, json.EncodeOptions{}))
		}
		if strings.Contains(text, path) && strings.Contains(text, counter) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("gNMI serves %s", text)
		}
	}
}
