package netconf

import (
	"strings"
	"testing"
)

const describeKeyStore = `<edit-config><target><running/></target><config><mpk-security xmlns="https://mpk-security.optical.net/yang/mpk-security">
	<domains><domain><name>key-store</name><config><description>WORD</description></config></domain></domains></mpk-security></config></edit-config>`

// TestReadersDoNotWaitForWriters holds that every way to read answers, with what is
// in force, while enforcement ponders a change and others wait to write.
func TestReadersDoNotWaitForWriters(t *testing.T) {
	r := newRig(t, Limits{})
	writer, next, reader := r.open("admin"), r.open("admin2"), r.open("viewer")
	entered, leave := make(chan struct{}), make(chan struct{})
	r.engine.ponder = func() { close(entered); <-leave }
	send := func(c *client, word string) {
		c.send(`<rpc message-id="1" xmlns="` + nsBase + `">` + strings.Replace(describeKeyStore, "WORD", word, 1) + `</rpc>`)
	}
	send(writer, "ponder")
	<-entered
	send(next, "after")
	for _, read := range []string{
		getDomains,
		strings.ReplaceAll(getDomains, "running", "candidate"),
		`<get><filter><mpk-security xmlns="https://mpk-security.optical.net/yang/mpk-security"><domains/></mpk-security></filter></get>`,
		`<get-data xmlns="` + nsNMDA + `" xmlns:ds="` + nsDatastores + `"><datastore>ds:operational</datastore><xpath-filter>//domain</xpath-filter></get-data>`,
	} {
		if reply := reader.rpc(read); !strings.Contains(reply, "key-store") || strings.Contains(reply, "ponder") {
			t.Errorf("%s: %s", read, reply)
		}
	}
	if reply := reader.rpc(`<get><filter><netconf-state xmlns="` + nsMonitoring + `"/></filter></get>`); !strings.Contains(reply, "<session>") {
		t.Errorf("monitoring: %s", reply)
	}
	r.open("viewer").rpc("<close-session/>") // newcomers come in
	close(leave)
	for _, c := range []*client{writer, next} {
		if reply := c.receive(); !strings.Contains(reply, "<ok/>") {
			t.Errorf("reply %s", reply)
		}
	}
	if reply := reader.rpc(getDomains); !strings.Contains(reply, "after") {
		t.Errorf("reply %s", reply)
	}
}
