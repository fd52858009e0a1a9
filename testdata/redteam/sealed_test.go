//go:build linux && amd64

package redteam_test

import (
	"errors"
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sealings are the ways to destroy memory or to move its walls that sealing it ends. The
// memory is such that the thread may not write it, as it is behind a wall.
var sealings = []struct {
	name, how string
	try       func(page []byte) unix.Errno
}{
	{"munmap", "unmaps it", func(page []byte) unix.Errno { return raw(unix.SYS_MUNMAP, at(page), pageSize) }},
	{"map-over", "maps fresh memory over it", func(page []byte) unix.Errno {
		return raw(unix.SYS_MMAP, at(page), pageSize, unix.PROT_READ, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_FIXED, ^uintptr(0))
	}},
	{"dontneed", "gives the pages up", func(page []byte) unix.Errno {
		return raw(unix.SYS_MADVISE, at(page), pageSize, unix.MADV_DONTNEED)
	}},
	{"process_madvise", "the same by process_madvise(2)", func(page []byte) unix.Errno {
		self, err := unix.PidfdOpen(os.Getpid(), 0)
		if err != nil {
			return err.(unix.Errno)
		}
		defer unix.Close(self)
		all := unix.Iovec{Base: &page[0], Len: pageSize}
		return raw(unix.SYS_PROCESS_MADVISE, uintptr(self), uintptr(unsafe.Pointer(&all)), 1, unix.MADV_DONTNEED, 0)
	}},
	{"mremap", "moves it elsewhere", func(page []byte) unix.Errno {
		return raw(unix.SYS_MREMAP, at(page), pageSize, pageSize, unix.MREMAP_MAYMOVE|unix.MREMAP_FIXED, elsewhere)
	}},
	{"mprotect", "changes its protection", func(page []byte) unix.Errno {
		return raw(unix.SYS_MPROTECT, at(page), pageSize, unix.PROT_NONE)
	}},
	{"pkey_mprotect", "the same by the call that changes keys too", func(page []byte) unix.Errno {
		return raw(unix.SYS_PKEY_MPROTECT, at(page), pageSize, unix.PROT_NONE, ^uintptr(0))
	}},
}

const (
	pageSize  = 4096
	elsewhere = 0x2000_0000
)

func at(page []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(page))) }

func raw(number uintptr, args ...uintptr) unix.Errno {
	var a [6]uintptr
	copy(a[:], args)
	_, _, errno := unix.RawSyscall6(number, a[0], a[1], a[2], a[3], a[4], a[5])
	return errno
}

// TestSealed tries them on this machine's kernel; TestKernels on memory that has a key, too.
func TestSealed(t *testing.T) {
	if os.Getenv("WAVEGUARD_IN_VM") != "" {
		t.Skip("what is recorded is of Linux 6.18, which has all of them")
	}
	if raw(unix.SYS_MSEAL, 0, 0, 0) == unix.ENOSYS {
		t.Skip("needs mseal(2): Linux 6.10")
	}
	var all []verdict
	for _, s := range sealings {
		row := verdict{Way: s.name, How: s.how}
		for _, sealed := range []bool{false, true} {
			page := behindAWall(t)
			if errno := seal(page, sealed); errno != 0 {
				t.Fatalf("seal: %v", errno)
			}
			switch errno := s.try(page); {
			case errno == 0:
				row.Behind = append(row.Behind, works)
			case errors.Is(errno, unix.EPERM):
				row.Behind = append(row.Behind, fails)
			default:
				t.Errorf("%s, sealed %v: %v", s.name, sealed, errno)
			}
		}
		all = append(all, row)
	}
	compare(t, "sealed.json", all)
}

// behindAWall returns a page that has something in it, and that cannot be written. It is
// the test's to lose.
func behindAWall(t *testing.T) []byte {
	t.Helper()
	address, _, errno := unix.RawSyscall6(unix.SYS_MMAP, 0, pageSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS, ^uintptr(0), 0)
	if errno != 0 {
		t.Fatal(errno)
	}
	page := unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(nil), address)), pageSize)
	page[0] = 1
	if errno := raw(unix.SYS_MPROTECT, address, pageSize, unix.PROT_READ); errno != 0 {
		t.Fatal(errno)
	}
	return page
}

func seal(page []byte, wanted bool) unix.Errno {
	if !wanted {
		return 0
	}
	return raw(unix.SYS_MSEAL, at(page), pageSize, 0)
}
