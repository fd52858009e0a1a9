// Package shm makes and maps what processes share: memory in files without a name,
// and bells by which one wakes another. What the memory means is its users' concern.
package shm

import "errors"

// ErrSeals reports memory that lacks the seals which make it safe to use.
var ErrSeals = errors.New("memory is not sealed as it must be")

// Access is how memory is mapped.
type Access int
