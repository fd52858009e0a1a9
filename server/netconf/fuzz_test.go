package netconf

import (
	"context"
	"io"
	"testing"
)

// nowhere is a stream that nobody uses.
type nowhere struct{ io.ReadWriter }

func (nowhere) Close() error { return nil }

// FuzzHandle holds that no message harms the server: each is answered by
// well-formed XML or ends the session.
func FuzzHandle(f *testing.F) {
	for _, op := range []string{
		getDomains, "<get/>", "<get><filter type='subtree'/></get>", "<commit/>", "<kill-session><session-id>3</session-id></kill-session>",
		"<edit-config><target><candidate/></target><config/></edit-config>", "<validate><source><config/></source></validate>",
		`<get-schema xmlns="` + nsMonitoring + `"><identifier>x</identifier></get-schema>`,
		`<create-subscription xmlns="` + nsNotification + `"><filter/></create-subscription>`,
		`<create-subscription xmlns="` + nsNotification + `"><stream>OPENROADM</stream><startTime>2026-01-02T03:04:05Z</startTime><filter type="xpath" select="//severity"/></create-subscription>`,
		`<get-data xmlns="` + nsNMDA + `" xmlns:ds="` + nsDatastores + `" xmlns:or="urn:ietf:params:xml:ns:yang:ietf-origin"><datastore>ds:operational</datastore>` +
			`<xpath-filter>//domain[id&gt;1]</xpath-filter><origin-filter>or:default</origin-filter><max-depth>3</max-depth><with-origin/></get-data>`,
		`<get-data xmlns="` + nsNMDA + `" xmlns:ds="` + nsDatastores + `"><datastore>ds:running</datastore><subtree-filter><mpk-security xmlns=""/></subtree-filter>` +
			`<config-filter>true</config-filter><max-depth>1</max-depth><with-defaults>trim</with-defaults></get-data>`,
		`<edit-data xmlns="` + nsNMDA + `" xmlns:ds="` + nsDatastores + `"><datastore>ds:candidate</datastore><config/></edit-data>`,
	} {
		f.Add([]byte(`<rpc message-id="1" xmlns="` + nsBase + `">` + op + `</rpc>`))
	}
	f.Add([]byte(hello11))
	f.Add([]byte(`<a:rpc xmlns:a="` + nsBase + `" a:b="c" message-id="&#9;"/>`))
	r := newRig(f, Limits{})
	f.Fuzz(func(t *testing.T, message []byte) {
		user, err := r.users.AuthenticateCert("admin")
		if err != nil {
			t.Fatal(err)
		}
		s, err := r.add(context.Background(), nowhere{}, Peer{User: user, Transport: "netconf-ssh"})
		if err != nil {
			t.Fatal(err)
		}
		defer s.end(errClosed)
		s.base11 = true
		if s.handle(message) != nil {
			return
		}
		if _, err := layOut(string(<-s.out.queue)); err != nil {
			t.Errorf("reply to %q: %v", message, err)
		}
	})
}
