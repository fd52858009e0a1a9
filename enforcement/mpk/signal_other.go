//go:build !linux

package mpk

import "os"

// Signal returns false.
func Signal(*os.File) bool { return false }
