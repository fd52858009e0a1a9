//go:build !unix

package scan

import "os"

// openFlags open a file.
const openFlags = os.O_RDONLY
