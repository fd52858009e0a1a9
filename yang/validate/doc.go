// Package validate checks configuration trees against everything their schema
// demands of them beyond the type of each value: mandatory nodes, min-elements
// and max-elements, unique, leafref, instance-identifier, must and when (RFC
// 7950 section 8).
//
// Checking is incremental. A State is a valid tree together with an index of
// what its leafrefs and unique statements depend on; Check compares the next
// tree with it and visits what changed and what refers to it, so that one
// changed entry costs the same in a list of a hundred and of a million. The
// first check starts from the empty tree by the same way, so that there is no
// second, whole-tree validator that could disagree.
package validate
