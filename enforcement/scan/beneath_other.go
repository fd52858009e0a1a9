//go:build !linux

package scan

import "os"

// openBeneath opens a file below root.
func openBeneath(root *os.Root, _ *os.File, path string) (*os.File, error) {
	return root.OpenFile(path, openFlags, 0)
}
