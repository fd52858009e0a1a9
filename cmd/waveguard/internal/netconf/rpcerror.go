package netconf

import (
	"strings"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/text"
	"github.com/optical-net/waveguard/yang/xml"
)

// RPCError is one error of an rpc-reply (RFC 6241 section 4.3).
type RPCError struct {
	Type, Tag, AppTag string
	Path              string // of the offending node, with prefixes
	Message           string
	Info              []Info
}

// Info is one element of error-info.
type Info struct{ Name, Text string }

// Error implements the error interface.
func (e *RPCError) Error() string {
	var b strings.Builder
	switch {
	case e.Message != "":
		b.WriteString(e.Message)
	case e.Tag != "":
		b.WriteString(e.Tag)
	default:
		b.WriteString("the server refused without a reason")
	}
	if e.Path != "" {
		b.WriteString("\n  at " + e.Path)
	}
	if e.Tag != "" && e.Message != "" {
		b.WriteString(" (" + e.Tag + ")")
	}
	return b.String()
}

// Unwrap returns appliance.ErrRefused for what the user may not do, and
// appliance.ErrFailed for all else.
func (e *RPCError) Unwrap() error {
	if e.Tag == "access-denied" {
		return appliance.ErrRefused
	}
	return appliance.ErrFailed
}

// InfoText returns the text of the error-info element of that name, "" for none.
func (e *RPCError) InfoText(name string) string {
	for _, i := range e.Info {
		if i.Name == name {
			return i.Text
		}
	}
	return ""
}

// rpcError reads an <rpc-error>, for people to see. What is missing stays empty.
func rpcError(el *xml.Element) *RPCError {
	of := func(name string) string {
		if c := el.Child(xml.BaseNamespace, name); c != nil {
			return text.Printable(c.TrimmedText())
		}
		return ""
	}
	e := &RPCError{
		Type: of("error-type"), Tag: of("error-tag"), AppTag: of("error-app-tag"),
		Path: of("error-path"), Message: of("error-message"),
	}
	if info := el.Child(xml.BaseNamespace, "error-info"); info != nil {
		for _, c := range info.Children {
			e.Info = append(e.Info, Info{c.Name.Local, text.Printable(c.TrimmedText())})
		}
	}
	return e
}
