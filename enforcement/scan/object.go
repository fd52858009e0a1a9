package scan

import "github.com/optical-net/waveguard/enforcement/scan/internal/x86"

// object knows what code is: an ELF file, or one that a process has mapped.
type object interface {
	// mode is how the code is meant to be run.
	mode() x86.Mode
	// locate tells where addresses, which are in order, belong.
	locate(addresses []uint64) []position
}

// position is where an address belongs, as far as it is known.
type position struct {
	offset    int64  // in the file
	section   string // "" if there is none
	data      bool   // the section is not meant to be executed
	symbol    string // "" if there is none
	begin     uint64 // an address before, at which an instruction begins; 0 if unknown
	certainly bool   // begin is of a symbol or an unwind table
}
