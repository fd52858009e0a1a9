package netconf

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
)

// textReader is a peer that reads octets, not XML, as ONOS does: it searches
// what comes for tags without prefix.
type textReader struct {
	*client
	in *bufio.Reader
}

// until returns the octets before the mark.
func (r textReader) until(mark string) string {
	r.t.Helper()
	var b strings.Builder
	for !strings.HasSuffix(b.String(), mark) {
		octet, err := r.in.ReadByte()
		if err != nil {
			r.t.Fatalf("after %q: %v", b.String(), err)
		}
		b.WriteByte(octet)
	}
	return strings.TrimSuffix(b.String(), mark)
}

var chunkHeader = regexp.MustCompile(`\n#\d+\n`)

// message returns the octets of the chunks of the next message.
func (r textReader) message() string {
	r.t.Helper()
	return chunkHeader.ReplaceAllString(r.until("\n##\n"), "")
}

// request sends one message in one chunk, with the white space that ONOS has.
func (r textReader) request(id int, operation string) {
	r.t.Helper()
	message := fmt.Sprintf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rpc message-id=\"%d\"  xmlns=\"%s\">\n%s\n</rpc>\n", id, nsBase, operation)
	if _, err := fmt.Fprintf(r.conn, "\n#%d\n%s\n##\n", len(message), message); err != nil {
		r.t.Fatal(err)
	}
}

// reads starts a session that says hello as ONOS does.
func (r *rig) reads(user string) (peer textReader, hello string) {
	r.t.Helper()
	c := r.connect(user)
	peer = textReader{c, bufio.NewReader(c.conn)}
	hello = peer.until("]]>]]>")
	if _, err := io.WriteString(c.conn, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<hello xmlns=\""+nsBase+"\">\n  <capabilities>\n"+
		"    <capability>"+capBase10+"</capability>\n    <capability>"+capBase11+"</capability>\n  </capabilities>\n</hello>\n]]>]]>"); err != nil {
		r.t.Fatal(err)
	}
	return peer, hello
}

// TestTagsHaveNoPrefix holds that a controller which searches the octets finds
// what it looks for, on two sessions of which one is for notifications.
func TestTagsHaveNoPrefix(t *testing.T) {
	rig := newRig(t, Limits{})
	requests, hello := rig.reads("admin")
	events, _ := rig.reads("admin")
	holds := func(what, text string, wanted ...string) {
		t.Helper()
		for _, tag := range wanted {
			if !strings.Contains(text, tag) {
				t.Errorf("%s lacks %s: %s", what, tag, text)
			}
		}
	}
	holds("hello", hello, "<hello ", "<capability>"+capBase11+"</capability>", "<session-id>1</session-id>")

	events.request(1, `<create-subscription xmlns="`+nsNotification+`"><filter xmlns:base10="`+nsBase+`" base10:type="subtree"><netconf-config-change xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-notifications"/></filter></create-subscription>`)
	holds("reply to create-subscription", events.message(), "<rpc-reply ", ` message-id="1"`, "<ok/>")

	requests.request(2, edit("running", "<domains><domain><name>dashboard</name><config><description>seen</description></config></domain></domains>"))
	holds("reply to edit-config", requests.message(), "<rpc-reply ", ` message-id="2"`, "<ok/>")
	told := events.message()
	holds("notification", told, "<notification ", "<eventTime>", "<netconf-config-change ")
	if strings.Contains(told, "rpc-reply") {
		t.Errorf("to be taken for a reply: %s", told)
	}

	requests.request(3, edit("running", "<domains><domain><name>dashboard</name><config><id>none</id></config></domain></domains>"))
	holds("refusal", requests.message(), "<rpc-reply ", ` message-id="3"`, "<rpc-error>", "<error-tag>", "</rpc-error>")
	requests.request(4, "<get-config><source><running/></source></get-config>")
	holds("data", requests.message(), ` message-id="4"`, "<data><mpk-security ", "<description>seen</description>")

	// The reply repeats the declarations of the request, not its prefixes.
	prefixed := `<nc:rpc xmlns:nc="` + nsBase + `" message-id="5"><nc:commit/></nc:rpc>`
	if _, err := fmt.Fprintf(requests.conn, "\n#%d\n%s\n##\n", len(prefixed), prefixed); err != nil {
		t.Fatal(err)
	}
	holds("reply to prefixes", requests.message(), "<rpc-reply ", ` message-id="5"`, "<ok/>")
}
