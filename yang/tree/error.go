package tree

import "github.com/optical-net/waveguard/yang/schema"

// Tag is an error-tag of RFC 6241 Appendix A.
type Tag string

// The error-tags that data can cause.
const (
	TagDataExists           Tag = "data-exists"
	TagDataMissing          Tag = "data-missing"
	TagInvalidValue         Tag = "invalid-value"
	TagBadElement           Tag = "bad-element"
	TagUnknownElement       Tag = "unknown-element"
	TagMissingElement       Tag = "missing-element"
	TagUnknownNamespace     Tag = "unknown-namespace"
	TagBadAttribute         Tag = "bad-attribute"
	TagUnknownAttribute     Tag = "unknown-attribute"
	TagMissingAttribute     Tag = "missing-attribute"
	TagOperationFailed      Tag = "operation-failed"
	TagOperationUnsupported Tag = "operation-not-supported"
	TagTooBig               Tag = "too-big"
	TagMalformedMessage     Tag = "malformed-message"
)

// Error is something wrong with data or with an edit, in the terms of RFC 6241
// section 4.3 and RFC 7950 section 15.
type Error struct {
	Tag     Tag
	AppTag  string // error-app-tag of RFC 7950 section 15, or the model's
	Path    Path   // the offending node; nil when there is none
	Message string // for a person: what is wrong and what would be right
	// Info holds the error-info elements the tag asks for, such as
	// bad-element or non-unique, as name and value.
	Info [][2]string
}

// Error implements the error interface.
func (e *Error) Error() string {
	if len(e.Path) == 0 {
		return string(e.Tag) + ": " + e.Message
	}
	return string(e.Tag) + " at " + e.Path.String() + ": " + e.Message
}

// Path identifies one data node from the root down, list entries by their keys.
type Path []schema.PathStep

// String returns the form of RFC 7951 section 6.11.
func (p Path) String() string { return schema.FormatInstancePath(p) }

// Schema returns the definition of the node the path ends at; nil for an empty path.
func (p Path) Schema() *schema.Node {
	if len(p) == 0 {
		return nil
	}
	return p[len(p)-1].Node
}
