package scan

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// openBeneath opens a file below root, whose folder is top, and nothing else even
// if the tree changes. A root takes a system call for each folder on the way;
// openat2(2), since Linux 5.6, does it in one.
func openBeneath(root *os.Root, top *os.File, path string) (*os.File, error) {
	fd, err := unix.Openat2(int(top.Fd()), path, &unix.OpenHow{
		Flags: uint64(openFlags), Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS,
	})
	switch {
	case err == nil:
		return os.NewFile(uintptr(fd), path), nil
	case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EPERM), errors.Is(err, unix.EAGAIN):
		return root.OpenFile(path, openFlags, 0)
	}
	return nil, &os.PathError{Op: "open", Path: path, Err: err}
}
