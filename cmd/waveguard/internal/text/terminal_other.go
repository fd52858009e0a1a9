//go:build !linux

package text

import "os"

func isTerminal(*os.File) bool { return false }
