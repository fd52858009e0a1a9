//go:build !amd64

package mpk

import "sync/atomic"

// StoreRelease stores a word after everything that was stored before.
func StoreRelease(word *atomic.Uint64, value uint64) { word.Store(value) }
