package scan

import (
	"encoding/binary"
	"fmt"

	"github.com/optical-net/waveguard/enforcement/scan/internal/x86"
)

// maxMasked bounds, in bytes, what is read to try claims of the class Masked for a
// span: each costs a pass over it.
const maxMasked = 256 << 20

// maskedClaim says with which constant an XRSTOR is executed that is reached
// along the straight line before it; boundaries are where the instructions of the
// function begin, up to the XRSTOR's own. It is "" if there is none without
// PKRU's bit, or if a branch leads past it.
func (e *examiner) maskedClaim(boundaries []uint64) string {
	last := len(boundaries) - 1
	for i := last - 1; i >= 0; i-- {
		code := e.fixed(boundaries[i])
		inst, err := x86.Decode(code, e.mode)
		if err != nil {
			return ""
		}
		if inst.Map == x86.OneByte && inst.Opcode == 0xb8 && inst.Plain() && inst.Rex&9 == 0 { // MOV EAX, constant
			return e.constantClaim(boundaries[i], boundaries[last], wantedOf(&inst, code))
		}
		s := step{Inst: inst, code: code, state: state{eax: mask}, mode: e.mode}
		if next, ok := s.harmless(); !ok || next.eax != mask {
			return ""
		}
	}
	return ""
}

func (e *examiner) constantClaim(from, to uint64, value uint32) string {
	if e.span.masked += e.span.end() - e.span.start(); e.span.masked > maxMasked || value&pkruComponent != 0 {
		return ""
	}
	if e.shortBetween(from, to) || e.span.farBetween(from, to) {
		return ""
	}
	return fmt.Sprintf("reached through %#x, its mask is %#x, without PKRU's bit, and no direct branch in this code leads in behind that; an indirect one that does has any mask", from, value)
}

// shortBetween says whether a branch with a distance of one byte leads behind
// from and up to to, among the instructions that are as near as that.
func (e *examiner) shortBetween(from, to uint64) bool {
	const reach = 128 + x86.MaxLen
	boundaries := e.readingFrom(max(e.span.start(), from-min(from, reach+guessFrom)), to+reach)
	for _, at := range boundaries {
		code := e.code(at)
		inst, err := x86.Decode(code, e.mode)
		if err != nil || inst.ImmLen != 1 || inst.Map != x86.OneByte || !branchesShort(inst.Opcode) {
			continue
		}
		if target := branchTarget(&inst, code, at, e.mode); target > from && target <= to {
			return true
		}
	}
	return false
}

// branchesShort says whether an opcode has a distance of one byte: Jcc, LOOP,
// JCXZ, JMP.
func branchesShort(opcode byte) bool {
	return opcode&0xf0 == 0x70 || opcode >= 0xe0 && opcode <= 0xe3 || opcode == 0xeb
}

// farBetween says whether a call or jump of the span with a distance of four
// bytes, at whatever offset it is read, leads behind from and up to to.
func (s *span) farBetween(from, to uint64) bool {
	const opcodes, distance = 1, 4
	b := make([]byte, opcodes+distance+chunk)
	for at := s.start(); at < s.end(); at += chunk {
		n, err := s.read(b, at)
		if err != nil {
			return true
		}
		for i := opcodes; i+distance <= n; i++ {
			far := int64(int32(binary.LittleEndian.Uint32(b[i:])))
			if target := at + uint64(i) + distance + uint64(far); target > from && target <= to && branchesFar(b[i-1]) {
				return true
			}
		}
	}
	return false
}

// branchesFar says whether the last byte of an opcode is one of CALL, JMP, Jcc
// or XBEGIN, which have distances of four bytes.
func branchesFar(opcode byte) bool {
	return opcode == 0xe8 || opcode == 0xe9 || opcode&0xf0 == 0x80 || opcode == 0xf8
}
