// Package diagram draws the tree diagrams of RFC 8340 for compiled modules.
//
// The text is that of yanglint -f tree (libyang 2.1), byte for byte: the data
// tree with uses expanded, the augments of other modules as they are written,
// operations, notifications, and the structures of RFC 8791 and RFC 8040. Where
// libyang and RFC 8340 differ the form is libyang's: parameters of notifications
// carry the flags "--", and a short case in an augment the mark of its node.
// Lines are not broken.
package diagram
