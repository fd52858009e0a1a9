package netconf

import (
	"bytes"
	"fmt"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/yang/xml"
)

// handle answers one message. An error means that the session cannot go on.
func (s *Session) handle(message []byte) error {
	rpc, err := xml.Parse(message, s.server.xmlLimits)
	if err == nil && rpc.Name != (xml.Name{Space: nsBase, Local: "rpc"}) {
		err = fmt.Errorf("expected <rpc> in %s, got <%s> in %q", nsBase, rpc.Name.Local, rpc.Name.Space)
	}
	if err != nil {
		return s.malformed(err)
	}
	reply, err := s.answer(rpc)
	if err != nil {
		s.sendErrors(rpc, err)
		return nil
	}
	s.sendReply(rpc, reply)
	return nil
}

// malformed answers what is not an <rpc>. RFC 6241 Appendix A: malformed-message
// must not be sent to a peer that knows base:1.0 alone, so its session ends.
func (s *Session) malformed(err error) error {
	s.count(inBadRPCs)
	if !s.base11 {
		return fmt.Errorf("%w: %w", errMalformed, err)
	}
	s.sendErrors(nil, parseError(err))
	return nil
}

// answer performs an <rpc>.
func (s *Session) answer(rpc *xml.Element) (body, error) {
	element, err := operationOf(rpc)
	if err != nil {
		s.count(inBadRPCs)
		return nil, err
	}
	s.count(inRPCs)
	if element.Name == (xml.Name{Space: nsYANG, Local: "action"}) {
		return s.action(s.ctx, element)
	}
	op, others := operations.find(element.Name), s.server.performers.rpc(s.server.schema, element.Name)
	if op == nil && others == nil {
		return nil, protocolError(tagOperationNotSupported,
			fmt.Sprintf("this server has no operation %s in namespace %q", element.Name.Local, element.Name.Space))
	}
	if err := s.permitted(element.Name); err != nil {
		return nil, err
	}
	if op == nil {
		return s.invoke(s.ctx, others, element, nil)
	}
	p, err := newParams(element, op.params)
	if err != nil {
		return nil, err
	}
	return op.run(s, s.ctx, p)
}

// operationOf returns the one element in an <rpc>.
func operationOf(rpc *xml.Element) (*xml.Element, error) {
	if _, ok := rpc.Attr("", "message-id"); !ok {
		return nil, rpcLayerError(tagMissingAttribute, "an rpc needs a message-id", "bad-attribute", "message-id", "bad-element", "rpc")
	}
	switch len(rpc.Children) {
	case 0:
		return nil, rpcLayerError(tagMissingElement, "the rpc names no operation", "bad-element", "rpc")
	case 1:
		return rpc.Children[0], nil
	}
	return nil, rpcLayerError(tagBadElement, "an rpc can carry one operation only", "bad-element", rpc.Children[1].Name.Local)
}

// body writes the content of a positive rpc-reply. nil stands for <ok/>.
type body func(*bytes.Buffer) error

func (s *Session) sendReply(rpc *xml.Element, reply body) {
	var b bytes.Buffer
	openReply(&b, rpc)
	if reply == nil {
		b.WriteString("<ok/>")
	} else if err := reply(&b); err != nil {
		s.sendErrors(rpc, fmt.Errorf("write the reply: %w", err))
		return
	}
	b.WriteString("</rpc-reply>")
	s.out.send(s.ctx, b.Bytes())
}

// sendErrors answers with every error that err holds. rpc is nil when the
// request could not be read.
func (s *Session) sendErrors(rpc *xml.Element, err error) {
	s.count(outRPCErrors)
	var b bytes.Buffer
	openReply(&b, rpc)
	for _, e := range rpcErrors(err) {
		e.write(&b)
	}
	b.WriteString("</rpc-reply>")
	s.out.send(s.ctx, b.Bytes())
}

// openReply writes the start tag of an rpc-reply with the attributes that rpc
// had (RFC 6241 section 4.2).
func openReply(b *bytes.Buffer, rpc *xml.Element) {
	b.WriteString(xmlHeader + `<rpc-reply xmlns="` + nsBase + `"`)
	if rpc != nil {
		echoAttributes(b, rpc)
	}
	b.WriteByte('>')
}

func echoAttributes(b *bytes.Buffer, rpc *xml.Element) {
	declared := map[string]bool{"": true, "xml": true}
	for _, a := range rpc.Attrs {
		name := a.Name.Local
		if a.Prefix != "" {
			name = a.Prefix + ":" + name
		}
		if !declared[a.Prefix] {
			declared[a.Prefix] = true
			writeAttribute(b, "xmlns:"+a.Prefix, a.Name.Space)
		}
		writeAttribute(b, name, a.Value)
	}
}

// permitted asks access control whether the user may run the operation.
// RFC 8341 section 3.2.2: close-session is always permitted.
func (s *Session) permitted(op xml.Name) error {
	if op == (xml.Name{Space: nsBase, Local: "close-session"}) {
		return nil
	}
	return s.server.access.Decide(s.peer.User, access.Exec, access.Target{Module: op.Space, Operation: op.Local})
}
