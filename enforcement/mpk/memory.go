package mpk

import (
	"sync/atomic"
	"unsafe"
)

// Uint32At returns the four bytes of mapped memory at offset as an atomic
// word in the machine's byte order. It panics when they are not inside
// memory or not aligned: the caller has checked sizes before.
func Uint32At(memory []byte, offset int) *atomic.Uint32 {
	return (*atomic.Uint32)(wordAt(memory, offset, 4))
}

// Uint64At is Uint32At for eight bytes.
func Uint64At(memory []byte, offset int) *atomic.Uint64 {
	return (*atomic.Uint64)(wordAt(memory, offset, 8))
}

func wordAt(memory []byte, offset, size int) unsafe.Pointer {
	p := unsafe.Pointer(&memory[offset : offset+size : offset+size][0])
	if uintptr(p)%uintptr(size) != 0 {
		panic("mpk: misaligned word in mapped memory")
	}
	return p
}

func addressOf(memory []byte) uintptr {
	return uintptr(unsafe.Pointer(unsafe.SliceData(memory)))
}
