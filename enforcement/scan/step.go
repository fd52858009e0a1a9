package scan

import (
	"math"

	"github.com/optical-net/waveguard/enforcement/scan/internal/x86"
)

// step is an instruction on a path, and what is known before it.
type step struct {
	x86.Inst
	code []byte
	state
	mode x86.Mode
	next uint64 // the address behind it
}

// is says whether the instruction is this opcode, without prefixes but REX.
func (s *step) is(m x86.Map, opcode byte) bool {
	return s.Map == m && s.Opcode == opcode && s.Plain()
}

// stops says whether the processor raises an exception instead of going on:
// UD0, UD1, UD2, INT3, INT1, and HLT in user mode.
func (s *step) stops() bool {
	return s.is(x86.TwoByte, 0x0b) || s.is(x86.TwoByte, 0xb9) || s.is(x86.TwoByte, 0xff) ||
		s.is(x86.OneByte, 0xcc) || s.is(x86.OneByte, 0xf1) || s.is(x86.OneByte, 0xf4)
}

// jumps says whether it is an unconditional jump to a fixed place.
func (s *step) jumps() bool { return s.is(x86.OneByte, 0xeb) || s.is(x86.OneByte, 0xe9) }

// branches says whether it is a conditional jump.
func (s *step) branches() bool {
	return s.Plain() && (s.Map == x86.OneByte && s.Opcode&0xf0 == 0x70 || s.Map == x86.TwoByte && s.Opcode&0xf0 == 0x80)
}

// target is where a jump leads.
func (s *step) target() uint64 { return branchTarget(&s.Inst, s.code, s.at, s.mode) }

func branchTarget(inst *x86.Inst, code []byte, at uint64, mode x86.Mode) uint64 {
	target := at + uint64(inst.Len) + uint64(inst.Imm(code))
	if mode == x86.Mode32 {
		target &= math.MaxUint32
	}
	return target
}

// passed says on which way of a branch a check was passed.
type passed byte

const (
	neither passed = iota
	whenTaken
	whenNot
)

// The conditions of branches, the low half of their opcodes.
const (
	ifCarry    = 2
	ifNotCarry = 3
	ifZero     = 4
	ifNotZero  = 5
)

func (s *step) passes() passed {
	condition := s.Opcode & 0xf
	switch s.flags {
	case equalMeans, zeroMeans:
		switch condition {
		case ifZero:
			return whenTaken
		case ifNotZero:
			return whenNot
		}
	case carryMeans:
		switch condition {
		case ifNotCarry:
			return whenTaken
		case ifCarry:
			return whenNot
		}
	}
	return neither
}

// harmless returns what is known after an instruction that touches no memory
// and does not leave the path; ok is false for any other.
func (s *step) harmless() (next state, ok bool) {
	next = s.state
	next.at = s.next
	if s.idle() {
		return next, true
	}
	if !s.Plain() {
		return next, false
	}
	if s.compares(&next) {
		return next, true
	}
	switch {
	case s.is(x86.TwoByte, 0x01) && s.ModRM == 0xee: // RDPKRU
		next.eax = rights
	case s.is(x86.OneByte, 0x31) && s.Mod() == 3: // XOR of registers
		next.flags = noFlags
		s.writes(&next, s.RM(), s.Rex&1)
	case s.is(x86.OneByte, 0x33) && s.Mod() == 3:
		next.flags = noFlags
		s.writes(&next, s.Reg(), s.Rex&4)
	case s.is(x86.OneByte, 0x89) && s.Mod() == 3: // MOV between registers
		s.writes(&next, s.RM(), s.Rex&1)
	case s.is(x86.OneByte, 0x8b) && s.Mod() == 3:
		s.writes(&next, s.Reg(), s.Rex&4)
	case s.Map == x86.OneByte && s.Opcode&0xf8 == 0xb8: // MOV of a constant
		s.writes(&next, s.Opcode&7, s.Rex&1)
	default:
		return next, false
	}
	return next, true
}

// writes notes that a register is written.
func (s *step) writes(next *state, register, extension byte) {
	if register == 0 && extension == 0 {
		next.eax = anything
	}
}

// idle says whether the instruction does nothing: NOP, PAUSE, ENDBR, LFENCE.
func (s *step) idle() bool {
	switch {
	case s.Map == x86.OneByte && s.Opcode == 0x90:
		return s.Rex&1 == 0 // otherwise XCHG
	case s.Map == x86.TwoByte && s.Opcode == 0x1f:
		return s.Reg() == 0
	case s.Map == x86.TwoByte && s.Opcode == 0x1e:
		return s.Rep == 0xf3 && (s.ModRM == 0xfa || s.ModRM == 0xfb)
	}
	return s.is(x86.TwoByte, 0xae) && s.ModRM >= 0xe8 && s.ModRM < 0xf0
}

// compares notes a comparison of EAX with a constant.
func (s *step) compares(next *state) bool {
	eax := s.Mod() == 3 && s.RM() == 0 && s.Rex&1 == 0
	group := eax && s.Reg() == 7
	switch {
	case s.is(x86.OneByte, 0x3d), group && (s.is(x86.OneByte, 0x81) || s.is(x86.OneByte, 0x83)): // CMP
		next.flags = noFlags
		if s.eax == rights {
			next.flags, next.wanted = equalMeans, wantedOf(&s.Inst, s.code)
		}
	case s.is(x86.OneByte, 0xa9), eax && s.Reg() == 0 && s.is(x86.OneByte, 0xf7): // TEST
		s.tests(next, wantedOf(&s.Inst, s.code))
	case s.is(x86.OneByte, 0xf6) && s.ModRM == 0xc4 && s.Rex == 0: // TEST AH
		s.tests(next, wantedOf(&s.Inst, s.code)<<8)
	case s.is(x86.TwoByte, 0xba) && eax && s.Reg() == 4: // BT
		next.flags = noFlags
		if s.eax == mask && 1<<(s.Imm(s.code)&31) == pkruComponent && s.Rex&8 == 0 {
			next.flags = carryMeans
		}
	default:
		return false
	}
	return true
}

func (s *step) tests(next *state, bits uint32) {
	next.flags = noFlags
	if s.eax == mask && bits&pkruComponent != 0 {
		next.flags = zeroMeans
	}
}
