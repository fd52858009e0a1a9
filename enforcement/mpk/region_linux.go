package mpk

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mapRegion reserves the region and its guards, all of it inaccessible.
func mapRegion(size int) (*Region, error) {
	if err := checkRegionSize(size); err != nil {
		return nil, err
	}
	length := roundToPages(size) + 2*os.Getpagesize()
	m, err := unix.Mmap(-1, 0, length, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, fmt.Errorf("mmap %d bytes: %w", length, err)
	}
	r := &Region{mapping: m, size: size}
	if err := keepHere(m); err != nil {
		return nil, errors.Join(err, r.unmap())
	}
	return r, nil
}

// mapShared is mapRegion with a file in place of new memory, between the guards. It is
// mapped inaccessible like the rest: what the kernel maps has key 0 until it is tagged.
func mapShared(file *os.File, size int, how Access) (*Region, error) {
	if err := admits(file, how); err != nil {
		return nil, fmt.Errorf("map the %s: %w", file.Name(), err)
	}
	r, err := mapRegion(size)
	if err != nil {
		return nil, err
	}
	r.access = how
	m := r.usable()
	_, err = unix.MmapPtr(int(file.Fd()), 0, unsafe.Pointer(unsafe.SliceData(m)), uintptr(len(m)), unix.PROT_NONE, unix.MAP_SHARED|unix.MAP_FIXED)
	if err == nil {
		err = keepHere(m)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("mmap %d bytes of the %s: %w", len(m), file.Name(), err), r.unmap())
	}
	return r, nil
}

// admits returns why a file cannot be mapped for an access. Inaccessible it always can be, and
// then the kernel would refuse only when a thread comes in.
func admits(file *os.File, how Access) error {
	if how == ReadOnly {
		return nil
	}
	flags, err := unix.FcntlInt(file.Fd(), unix.F_GETFL, 0)
	if err != nil {
		return err
	}
	seals, err := unix.FcntlInt(file.Fd(), unix.F_GET_SEALS, 0) // other files have none: EINVAL
	if flags&unix.O_ACCMODE != unix.O_RDWR || err == nil && seals&(unix.F_SEAL_WRITE|unix.F_SEAL_FUTURE_WRITE) != 0 {
		return unix.EPERM
	}
	return nil
}

// keepHere keeps memory out of core dumps, and of children that are not yet another program.
func keepHere(m []byte) error {
	if err := unix.Madvise(m, unix.MADV_DONTDUMP); err != nil {
		return fmt.Errorf("exclude from core dumps: %w", err)
	}
	if err := unix.Madvise(m, unix.MADV_DONTFORK); err != nil {
		return fmt.Errorf("exclude from children: %w", err)
	}
	return nil
}

func (r *Region) unmap() error {
	if r.sealed {
		return nil
	}
	if err := unix.Munmap(r.mapping); err != nil {
		return fmt.Errorf("munmap: %w", err)
	}
	return nil
}

// open gives the whole process the access that threads inside have.
func (r *Region) open() error { return unix.Mprotect(r.usable(), int(r.prot())) }

// shut undoes open.
func (r *Region) shut() error { return unix.Mprotect(r.usable(), unix.PROT_NONE) }

func (r *Region) prot() uintptr {
	if r.access == ReadOnly {
		return unix.PROT_READ
	}
	return unix.PROT_READ | unix.PROT_WRITE
}
