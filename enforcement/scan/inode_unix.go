//go:build unix

package scan

import (
	"io/fs"
	"syscall"
)

// identity tells a file from all others; the zero value is of none.
type identity struct{ device, inode uint64 }

func identityOf(info fs.FileInfo) identity {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return identity{uint64(stat.Dev), stat.Ino}
	}
	return identity{}
}

// links returns how many names a file has; 0 if that is unknown.
func links(info fs.FileInfo) uint64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(stat.Nlink)
	}
	return 0
}
