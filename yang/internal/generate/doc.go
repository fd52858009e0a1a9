// Package generate makes random instance data for any schema: documents that
// are mostly valid, and documents that are wrong in one known place. Tests hand
// them to this engine and to others and compare what they say.
//
// All randomness comes from the caller's source, so that a seed names a document.
package generate
