package mpk

import (
	"fmt"
	"os"
)

// maxRegionBytes bounds one region, so that sizes never overflow.
const maxRegionBytes = 1 << 40

// Access is what threads inside a domain can do with a region.
type Access uint8

// The accesses.
const (
	ReadWrite Access = iota
	ReadOnly
)

// Region is memory of one domain: whole pages, with an inaccessible guard
// page before and after.
type Region struct {
	domain  *Domain
	mapping []byte // guards included
	size    int    // bytes asked for
	access  Access // of threads inside
	sealed  bool   // cannot be unmapped
}

// Bytes returns the memory. Touching it outside the domain, or at all after
// Close, is a fault.
func (r *Region) Bytes() []byte {
	return r.usable()[:r.size:r.size]
}

// Domain returns the domain that owns the region.
func (r *Region) Domain() *Domain { return r.domain }

// Contains reports whether addr lies in the region or its guard pages.
func (r *Region) Contains(addr uintptr) bool {
	start := addressOf(r.mapping)
	return addr >= start && addr-start < uintptr(len(r.mapping))
}

// Sealed reports whether the kernel keeps the region as it is, mapped and under its
// key, until the process ends.
func (r *Region) Sealed() bool { return r.sealed }

// Close unmaps the region, unless it is sealed: then its memory stays, as closed to
// others as before. Closing twice does nothing.
//
// Preconditions: nobody uses Bytes any more.
func (r *Region) Close() error {
	return r.domain.closeRegion(r)
}

func (r *Region) usable() []byte {
	guard := os.Getpagesize()
	return r.mapping[guard : len(r.mapping)-guard]
}

func checkRegionSize(size int) error {
	if size <= 0 || size > maxRegionBytes {
		return fmt.Errorf("size of %d bytes is outside 1..%d", size, maxRegionBytes)
	}
	return nil
}

func roundToPages(size int) int {
	page := os.Getpagesize()
	return (size + page - 1) / page * page
}
