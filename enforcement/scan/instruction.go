package scan

// Instruction is what a hit executes.
type Instruction string

// The instructions that write PKRU in user mode (Intel SDM volume 2). XRSTOR
// does if bit 9 of EAX is set; XRSTOR64 is XRSTOR under REX.W.
const (
	WRPKRU Instruction = "WRPKRU"
	XRSTOR Instruction = "XRSTOR"
)

// Bytes of the sequences.
const (
	escape     = 0x0f
	rex2       = 0xd5
	wrpkruLast = 0xef // of 0F 01 EF
	xrstorCode = 0xae // of 0F AE /5
)

// longest is the length, in bytes, of the longest sequence that is searched for.
const longest = 4

// pkruComponent is PKRU's bit in the masks of XSAVE and XRSTOR (Intel SDM
// volume 1, section 13.1).
const pkruComponent = 1 << 9

// wrpkruEnds returns where the WRPKRU begins whose last byte is code[at]; -1 if
// none does. Prefixes do not matter, because one can jump past them, but for
// REX2 of Intel's APX: if the highest bit of its payload is set it stands in
// the place of the escape. Processors without APX refuse that form.
func wrpkruEnds(code []byte, at int) int {
	switch {
	case at < 2 || code[at] != wrpkruLast || code[at-1] != 0x01:
		return -1
	case code[at-2] == escape:
		return at - 2
	case at >= 3 && code[at-3] == rex2 && code[at-2] >= 0x80:
		return at - 3
	}
	return -1
}

// xrstorHas returns where the XRSTOR begins whose second byte is code[at]; -1 if
// none does. With a register in the place of memory it is LFENCE or INCSSP.
// Under REX2 it is refused.
func xrstorHas(code []byte, at int) int {
	if at < 1 || at+1 >= len(code) || code[at] != xrstorCode || code[at-1] != escape {
		return -1
	}
	if modRM := code[at+1]; modRM&0x38 != 0x28 || modRM >= 0xc0 {
		return -1
	}
	return at - 1
}
