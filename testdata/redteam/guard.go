//go:build linux && amd64

package redteam

import (
	"fmt"
	"runtime/debug"
)

// Attempt takes a way to the target; a fault on it is an error.
func (v Vector) Attempt(t Target) ([]byte, error) { return guarded(v.Try, t) }

func guarded(try func(Target) ([]byte, error), t Target) (got []byte, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("fault: %v", cause)
		}
	}()
	return try(t)
}

// openAll opens all keys to the calling thread with an instruction of its own, and
// returns what rights it had.
func openAll() (before uint32) {
	if !hasKeys() {
		return 0
	}
	before = pkru()
	wrpkru(0)
	return before
}

func setPKRU(value uint32) {
	if hasKeys() {
		wrpkru(value)
	}
}

func hasKeys() bool { return osPKE()&(1<<4) != 0 }

// In rogue_linux_amd64.s.

func pkru() uint32

//go:noescape
func wrpkru(value uint32)

//go:noescape
func osPKE() (ecx uint32)

// call32 makes a system call of the 32-bit table; the result is negative for an error.
//
//go:noescape
func call32(number, a, b, c, d uint32) int32
