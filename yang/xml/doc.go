// Package xml reads and writes YANG data in XML, as [RFC 7950] encodes it for
// NETCONF.
//
// [Parse] turns a document into a small tree of [Element], which keeps the
// prefixes in scope: identityrefs, instance-identifiers and XPath filters carry
// prefixes in their text. It accepts the XML that NETCONF allows: XML 1.0 with
// namespaces in UTF-8, without a document type declaration ([RFC 6241] section
// 3), hence without entities beyond the five predefined ones.
//
// [Decode] reads a document of instance data into a tree; [DecodeEdit] and
// [DecodeInput] read elements under a schema. [Encode] writes instance data,
// [EncodeEdit] an edit; [FormatPath] writes an error-path.
//
// [RFC 7950]: https://www.rfc-editor.org/rfc/rfc7950
// [RFC 6241]: https://www.rfc-editor.org/rfc/rfc6241
package xml

import "github.com/optical-net/waveguard/yang/internal/document"

// Namespaces of the attributes that an edit can carry, besides the annotations
// that modules define.
const (
	// BaseNamespace is NETCONF's: its attribute operation (RFC 6241 section 7.2).
	BaseNamespace = "urn:ietf:params:xml:ns:netconf:base:1.0"
	// YangNamespace is YANG's: its attributes insert, key and value (RFC 7950
	// sections 7.7.9 and 7.8.6).
	YangNamespace = "urn:ietf:params:xml:ns:yang:1"
	// WithDefaultsNamespace is that of the attribute default (RFC 6243 section 6).
	WithDefaultsNamespace = document.WithDefaultsNamespace
)
