// Package tree holds YANG instance data in immutable trees.
//
// A Tree never changes once it is made: an Editor works on a copy that shares
// with the original everything it does not touch, so that a version costs what
// its change costs. Readers need no lock and are never blocked. A list of any
// size finds, replaces, inserts and removes one entry in O(log n).
//
// Because versions share structure, the changes between two of them are found
// by walking only where their pointers differ (Diff): a change list costs what
// the change costs too, whatever came in between.
//
// Trees hold what was said explicitly. Default values, and non-presence
// containers without content, are not stored: readers that want them ask the
// schema (see Cursor).
//
// Every node but a list or leaf-list as a whole may carry annotations (RFC 7952,
// see Meta), which cost memory only where they are; where a node comes from (RFC
// 8342) is one of them, see Cursor.Origin.
package tree
