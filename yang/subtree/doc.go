// Package subtree implements the subtree filters of NETCONF ([RFC 6241] section 6).
//
// A filter is an XML fragment. An element with text selects siblings by that
// leaf's value (content match), an empty one selects itself (selection), one with
// children selects what they select (containment). [Parse] binds the elements to
// the schema, so that [Filter.Apply] finds list entries by their keys and shares
// with the tree all that it selects whole.
//
// An element in no namespace matches nodes of any module. So does one in
// NETCONF's own namespace, which no data node has: it is what an element without
// a declaration inherits from the message around it. XML attributes other than
// declarations match nothing, because data nodes have none.
//
// [RFC 6241]: https://www.rfc-editor.org/rfc/rfc6241#section-6
package subtree
