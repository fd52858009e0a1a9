package x86

import "errors"

// ErrInvalid is that the bytes are no instruction.
var ErrInvalid = errors.New("no instruction")

// ErrShort is that the instruction goes on after the last byte.
var ErrShort = errors.New("the bytes end within an instruction")

// MaxLen is how long an instruction can be, in bytes.
const MaxLen = 15

// Mode is the width of addresses.
type Mode int

// The modes.
const (
	Mode32 Mode = 32
	Mode64 Mode = 64
)

// Map is a table of opcodes.
type Map byte

// The maps that legacy encodings reach. Those of VEX, EVEX and XOP are above.
const (
	OneByte Map = iota
	TwoByte     // after 0F
	Map38       // after 0F 38
	Map3A       // after 0F 3A
	vector      // VEX, EVEX and XOP, all maps
)

// Inst is an instruction. Offsets count bytes from its first.
type Inst struct {
	Len       int
	Map       Map
	Opcode    byte // the last byte of it
	OpcodeAt  int
	ModRM     byte
	ModRMAt   int  // 0 if there is none
	DispAt    int  // of the displacement of an operand in memory
	DispLen   int  // 0 if there is none
	ImmAt     int  // of the immediate, or the displacement of a branch
	ImmLen    int  // 0 if there is none
	Rex       byte // 0 if there is none
	Size16    bool // prefix 66
	Addr      bool // prefix 67
	Rep       byte // prefix F2 or F3, 0 if there is none
	prefixEnd int
}

// Mod returns the field that is 3 for registers.
func (i *Inst) Mod() byte { return i.ModRM >> 6 }

// Reg returns the middle field of ModRM, without REX's bit.
func (i *Inst) Reg() byte { return i.ModRM >> 3 & 7 }

// RM returns the low field of ModRM, without REX's bit.
func (i *Inst) RM() byte { return i.ModRM & 7 }

// Part is what a byte of an instruction belongs to.
type Part string

// The parts.
const (
	Prefix       Part = "prefix"
	Opcode       Part = "opcode"
	Addressing   Part = "addressing"
	Displacement Part = "displacement"
	Immediate    Part = "immediate"
)

// PartAt returns what the byte at an offset belongs to.
func (i *Inst) PartAt(offset int) Part {
	switch {
	case i.ImmLen > 0 && offset >= i.ImmAt:
		return Immediate
	case i.DispLen > 0 && offset >= i.DispAt:
		return Displacement
	case i.ModRMAt > 0 && offset >= i.ModRMAt:
		return Addressing
	case offset < i.prefixEnd:
		return Prefix
	}
	return Opcode
}

// Plain says whether there is no prefix but REX.
func (i *Inst) Plain() bool {
	return i.prefixEnd == 0 || i.prefixEnd == 1 && i.Rex != 0
}

// PrefixLen returns how many bytes of prefixes there are.
func (i *Inst) PrefixLen() int { return i.prefixEnd }
