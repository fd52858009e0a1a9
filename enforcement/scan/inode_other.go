//go:build !unix

package scan

import "io/fs"

// identity tells a file from all others; the zero value is of none.
type identity struct{ device, inode uint64 }

func identityOf(fs.FileInfo) identity { return identity{} }

// links returns how many names a file has; 0 if that is unknown.
func links(fs.FileInfo) uint64 { return 0 }
