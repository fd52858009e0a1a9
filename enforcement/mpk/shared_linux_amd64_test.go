package mpk_test

import (
	"os"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/keys"
	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/shm"
)

// twoPages returns a file of two pages, and a mapping of it that is open to all.
func twoPages(t *testing.T) (*os.File, []byte) {
	t.Helper()
	size := 2 * os.Getpagesize()
	file, err := shm.Create("test", size)
	if err != nil {
		t.Fatal(err)
	}
	open, err := shm.Map(file, size, shm.ReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = shm.Unmap(open)
		_ = file.Close()
	})
	return file, open
}

// pointer is where memory begins, or began.
func pointer(memory []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(memory)) }

func mapShared(t *testing.T, d *mpk.Domain, file *os.File, how mpk.Access) *mpk.Region {
	t.Helper()
	r, err := d.MapShared(file, 2*os.Getpagesize(), how)
	if err != nil {
		t.Fatalf("MapShared: %v", err)
	}
	return r
}

// TestSharedRegions: what is mapped of a file is memory of its domain, with the access that was
// asked for and no more.
func TestSharedRegions(t *testing.T) {
	forEachWall(t, func(t *testing.T, b mpk.Backend) {
		file, open := twoPages(t)
		vault, lobby := newDomain(t, b, "vault"), newDomain(t, b, "lobby")
		written, read := mapShared(t, vault, file, mpk.ReadWrite), mapShared(t, vault, file, mpk.ReadOnly)
		for _, r := range []*mpk.Region{written, read} {
			if _, flags := smaps(t, r); !strings.Contains(flags, " dc") || !strings.Contains(flags, " dd") {
				t.Errorf("VmFlags %q: children, or core dumps, have the region", flags)
			}
			inside(t, b, lobby, func() {
				if at := touch(r.Bytes()); !r.Contains(at) {
					t.Errorf("a thread in another domain: fault at %#x, want one in the region", at)
				}
			})
		}
		inside(t, b, vault, func() {
			if touch(written.Bytes()) != 0 || open[0] != 1 || read.Bytes()[0] != 1 {
				t.Errorf("written %d, elsewhere %d and %d", written.Bytes()[0], open[0], read.Bytes()[0])
			}
			if touch(read.Bytes()) == 0 {
				t.Error("memory to read was written")
			}
		})
		if err := read.Close(); err != nil {
			t.Fatal(err)
		}
		if touch(written.Bytes()) == 0 {
			t.Error("the region stayed open after the thread left")
		}
	})
}

// TestSharedRegionsStayWritable although the file is sealed against new writers: closing and
// opening, or another key, is no new mapping.
func TestSharedRegionsStayWritable(t *testing.T) {
	forEachWall(t, func(t *testing.T, b mpk.Backend) {
		file, open := twoPages(t)
		d := newDomain(t, b, "vault")
		r := mapShared(t, d, file, mpk.ReadWrite)
		if err := shm.Seal(file, shm.NoNewWriters); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			inside(t, b, d, func() { r.Bytes()[0]++ })
		}
		for range 20 { // takes the key away, where there are keys
			other := newDomain(t, b, "other")
			newRegion(t, other, 1)
			inside(t, b, other, func() {
				if touch(r.Bytes()) == 0 {
					t.Error("a thread in another domain wrote the region")
				}
			})
		}
		inside(t, b, d, func() { r.Bytes()[0]++ })
		if open[0] != 4 {
			t.Errorf("memory holds %d, want the four writes", open[0])
		}
		if _, err := d.MapShared(file, 4, mpk.ReadWrite); err == nil {
			t.Error("a sealed file was mapped for writing anew")
		}
	})
}

// TestSharedRegionsAreNeverSealed: they can be given back while the domain lives.
func TestSharedRegionsAreNeverSealed(t *testing.T) {
	b := pku(t)
	file, _ := twoPages(t)
	d, err := b.NewDomain("pinned", keys.Options{Pinned: true})
	if err != nil {
		t.Fatal(err)
	}
	private, err := d.NewUnsealedRegion(1)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []*mpk.Region{private, mapShared(t, d, file, mpk.ReadOnly)} {
		memory := r.Bytes()
		if err := r.Close(); err != nil || r.Sealed() {
			t.Fatalf("close: %v; sealed: %v", err, r.Sealed())
		}
		if _, err := unix.MmapPtr(-1, 0, pointer(memory), 1, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_FIXED_NOREPLACE); err != nil {
			t.Errorf("the memory is still there: %v", err)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}
