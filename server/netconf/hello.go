package netconf

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/optical-net/waveguard/yang/xml"
)

// appendHello writes the server's hello (RFC 6241 section 8.1). Its elements
// have no prefix: some controllers look for the bare tags.
func appendHello(b *bytes.Buffer, capabilities []string, id uint32) {
	b.WriteString(xmlHeader + `<hello xmlns="` + nsBase + `"><capabilities>`)
	for _, c := range capabilities {
		b.WriteString("<capability>")
		writeText(b, c)
		b.WriteString("</capability>")
	}
	b.WriteString("</capabilities><session-id>" + strconv.FormatUint(uint64(id), 10) + "</session-id></hello>")
}

// peerSays is what a client's hello says.
type peerSays struct {
	base11  bool // it knows base:1.1
	private bool // it wants a candidate of its own
}

// peerHello reads the client's hello.
func peerHello(hello *xml.Element) (says peerSays, err error) {
	if hello.Name != (xml.Name{Space: nsBase, Local: "hello"}) {
		return says, fmt.Errorf("expected <hello> in %s, got <%s> in %q", nsBase, hello.Name.Local, hello.Name.Space)
	}
	if hello.Child(nsBase, "session-id") != nil {
		// RFC 6241 section 8.1: only the server's hello has one.
		return says, errors.New("a client's hello must not have a session-id")
	}
	list := hello.Child(nsBase, "capabilities")
	if list == nil {
		return says, errors.New("hello has no capabilities")
	}
	offered := map[string]bool{}
	for _, c := range list.Children {
		if c.Name == (xml.Name{Space: nsBase, Local: "capability"}) {
			uri, _, _ := strings.Cut(c.TrimmedText(), "?")
			offered[uri] = true
		}
	}
	if !offered[capBase10] && !offered[capBase11] {
		return says, errors.New("hello offers neither base:1.0 nor base:1.1")
	}
	return peerSays{offered[capBase11], offered[capPrivate]}, nil
}
