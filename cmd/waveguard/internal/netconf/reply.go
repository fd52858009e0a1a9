package netconf

import (
	"errors"
	"fmt"

	"github.com/optical-net/waveguard/yang/xml"
)

// notificationSpace is the namespace of <notification> (RFC 5277 section 4).
const notificationSpace = "urn:ietf:params:xml:ns:netconf:notification:1.0"

// limits of what a server may send: it is trusted, but not without end.
var limits = xml.Limits{Bytes: maxMessage, Elements: 1 << 25}

const maxMessage = 256 << 20

// message is one that a server sent after its hello.
type message struct {
	id           string       // of the request that it answers
	reply        *xml.Element // rpc-reply
	notification *xml.Element
}

// parseMessage reads an rpc-reply or a notification.
func parseMessage(text []byte) (m message, err error) {
	el, err := xml.Parse(text, limits)
	if err != nil {
		return m, err
	}
	switch el.Name {
	case xml.Name{Space: notificationSpace, Local: "notification"}:
		m.notification = el
		return m, nil
	case xml.Name{Space: xml.BaseNamespace, Local: "rpc-reply"}:
		m.reply = el
	default:
		return m, fmt.Errorf("expected <rpc-reply> or <notification>, got <%s> in %q", el.Name.Local, el.Name.Space)
	}
	// RFC 6241 section 4.3: without the attribute, the server could not read the request.
	id, ok := el.Attr("", "message-id")
	if !ok {
		return m, errors.Join(errors.New("the server answered without saying what"), refusal(el))
	}
	m.id = id
	return m, nil
}

// refusal returns the errors of an rpc-reply, joined; nil if it has none.
func refusal(reply *xml.Element) error {
	var all []error
	for _, el := range reply.Children {
		if el.Name != (xml.Name{Space: xml.BaseNamespace, Local: "rpc-error"}) {
			continue
		}
		if severity := el.Child(xml.BaseNamespace, "error-severity"); severity != nil && severity.TrimmedText() == "warning" {
			continue // the request was done
		}
		all = append(all, rpcError(el))
	}
	return errors.Join(all...)
}
