package netconf

import (
	"context"
	"io"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
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
		`<establish-subscription xmlns="urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications"><stream>NETCONF</stream>` +
			`<replay-start-time>2026-01-02T03:04:05Z</replay-start-time><stream-xpath-filter>//severity</stream-xpath-filter></establish-subscription>`,
		`<establish-subscription xmlns="urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications"><datastore xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-push" xmlns:ds="` + nsDatastores +
			`">ds:operational</datastore><datastore-subtree-filter xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-push"><x/></datastore-subtree-filter>` +
			`<periodic xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-push"><period>10</period><anchor-time>2026-01-02T03:04:05Z</anchor-time></periodic></establish-subscription>`,
		`<modify-subscription xmlns="urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications"><id>1</id><stream-subtree-filter/></modify-subscription>`,
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
		for range 8 { // what a subscription sends at first
			n, ok := s.receiver.Next()
			if !ok {
				return
			}
			if s.send(n); len(s.out.queue) > 0 {
				if text, err := layOut(string(<-s.out.queue)); err != nil {
					t.Errorf("notification %s after %q: %v", text, message, err)
				}
			}
		}
	})
}

// said is a stream whose peer has said something, and hears nothing.
type said struct{ io.Reader }

func (said) Write(p []byte) (int, error) { return len(p), nil }
func (said) Close() error                { return nil }

// FuzzSession holds that whatever a peer says from its first octet on, hello and
// framing included, the session ends with a reason and leaves nothing behind.
func FuzzSession(f *testing.F) {
	chunk := func(s string) string { return "\n#" + strings.Repeat("0", len(s)%2) + "9\n" + s + "\n##\n" }
	const eom = "]]>]]>"
	for _, said := range []string{
		"", eom, hello10 + eom, hello11 + eom, hello11 + eom + "\n#4294967295\n", hello11 + eom + chunk("<rpc/>"), "<hello/>" + eom,
		hello11 + eom + "\n#3\n<a/\n#1\n>\n##\n", hello10 + eom + "\r\n<rpc/>" + eom,
		strings.Replace(hello11, "</hello>", "<session-id>4</session-id></hello>", 1) + eom,
		"<!DOCTYPE hello [<!ENTITY a 'b'>]>" + hello11 + eom, "\xef\xbb\xbf" + hello11 + eom, "\x00",
	} {
		f.Add([]byte(said))
	}
	r := newRig(f, Limits{})
	user := must(r.users.AuthenticateCert("viewer"))(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		err := r.ServeSession(t.Context(), said{strings.NewReader(string(input))}, Peer{User: user, Transport: "netconf-ssh"})
		if err == nil {
			t.Errorf("%q ended without a reason", input)
		}
		if n := len(r.live()); n != 0 {
			t.Errorf("%d sessions are left", n)
		}
	})
}

// FuzzSubsystem holds that a request in a channel starts NETCONF only when it names
// it, whole.
func FuzzSubsystem(f *testing.F) {
	for _, payload := range []string{"", "\x00\x00\x00\x07netconf", "\x00\x00\x00\x07netconf\x00", "\xff\xff\xff\xffnetconf", "\x00\x00\x00\x04sftp", "\x00\x00\x00\x08netconf\x00"} {
		f.Add("subsystem", []byte(payload))
	}
	f.Add("exec", []byte("\x00\x00\x00\x07netconf"))
	f.Fuzz(func(t *testing.T, kind string, payload []byte) {
		want := kind == "subsystem" && string(payload) == "\x00\x00\x00\x07netconf"
		if got := isNetconf(&ssh.Request{Type: kind, Payload: payload}); got != want {
			t.Errorf("%q %q: %v", kind, payload, got)
		}
	})
}
