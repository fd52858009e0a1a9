// Package diagram draws the tree diagrams of RFC 8340 for compiled modules.
//
// A module's diagram has its data tree with uses expanded and a list's keys in
// front, what it adds to other modules as that is written, its operations and
// notifications, and its structures (RFC 8791) and yang-data (RFC 8040). The text
// is that of yanglint -f tree (libyang 2.1), byte for byte, but where libyang says
// something wrong of a node: the tests list these lines, each with its reason.
// Two forms are libyang's and not the RFC's: parameters of notifications have the
// flags "--", and a short case of an augment has the mark of its node. Lines are
// not broken.
package diagram
