// Package document holds what the decoders of all encodings do alike with the
// nodes of one document.
package document
