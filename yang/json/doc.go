// Package json reads and writes YANG data in JSON, as [RFC 7951] encodes it.
//
// A document describes the inside of a node: the root, whose members need
// module names, or any other, whose members need them where the namespace
// changes and may have them anywhere. [DecodeEdit] and [DecodeNode] read one,
// [Encode] and [EncodeNode] write one; [DecodeValue] and [AppendValue] are for
// single values.
//
// The content of anydata and anyxml is a JSON string that holds the XML a tree
// keeps: RFC 7951 leaves anyxml to the implementation, and for anydata this is
// the one form that loses nothing.
//
// [RFC 7951]: https://www.rfc-editor.org/rfc/rfc7951
package json
