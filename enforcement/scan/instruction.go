package scan

import "github.com/optical-net/waveguard/enforcement/scan/internal/x86"

// Instruction is what a hit executes.
type Instruction string

// The instructions that write PKRU in user mode (Intel SDM volume 2). XRSTOR
// does if bit 9 of EAX is set; XRSTOR64 is XRSTOR under REX.W.
const (
	WRPKRU Instruction = "WRPKRU"
	XRSTOR Instruction = "XRSTOR"
)

// The instructions that make a thread look like another one to who knows threads
// by these bases.
const (
	WRFSBASE Instruction = "WRFSBASE"
	WRGSBASE Instruction = "WRGSBASE"
)

// Bytes of the sequences.
const (
	escape     = 0x0f
	rex2       = 0xd5
	wrpkruLast = 0xef // of 0F 01 EF
	group15    = 0xae // of 0F AE /5, and of F3 0F AE /2 and /3
	repeat     = 0xf3
)

// longest is the length, in bytes, of the longest sequence that is searched for:
// that of the longest instruction.
const longest = x86.MaxLen

// pkruComponent is PKRU's bit in the masks of XSAVE and XRSTOR (Intel SDM
// volume 1, section 13.1).
const pkruComponent = 1 << 9

// wrpkruEnds returns the WRPKRU whose last byte is code[at]. Prefixes do not
// matter, because one can jump past them, but for REX2 of Intel's APX: if the
// highest bit of its payload is set it stands in the place of the escape.
// Processors without APX refuse that form.
func wrpkruEnds(code []byte, at int) (found, bool) {
	if at < 2 || code[at] != wrpkruLast || code[at-1] != 0x01 {
		return found{}, false
	}
	if start := escapeEnds(code, at-2); start >= 0 {
		return found{start, at + 1 - start, WRPKRU}, true
	}
	return found{}, false
}

// escapeEnds returns where the escape to the second map of opcodes begins whose
// last byte is code[at]: 0F, or REX2; -1 if none does.
func escapeEnds(code []byte, at int) int {
	switch {
	case code[at] == escape:
		return at
	case at >= 1 && code[at-1] == rex2 && code[at] >= 0x80:
		return at - 1
	}
	return -1
}

// group15Has returns the XRSTOR, WRFSBASE or WRGSBASE whose opcode is code[at].
// With a register in the place of memory XRSTOR is LFENCE or INCSSP, and under
// REX2 it is refused. With memory in the place of a register the others are LDMXCSR
// and STMXCSR.
func group15Has(code []byte, at int) (found, bool) {
	if at < 1 || at+1 >= len(code) || code[at] != group15 {
		return found{}, false
	}
	register, modRM := code[at+1] >= 0xc0, code[at+1]>>3&7
	switch {
	case !register && modRM == 5 && code[at-1] == escape:
		return found{at - 1, 3, XRSTOR}, true
	case register && modRM == 2:
		return repeated(code, at, WRFSBASE)
	case register && modRM == 3:
		return repeated(code, at, WRGSBASE)
	}
	return found{}, false
}

// repeated returns the instruction with the opcode at, if the prefix is before it
// without which it is refused. Others may stand between, in any order: which of
// them a processor then heeds is not asked.
func repeated(code []byte, at int, instruction Instruction) (found, bool) {
	opcode := escapeEnds(code, at-1)
	if opcode < 0 {
		return found{}, false
	}
	for start := opcode - 1; start >= 0 && at+2-start <= longest && x86.IsPrefix64(code[start]); start-- {
		if code[start] == repeat {
			return found{start, at + 2 - start, instruction}, true
		}
	}
	return found{}, false
}
