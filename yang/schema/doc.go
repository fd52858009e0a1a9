// Package schema compiles YANG 1.0 and 1.1 modules (RFC 6020, RFC 7950) into an
// immutable schema: the tree of data, RPC and notification nodes, the types
// with their restrictions, and the constraints with their XPath expressions.
//
// What the compiler does not support it refuses, naming file, line, statement
// and rule: a schema that loads is a schema that is enforced.
//
// In a few places more is accepted than the letter of RFC 7950 and RFC 6020
// allows, because published modules need it or nothing is lost: an augment without nodes,
// names that begin with "xml", signs and zeros before the numbers of a range,
// white space in paths, and in YANG 1 the scope of definitions of a submodule that
// YANG 1.1 has. In one less: the key of a list cannot have a when in YANG 1 either.
//
// A Set and everything reachable from it is read-only after Compile and may be
// shared by any number of goroutines.
package schema
