#include "textflag.h"

// func StoreRelease(word *atomic.Uint64, value uint64)
TEXT ·StoreRelease(SB), NOSPLIT, $0-16
	MOVQ word+0(FP), AX
	MOVQ value+8(FP), CX
	MOVQ CX, 0(AX)
	RET
