package mpk

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Executable is a mapping that can be executed, as the kernel tells it.
type Executable struct {
	Start, End       uint64
	Writable, Shared bool
	Offset           int64 // in the file
	Inode            uint64
	Major, Minor     uint32 // of the device
}

// The query of a mapping (linux/fs.h, struct procmap_query), and what it may ask for.
type mappingQuery struct {
	size, flags, address   uint64
	start, end             uint64
	mapping, pageSize      uint64
	offset, inode          uint64
	major, minor           uint32
	nameSize, buildIDSize  uint32
	nameAt, buildIDAddress uint64
}

const (
	mappingWritable   = 1 << 1
	mappingExecutable = 1 << 2
	mappingShared     = 1 << 3
	mappingOrNext     = 1 << 4

	// _IOWR('f', 17, struct procmap_query)
	queryMapping = 3<<30 | uintptr(unsafe.Sizeof(mappingQuery{}))<<16 | 'f'<<8 | 17
)

// NextExecutable returns the first mapping that can be executed and does not lie below an address,
// of the memory whose open list of mappings (/proc/PID/maps) has that descriptor. The error is
// unix.ENOENT if there is none, unix.ESRCH if its process has given the memory up, and unix.ENOTTY
// of a kernel that cannot be asked, as before Linux 6.11.
func NextExecutable(list uintptr, address uint64) (Executable, error) {
	q := mappingQuery{flags: mappingExecutable | mappingOrNext, address: address}
	q.size = uint64(unsafe.Sizeof(q))
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, list, queryMapping, uintptr(unsafe.Pointer(&q)))
	if errno != 0 {
		return Executable{}, errno
	}
	return Executable{
		Start: q.start, End: q.end, Writable: q.mapping&mappingWritable != 0, Shared: q.mapping&mappingShared != 0,
		Offset: int64(q.offset), Inode: q.inode, Major: q.major, Minor: q.minor,
	}, nil
}
