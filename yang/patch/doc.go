// Package patch says the difference between two versions of a tree as a YANG Patch
// (RFC 8072), writes patches as instance data, reads them back and performs them.
//
// The data nodes of a patch are those of the container yang-patch, wherever a
// module uses the grouping: as a document of its own, in the notifications of RFC
// 8641, in the output of RFC 9144. Encode and Decode take the definition of that
// container; the nodes they make and read are ordinary ones, which the packages xml
// and json write and read.
//
// In one thing more is said than RFC 8072 can: lists without keys and leaf-lists of
// state, whose entries nothing tells apart, are targets as a whole, by their name
// alone, with all entries for a value. RFC 8040 has no resource for them, and the
// alternative is to repeat the container around them at every change.
//
// [RFC 8072]: https://www.rfc-editor.org/rfc/rfc8072
// [RFC 8040]: https://www.rfc-editor.org/rfc/rfc8040
package patch
