// Package validate checks data trees against everything their schema demands of
// them beyond the type of each value: mandatory nodes, min-elements and
// max-elements, unique, leafref, instance-identifier, must and when (RFC 7950
// section 8); those of configuration, those that hold state as well, and the
// content of operations and notifications within them.
//
// Checking is incremental. A State is a valid tree together with an index of
// what its references and unique statements depend on; Check compares the next
// tree with it and visits what changed and what refers to it, so that one
// changed entry costs the same in a list of a hundred and of a million, unless
// an expression looks at all of them. The first check starts from the empty tree
// by the same way, so that there is no second, whole-tree validator that could
// disagree.
//
// Configuration that a change leaves alone, but that no longer may exist, goes
// (RFC 7950 section 8.2): the State that Check returns says what is left.
package validate
