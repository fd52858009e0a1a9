package appliance

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/optical-net/waveguard/yang/json"
)

// monitored returns /netconf-state as gNMI reads it.
func (a *Appliance) monitored() string {
	state := a.store.Operational().Root().Child(a.schema.Root.Child("ietf-netconf-monitoring", "netconf-state"))
	if state == nil {
		return ""
	}
	return string(json.AppendNode(nil, state, json.EncodeOptions{}))
}

// TestNETCONFStateOverGNMI holds that the operational tree, which gNMI serves,
// has the sessions of NETCONF as they come and go.
func TestNETCONFStateOverGNMI(t *testing.T) {
	a := start(t)
	until := func(what string, cond func(state string) bool) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); !cond(a.monitored()); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: %s", what, a.monitored())
			}
		}
	}
	const session, counted = `"session-id":1,`, `"in-sessions":2`
	first, second := dial(t, a), dial(t, a)
	until("two sessions", func(s string) bool { return strings.Contains(s, session) && strings.Contains(s, counted) })
	first.call("<close-session/>")
	if _, err := io.Copy(io.Discard, first.out); err != nil { // its end
		t.Fatal(err)
	}
	if get := string(second.call("<get/>")); strings.Contains(get, "<session-id>1<") || !strings.Contains(get, "<session-id>2<") {
		t.Errorf("NETCONF tells of the session that ended: %s", get)
	}
	until("one session", func(s string) bool { return !strings.Contains(s, session) && strings.Contains(s, counted) })
}
