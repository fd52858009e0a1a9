package scan

import "bytes"

// gateCode is the function of Waveguard's Go SDK that writes PKRU, as Go's
// assembler encodes it: it takes the value from its argument, writes it, reads it
// back, and returns what it read. A test compares it with a program.
var gateCode = []byte{
	0x8b, 0x44, 0x24, 0x08, // MOVL value+0(FP), AX
	0x31, 0xc9, // XORL CX, CX
	0x31, 0xd2, // XORL DX, DX
	0x0f, 0x01, 0xef, // WRPKRU
	0x31, 0xc9, // XORL CX, CX
	0x0f, 0x01, 0xee, // RDPKRU
	0x89, 0x44, 0x24, 0x10, // MOVL AX, readBack+8(FP)
	0xc3, // RET
}

// gateWRPKRU is where its WRPKRU stands.
const gateWRPKRU = 8

const gateClaim = "Waveguard's gate, byte for byte: it writes its argument, reads PKRU back and returns what it read, which its caller compares. " +
	"Code that jumps to it directly is not stopped"

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
