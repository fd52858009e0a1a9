#include "textflag.h"

// The only WRPKRU of a process is the one below. ECX and EDX must be zero for
// both instructions (Intel SDM volume 2, RDPKRU and WRPKRU).

// func readPKRU() uint32
TEXT ·readPKRU(SB), NOSPLIT, $0-4
	XORL CX, CX
	RDPKRU
	MOVL AX, ret+0(FP)
	RET

// func writePKRU(value uint32) (readBack uint32)
TEXT ·writePKRU(SB), NOSPLIT, $0-12
	MOVL value+0(FP), AX
	XORL CX, CX
	XORL DX, DX
	WRPKRU
	XORL CX, CX
	RDPKRU
	MOVL AX, readBack+8(FP)
	RET

// func cpuid(leaf, subleaf uint32) (ecx uint32)
TEXT ·cpuid(SB), NOSPLIT, $0-12
	MOVL leaf+0(FP), AX
	MOVL subleaf+4(FP), CX
	CPUID
	MOVL CX, ecx+8(FP)
	RET
