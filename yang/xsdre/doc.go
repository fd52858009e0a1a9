// Package xsdre translates the regular expressions of [XML Schema], which YANG's
// pattern statement and re-match function use, to Go's.
//
// They differ from Go's: an expression matches the whole value, ^ and $ are
// ordinary characters, classes can be subtracted ([a-z-[aeiou]]), \i and \c are
// XML's name characters, \p{IsGreek} names a Unicode block, and bounds of
// repetition are unlimited. There are no anchors, groups that capture, lazy
// quantifiers or back references.
//
// Where the recommendation leaves a character out that real modules use, the
// obvious reading is taken: a backslash makes any ASCII punctuation literal, and
// "}" as well as a hyphen or "[" within a class stand for themselves.
//
// [XML Schema]: https://www.w3.org/TR/2004/REC-xmlschema-2-20041028/#regexs
package xsdre
