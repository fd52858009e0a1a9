package waveguard_test

import "unsafe"

// beyond reads the byte after memory, as C code with an overrun would.
func beyond(memory []byte) byte {
	return *(*byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(memory)), len(memory)))
}
