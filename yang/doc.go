// Package yang is the front page of an engine for YANG 1.0 and 1.1 (RFC 6020,
// RFC 7950) that any Go program can embed: it knows nothing of the appliance that
// it was written for, and imports nothing of it.
//
// The engine is in the packages below:
//
//   - schema compiles modules, all statements of them, to an immutable schema;
//   - tree holds instance data in immutable versions that share what they have in
//     common, with edits, differences and patches between them;
//   - validate checks what a change concerns, and deletes what it leaves without
//     its when;
//   - xml and json are the encodings of RFC 7950 and RFC 7951;
//   - xpath evaluates XPath 1.0 with the functions of YANG 1.1; subtree is
//     NETCONF's other filter;
//   - diagram prints tree diagrams (RFC 8340);
//   - patch says the difference of two versions as a YANG Patch (RFC 8072);
//   - xsdre translates the regular expressions of patterns.
//
// Schemas, trees, states and compiled expressions are read-only once made, and
// may be shared by any number of goroutines without a lock.
//
// The examples of this package show them together.
package yang
