package datastore_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/optical-net/waveguard/server/datastore"
)

func TestRisingIsLongest(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for range 300 {
		at := r.Perm(r.IntN(9))
		marks := datastore.Rising(at)
		var kept []int
		for i, v := range at {
			if marks[i] {
				kept = append(kept, v)
			}
		}
		if !slices.IsSorted(kept) || len(kept) != longestRising(at) {
			t.Fatalf("of %v it keeps %v, the longest has %d", at, kept, longestRising(at))
		}
	}
}

// longestRising tries every subset.
func longestRising(at []int) int {
	best := 0
	for set := range 1 << len(at) {
		var kept []int
		for i, v := range at {
			if set>>i&1 == 1 {
				kept = append(kept, v)
			}
		}
		if slices.IsSorted(kept) {
			best = max(best, len(kept))
		}
	}
	return best
}
