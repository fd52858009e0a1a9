package mpk_test

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/keys"
	"github.com/optical-net/waveguard/enforcement/mpk"
)

// changes are the ways to take memory from whoever has it, by name. They are given
// whole pages.
var changes = map[string]func(memory []byte) error{
	"mprotect": func(m []byte) error { return unix.Mprotect(m, unix.PROT_READ) },
	"pkey_mprotect": func(m []byte) error {
		return errno(unix.Syscall6(unix.SYS_PKEY_MPROTECT, at(m), uintptr(len(m)), unix.PROT_READ, ^uintptr(0), 0, 0))
	},
	"mmap over it": func(m []byte) error {
		return errno(unix.Syscall6(unix.SYS_MMAP, at(m), uintptr(len(m)), unix.PROT_READ|unix.PROT_WRITE,
			unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_FIXED, ^uintptr(0), 0))
	},
	"mremap": func(m []byte) error {
		return errno(unix.Syscall6(unix.SYS_MREMAP, at(m), uintptr(len(m)), uintptr(2*len(m)), unix.MREMAP_MAYMOVE, 0, 0))
	},
	"munmap": func(m []byte) error { return errno(unix.Syscall(unix.SYS_MUNMAP, at(m), uintptr(len(m)), 0)) },
}

func at(memory []byte) uintptr { return uintptr(unsafe.Pointer(&memory[0])) }

func errno(_, _ uintptr, e unix.Errno) error {
	if e != 0 {
		return e
	}
	return nil
}

func needSeals(t *testing.T) {
	t.Helper()
	if !mpk.CanSeal() {
		t.Skip("needs mseal(2): Linux 6.10")
	}
}

// TestSealedRegionsStay: what takes a region's memory away without its seal is
// refused with it, for the guard pages as well.
func TestSealedRegionsStay(t *testing.T) {
	needSeals(t)
	page := os.Getpagesize()
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			open, err := mpk.MapRegion(page)
			if err != nil {
				t.Fatal(err)
			}
			if err := change(open.Bytes()); err != nil {
				t.Fatalf("without a seal: %v", err)
			}
			sealed, err := mpk.MapSealedRegion(page)
			if err != nil {
				t.Fatal(err)
			}
			for what, memory := range map[string][]byte{"memory": sealed.Bytes(), "guard": mpk.Guard(sealed)} {
				if err := change(memory); !errors.Is(err, unix.EPERM) {
					t.Errorf("of the %s, sealed: %v, want EPERM", what, err)
				}
			}
			sealed.Bytes()[0]++ // it is of use all the same
			if err := mpk.Unmap(sealed); err != nil {
				t.Errorf("close: %v", err)
			}
			sealed.Bytes()[0]++ // and stays
		})
	}
}

// TestPKUPinnedDomainsAreSealed where the kernel can: then they keep their key for
// good, and it is of no other domain afterwards. In a process of its own, because
// the key is lost.
func TestPKUPinnedDomainsAreSealed(t *testing.T) {
	const marker = "WAVEGUARD_TEST_SEAL"
	b := pku(t)
	if os.Getenv(marker) == "" {
		cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^TestPKUPinnedDomainsAreSealed$", "-test.v")
		cmd.Env = append(os.Environ(), marker+"=1")
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS") {
			t.Errorf("%v:\n%s", err, out)
		}
		return
	}
	d, err := b.NewDomain("pinned", keys.Options{Pinned: true})
	if err != nil {
		t.Fatal(err)
	}
	key, r := d.Key(), newRegion(t, d, 1)
	if d.Sealed() != mpk.CanSeal() || r.Sealed() != mpk.CanSeal() {
		t.Errorf("the domain is sealed: %v, the region: %v; the kernel can: %v", d.Sealed(), r.Sealed(), mpk.CanSeal())
	}
	unpin := d.Change(keys.Options{})
	if sealed := errors.Is(unpin, mpk.ErrSealed); sealed != mpk.CanSeal() || !sealed && unpin != nil {
		t.Errorf("the end of the pin: %v", unpin)
	}
	inside(t, b, d, func() { r.Bytes()[0] = 77 })
	if mpk.CanSeal() {
		for name, change := range map[string]func() error{
			"pkey_mprotect, key 0": func() error {
				return errno(unix.Syscall6(unix.SYS_PKEY_MPROTECT, at(r.Bytes()), 1, unix.PROT_READ|unix.PROT_WRITE, 0, 0, 0))
			},
			"MADV_DONTNEED": func() error { return errno(unix.Syscall(unix.SYS_MADVISE, at(r.Bytes()), 1, unix.MADV_DONTNEED)) },
			"munmap":        func() error { return changes["munmap"](r.Bytes()) },
		} {
			if err := change(); !errors.Is(err, unix.EPERM) {
				t.Errorf("%s of a sealed region: %v, want EPERM", name, err)
			}
		}
		inside(t, b, d, func() {
			if got := r.Bytes()[0]; got != 77 {
				t.Errorf("the region holds %d, want what was written", got)
			}
		})
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	for range 20 { // the key goes round
		other := newDomain(t, b, "other")
		inside(t, b, other, func() {
			if mpk.CanSeal() && (other.Key() == key || touch(r.Bytes()) == 0) {
				t.Error("another domain has the key of a sealed region")
			}
		})
	}
	runtime.KeepAlive(r)
}
