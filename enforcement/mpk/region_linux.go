package mpk

import (
	"errors"
	"fmt"
	"os"

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

func openMemory(memory []byte) error {
	return unix.Mprotect(memory, unix.PROT_READ|unix.PROT_WRITE)
}

func closeMemory(memory []byte) error {
	return unix.Mprotect(memory, unix.PROT_NONE)
}
