package mpk

import "sync/atomic"

// StoreRelease stores a word after everything that was stored before. Other than a Store, which
// is an exchange, it does not wait for that: what the thread loads afterwards may be older. Stores are seen
// in their order (Intel SDM volume 3A, "Memory Ordering in P6 and More Recent Processor
// Families"), and the compiler moves none across a function that it cannot see into.
//
//go:noescape
func StoreRelease(word *atomic.Uint64, value uint64)
