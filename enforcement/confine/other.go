//go:build !linux || !amd64

package confine

import (
	"errors"
	"fmt"
)

// Refusals returns what a policy refuses: nothing, here.
func Refusals(Policy) []Refusal { return nil }

// ClosesProc says that Apply closes no files, here.
func ClosesProc(Policy) bool { return false }

// Apply confines this process, where that is supported.
func Apply(Policy) error {
	return fmt.Errorf("confine a program: %w", errors.ErrUnsupported)
}
