package netconf

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/optical-net/waveguard/server/push"
	"github.com/optical-net/waveguard/yang/tree"
	"github.com/optical-net/waveguard/yang/xml"
)

// The error-tags of RFC 6241 Appendix A that the protocol layer itself uses.
const (
	tagBadElement            = tree.TagBadElement
	tagBadAttribute          = tree.TagBadAttribute
	tagInvalidValue          = tree.TagInvalidValue
	tagMalformedMessage      = tree.TagMalformedMessage
	tagMissingAttribute      = tree.TagMissingAttribute
	tagMissingElement        = tree.TagMissingElement
	tagOperationFailed       = tree.TagOperationFailed
	tagOperationNotSupported = tree.TagOperationUnsupported
	tagTooBig                = tree.TagTooBig
	tagUnknownElement        = tree.TagUnknownElement
	tagUnknownNamespace      = tree.TagUnknownNamespace
)

// layer is an error-type of RFC 6241 section 4.3.
type layer string

const (
	rpcLayer         layer = "rpc"
	protocolLayer    layer = "protocol"
	applicationLayer layer = "application"
)

// rpcError is one rpc-error element.
type rpcError struct {
	layer layer
	fault *tree.Error
	info  *tree.Container // of error-info besides the fault's; nil: none
}

// Error implements the error interface.
func (e *rpcError) Error() string { return e.fault.Error() }

// protocolError is a fault of an operation's parameters. info holds pairs of
// error-info element and value.
func protocolError(tag tree.Tag, message string, info ...string) error {
	return newError(protocolLayer, tag, message, info)
}

// rpcLayerError is a fault of the <rpc> around an operation.
func rpcLayerError(tag tree.Tag, message string, info ...string) error {
	return newError(rpcLayer, tag, message, info)
}

func newError(l layer, tag tree.Tag, message string, info []string) error {
	e := &tree.Error{Tag: tag, Message: message}
	for i := 0; i < len(info); i += 2 {
		e.Info = append(e.Info, [2]string{info[i], info[i+1]})
	}
	return &rpcError{layer: l, fault: e}
}

// parseError says what is wrong with a message as XML.
func parseError(err error) error {
	if syntax, ok := errors.AsType[*xml.SyntaxError](err); ok && syntax.TooBig {
		return rpcLayerError(tagTooBig, err.Error())
	}
	return rpcLayerError(tagMalformedMessage, err.Error())
}

// rpcErrors translates an error of any origin: each that was joined becomes one
// rpc-error. It is the only place where the neighbours' errors get NETCONF's form.
func rpcErrors(err error) []*rpcError {
	switch e := err.(type) {
	case *rpcError:
		return []*rpcError{e}
	case *tree.Error:
		return []*rpcError{{layer: layerOf(e.Tag), fault: e}}
	case *push.Error: // RFC 8640 section 7
		return []*rpcError{{applicationLayer, &tree.Error{Tag: e.Tag, AppTag: e.Reason, Message: e.Message}, e.Info}}
	case interface{ Unwrap() []error }:
		var all []*rpcError
		for _, part := range e.Unwrap() {
			if known(part) {
				all = append(all, rpcErrors(part)...)
			}
		}
		if len(all) > 0 {
			return all
		}
	}
	if known(errors.Unwrap(err)) {
		return rpcErrors(errors.Unwrap(err))
	}
	return []*rpcError{{layer: applicationLayer, fault: &tree.Error{Tag: tagOperationFailed, Message: plainMessage(err)}}}
}

// known says whether err is, or wraps, an error that has a form of its own.
// What is joined to such an error is its cause, which its message tells.
func known(err error) bool {
	_, isRPC := errors.AsType[*rpcError](err)
	_, isTree := errors.AsType[*tree.Error](err)
	_, isPush := errors.AsType[*push.Error](err)
	return isRPC || isTree || isPush
}

func plainMessage(err error) string {
	if errors.Is(err, context.Canceled) {
		return "the session ended before the operation did"
	}
	return err.Error()
}

// layerOf is the error-type that RFC 6241 Appendix A allows for the tag.
func layerOf(tag tree.Tag) layer {
	if tag == "lock-denied" {
		return protocolLayer
	}
	return applicationLayer
}

// write appends the rpc-error element.
func (e *rpcError) write(b *bytes.Buffer) {
	b.WriteString("<rpc-error>")
	writeElement(b, "error-type", string(e.layer))
	writeElement(b, "error-tag", string(e.fault.Tag))
	writeElement(b, "error-severity", "error")
	if e.fault.AppTag != "" {
		writeElement(b, "error-app-tag", e.fault.AppTag)
	}
	if len(e.fault.Path) > 0 {
		b.WriteString("<error-path")
		writePath(b, "error-path", e.fault.Path)
	}
	if e.fault.Message != "" {
		b.WriteString(`<error-message xml:lang="en">`)
		writeText(b, e.fault.Message)
		b.WriteString("</error-message>")
	}
	e.writeInfo(b)
	b.WriteString("</rpc-error>")
}

// writePath finishes a start tag and writes an element with a path, its
// prefixes declared.
func writePath(b *bytes.Buffer, name string, path tree.Path) {
	text, namespaces := xml.FormatPath(path)
	for _, prefix := range slices.Sorted(maps.Keys(namespaces)) {
		writeAttribute(b, "xmlns:"+prefix, namespaces[prefix])
	}
	b.WriteByte('>')
	writeText(b, text)
	b.WriteString("</" + name + ">")
}

func (e *rpcError) writeInfo(b *bytes.Buffer) {
	if len(e.fault.Info) == 0 && e.info == nil {
		return
	}
	b.WriteString("<error-info>")
	for _, info := range e.fault.Info {
		e.writeInfoElement(b, info[0], info[1])
	}
	if e.info != nil {
		_ = xml.Encode(b, e.info, xml.EncodeOptions{}) // a Buffer takes all
	}
	b.WriteString("</error-info>")
}

func (e *rpcError) writeInfoElement(b *bytes.Buffer, name, value string) {
	b.WriteString("<" + name)
	if yangInfo[name] {
		writeAttribute(b, "xmlns", nsYANG)
	}
	if name == "non-unique" {
		if path := e.instance(value); path != nil {
			writePath(b, name, path)
			return
		}
	}
	b.WriteByte('>')
	writeText(b, value)
	b.WriteString("</" + name + ">")
}

// instance reads a path of the data that the error is about, or returns nil.
// RFC 7950 section 15.1: in XML an instance-identifier has prefixes.
func (e *rpcError) instance(text string) tree.Path {
	if len(e.fault.Path) == 0 {
		return nil
	}
	path, err := e.fault.Path[0].Node.Set().ParsePath(text)
	if err != nil {
		return nil
	}
	return path
}

// yangInfo are the error-info elements that RFC 7950 section 15 defines.
var yangInfo = map[string]bool{"non-unique": true, "missing-choice": true}
