// Package xpath is a complete [XPath 1.0] engine with the functions that
// YANG 1.1 adds ([RFC 7950 section 10]). It serves must, when and leafref path
// statements as well as NETCONF XPath filters.
//
// The engine knows no data tree: it walks whatever implements [Node]. A leaf's
// text() child is made up from [Node.Value]. Attributes, comments, processing
// instructions and namespace nodes don't exist in a YANG tree, so the
// expressions that select them are accepted and select nothing. Variables
// can't be bound, hence every expression's type is known once it is parsed.
//
// Predicates that pin list keys, as in interface[name=current()/../ref], are
// answered by [Node.Lookup] instead of a scan; the boolean of a path stops at
// its first node.
//
// [XPath 1.0]: https://www.w3.org/TR/1999/REC-xpath-19991116/
// [RFC 7950 section 10]: https://www.rfc-editor.org/rfc/rfc7950#section-10
package xpath
