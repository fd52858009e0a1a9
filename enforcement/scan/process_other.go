//go:build !linux

package scan

import (
	"context"
	"errors"
	"fmt"
)

// Process scans the executable mappings of a process, on Linux.
func Process(_ context.Context, pid int) (*Report, error) {
	return nil, fmt.Errorf("scan process %d: %w: only on Linux", pid, errors.ErrUnsupported)
}
