// Package schema compiles YANG 1.0 and 1.1 modules (RFC 6020, RFC 7950) into an
// immutable schema: the tree of data, RPC and notification nodes, the types
// with their restrictions, and the constraints with their XPath expressions.
//
// What the compiler does not support it refuses, naming file, line, statement
// and rule: a schema that loads is a schema that is enforced.
//
// A Set and everything reachable from it is read-only after Compile and may be
// shared by any number of goroutines.
package schema
