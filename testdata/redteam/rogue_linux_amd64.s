#include "textflag.h"

// func pkru() uint32
TEXT ·pkru(SB), NOSPLIT, $0-4
	XORL CX, CX
	RDPKRU
	MOVL AX, ret+0(FP)
	RET

// func wrpkru(value uint32)
TEXT ·wrpkru(SB), NOSPLIT, $0-4
	MOVL value+0(FP), AX
	XORL CX, CX
	XORL DX, DX
	WRPKRU
	RET

// func osPKE() (ecx uint32)
TEXT ·osPKE(SB), NOSPLIT, $0-4
	MOVL $7, AX
	XORL CX, CX
	CPUID
	MOVL CX, ecx+0(FP)
	RET

// func call32(number, a, b, c, d uint32) int32
TEXT ·call32(SB), NOSPLIT, $0-28
	MOVL number+0(FP), AX
	MOVL a+4(FP), BX
	MOVL b+8(FP), CX
	MOVL c+12(FP), DX
	MOVL d+16(FP), SI
	INT $0x80
	MOVL AX, ret+24(FP)
	RET
