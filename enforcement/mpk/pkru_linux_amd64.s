#include "textflag.h"

// The only WRPKRU of a process is the one below. ECX and EDX must be zero for
// both instructions (Intel SDM volume 2, RDPKRU and WRPKRU).

// Rights of a thread in no domain, and in that of one key.
#define OUTSIDE 0x55555554
#define INSIDE(key) (OUTSIDE - (1 << (2 * key)))
#define ALLOW(rights) CMPL AX, $rights; JEQ allowed

// func readPKRU() uint32
TEXT ·readPKRU(SB), NOSPLIT, $0-4
	XORL CX, CX
	RDPKRU
	MOVL AX, ret+0(FP)
	RET

// func writePKRU(value uint32) (readBack uint32)
//
// What stands before WRPKRU proves nothing: code that was taken over can jump to the
// instruction with anything in AX. So what PKRU then holds is compared with
// constants, and whoever wrote something else gets no further: several keys at
// once, the parking key (1), or key 0 closed.
TEXT ·writePKRU(SB), NOSPLIT, $0-12
	MOVL value+0(FP), AX
	XORL CX, CX
	XORL DX, DX
	WRPKRU
	XORL CX, CX
	RDPKRU
	ALLOW(OUTSIDE)
	ALLOW(INSIDE(15))
	ALLOW(INSIDE(14))
	ALLOW(INSIDE(13))
	ALLOW(INSIDE(12))
	ALLOW(INSIDE(11))
	ALLOW(INSIDE(10))
	ALLOW(INSIDE(9))
	ALLOW(INSIDE(8))
	ALLOW(INSIDE(7))
	ALLOW(INSIDE(6))
	ALLOW(INSIDE(5))
	ALLOW(INSIDE(4))
	ALLOW(INSIDE(3))
	ALLOW(INSIDE(2))
	UNDEF
allowed:
	MOVL AX, readBack+8(FP)
	RET

// func cpuid(leaf, subleaf uint32) (ecx uint32)
TEXT ·cpuid(SB), NOSPLIT, $0-12
	MOVL leaf+0(FP), AX
	MOVL subleaf+4(FP), CX
	CPUID
	MOVL CX, ecx+8(FP)
	RET
