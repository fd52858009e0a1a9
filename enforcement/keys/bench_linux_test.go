package keys

import (
	"fmt"
	"testing"

	"golang.org/x/sys/unix"
)

// pages is memory whose access rights change as those of a region do when it is
// tagged: pkey_mprotect and mprotect are one function of the kernel.
type pages []byte

func (p pages) Tag(key int) error {
	rights := unix.PROT_READ | unix.PROT_WRITE
	if key == 1 { // the parking key
		rights = unix.PROT_READ
	}
	return unix.Mprotect(p, rights)
}

// An eviction tags two domains anew.
func BenchmarkEvictionBySize(b *testing.B) {
	for _, kib := range []int{4, 64, 1024, 16384} {
		b.Run(fmt.Sprint(kib, "KiB"), func(b *testing.B) {
			r := ring(b, 2)
			var all [2]*Holder
			for i := range all {
				m, err := unix.Mmap(-1, 0, kib<<10, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_POPULATE)
				if err != nil {
					b.Fatal(err)
				}
				defer unix.Munmap(m)
				if all[i], err = r.Add(pages(m), Options{}); err != nil {
					b.Fatal(err)
				}
			}
			for i := 0; b.Loop(); i++ {
				h := all[i%2]
				if _, err := r.Enter(h); err != nil {
					b.Fatal(err)
				}
				h.Leave()
			}
		})
	}
}
