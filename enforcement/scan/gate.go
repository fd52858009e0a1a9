package scan

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// gateCode is the function of Waveguard's Go SDK that writes PKRU, as Go's
// assembler encodes it: it takes the value from its argument, writes it, reads it
// back, compares it with every value that a thread may have, traps if it is none
// of them, and returns it. A test compares it with a program.
var gateCode = slices.Concat(gateBegins, gateChecks(), gateEnds)

var (
	gateBegins = []byte{
		0x8b, 0x44, 0x24, 0x08, // MOVL value+0(FP), AX
		0x31, 0xc9, // XORL CX, CX
		0x31, 0xd2, // XORL DX, DX
		0x0f, 0x01, 0xef, // WRPKRU
		0x31, 0xc9, // XORL CX, CX
		0x0f, 0x01, 0xee, // RDPKRU
	}
	gateEnds = []byte{
		0x0f, 0x0b, // UD2
		0x89, 0x44, 0x24, 0x10, // MOVL AX, readBack+8(FP)
		0xc3, // RET
	}
)

// gateWRPKRU is where its WRPKRU stands.
const gateWRPKRU = 8

const gateClaim = "Waveguard's gate, byte for byte: whoever executes it, from wherever, goes on with no key open but 0, or with one of " +
	"the keys 2 to 15, which are of one domain each; with any other rights it traps"

// gateChecks are the comparisons: with no key open but 0, then with one more.
func gateChecks() (code []byte) {
	const outside, lowest, highest = 0x55555554, 2, 15
	const length, trap = 7, 2
	for left := highest - lowest + 1; left >= 0; left-- {
		rights := uint32(outside)
		if key := left + lowest; key <= highest {
			rights -= 1 << (2 * key)
		}
		code = append(code, 0x3d) // CMPL AX, $rights
		code = binary.LittleEndian.AppendUint32(code, rights)
		code = append(code, 0x74, byte(left*length+trap)) // JEQ behind the UD2
	}
	return code
}

// isGate says whether the WRPKRU at an address is the gate's.
func (e *examiner) isGate(address uint64) bool {
	start := address - gateWRPKRU
	for at := 0; at < len(gateCode); {
		if start < e.span.start() {
			return false
		}
		code := e.fixed(start + uint64(at))
		if n := min(len(code), len(gateCode)-at); n == 0 || !bytes.Equal(code[:n], gateCode[at:at+n]) {
			return false
		}
		at += len(code)
	}
	return true
}
