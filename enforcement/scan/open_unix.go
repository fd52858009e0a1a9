//go:build unix

package scan

import (
	"os"

	"golang.org/x/sys/unix"
)

// openFlags open a file without waiting for a writer, if it is a pipe.
const openFlags = os.O_RDONLY | unix.O_NONBLOCK | unix.O_CLOEXEC
