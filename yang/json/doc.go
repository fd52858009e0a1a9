// Package json reads and writes YANG data in JSON, as [RFC 7951] encodes it.
//
// A document describes the inside of a node: the root, whose members need
// module names, or any other, whose members need them where the namespace
// changes and may have them anywhere. [Decode] reads one of the root into a tree,
// [DecodeEdit] and [DecodeNode] read any as edits; [Encode] and [EncodeNode] write
// one.
//
// Annotations ([RFC 7952]) stand in the object of a container, list entry or anydata
// node as "@", and beside other nodes as "@name".
//
// The content of anydata is an object, that of anyxml any value. It is kept as it
// came ([Text]) and translated when it is wanted in another encoding than it came
// in. Top-level data of the schema, if valid, is translated by its types. For
// anything else, XML and JSON correspond like this, names being qualified where
// the namespace changes:
//
//	<a>text</a>              "a": "text"
//	<a/>                     "a": [null]
//	<a><b/></a>              "a": {"b": [null]}
//	<a>1</a><a>2</a>         "a": ["1", "2"]
//	<a x="1">t</a>           "a": "t", "@a": {"x": "1"}
//	<a x="1"><b/></a>        "a": {"@": {"x": "1"}, "b": [null]}
//	text<b/>, in anyxml      "b": [null], "#text": "text"
//	<a xmlns="urn:unknown"/> "urn:unknown:a": [null]
//	<a xmlns=""/>            ":a": [null]
//
// Numbers and true and false become their text, null an empty element, {} too, []
// no element; of an array inside an array, the items join those of the outer one. In a
// name that XML does not allow, characters become _xHEX_.
//
// [RFC 7951]: https://www.rfc-editor.org/rfc/rfc7951
// [RFC 7952]: https://www.rfc-editor.org/rfc/rfc7952
package json
