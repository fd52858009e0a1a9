package netconf

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/optical-net/waveguard/yang/xml"
)

// The capabilities that say which framing a peer can do (RFC 6241 section 8.1).
const (
	base10 = "urn:ietf:params:netconf:base:1.0"
	base11 = "urn:ietf:params:netconf:base:1.1"
)

const clientHello = `<?xml version="1.0" encoding="UTF-8"?><hello xmlns="` + xml.BaseNamespace + `"><capabilities>` +
	`<capability>` + base10 + `</capability><capability>` + base11 + `</capability></capabilities></hello>`

// hello is what a server says of itself.
type hello struct {
	session      uint32
	capabilities []string
}

// parseHello reads a server's hello (RFC 6241 section 8.1).
func parseHello(message []byte) (h hello, err error) {
	el, err := xml.Parse(message, limits)
	if err != nil {
		return h, err
	}
	if el.Name != (xml.Name{Space: xml.BaseNamespace, Local: "hello"}) {
		return h, fmt.Errorf("the peer said <%s> where NETCONF begins with <hello>", el.Name.Local)
	}
	if list := el.Child(xml.BaseNamespace, "capabilities"); list != nil {
		for _, c := range list.Children {
			h.capabilities = append(h.capabilities, c.TrimmedText())
		}
	}
	id := el.Child(xml.BaseNamespace, "session-id")
	if id == nil {
		return h, errors.New("the server's hello has no session-id")
	}
	n, err := strconv.ParseUint(id.TrimmedText(), 10, 32)
	if err != nil || n == 0 {
		return h, fmt.Errorf("the server's session-id is %q, not a number above 0", id.TrimmedText())
	}
	h.session = uint32(n)
	if !h.has(base10) && !h.has(base11) {
		return h, errors.New("the server speaks neither base:1.0 nor base:1.1")
	}
	return h, nil
}

func (h hello) has(capability string) bool {
	for _, c := range h.capabilities {
		if c == capability {
			return true
		}
	}
	return false
}
