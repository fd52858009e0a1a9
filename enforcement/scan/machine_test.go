package scan_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/arch/x86/x86asm"

	"github.com/optical-net/waveguard/enforcement/scan"
)

// machine executes the few instructions of which proofs are made, as the SDM
// describes them, decoded by others than what is tested.
type machine struct {
	code      []byte
	mode      int
	pc        int
	registers [8]uint64
	pkru      uint32
	zero      bool
	carry     bool
	dice      *rand.Rand
}

// outcome is how an execution ends.
type outcome byte

const (
	goesOn  outcome = iota
	stopped         // by an exception
	escapes         // it touches memory or leaves the code
)

// run executes no more than some instructions.
func (m *machine) run(steps int) outcome {
	for range steps {
		if o := m.step(); o != goesOn {
			return o
		}
	}
	return goesOn
}

func (m *machine) step() outcome {
	if m.pc < 0 || m.pc >= len(m.code) {
		return escapes
	}
	rest := m.code[m.pc:]
	switch {
	case bytes.HasPrefix(rest, []byte{0x0f, 0x01, 0xef}):
		m.pc += 3
		m.pkru = uint32(m.registers[0])
		return goesOn
	case bytes.HasPrefix(rest, []byte{0x0f, 0x01, 0xee}):
		m.pc += 3
		m.registers[0], m.registers[2] = uint64(m.pkru), 0
		return goesOn
	case bytes.HasPrefix(rest, []byte{0xf3, 0x0f, 0x1e, 0xfa}):
		m.pc += 4
		return goesOn
	}
	inst, err := x86asm.Decode(rest, m.mode)
	if err != nil {
		return escapes
	}
	m.pc += inst.Len
	return m.execute(inst)
}

func (m *machine) execute(inst x86asm.Inst) outcome {
	switch inst.Op {
	case x86asm.NOP, x86asm.LFENCE, x86asm.PAUSE:
		return goesOn
	case x86asm.UD2, x86asm.HLT, x86asm.INT:
		return stopped
	case x86asm.XRSTOR, x86asm.XRSTOR64:
		if m.registers[0]&(1<<9) != 0 {
			m.pkru = m.dice.Uint32()
		}
		return goesOn
	case x86asm.JMP, x86asm.JE, x86asm.JNE, x86asm.JB, x86asm.JAE, x86asm.JA, x86asm.JBE:
		return m.jump(inst)
	case x86asm.XOR, x86asm.MOV, x86asm.CMP, x86asm.TEST, x86asm.BT:
		return m.compute(inst)
	}
	return escapes
}

func (m *machine) jump(inst x86asm.Inst) outcome {
	distance, ok := inst.Args[0].(x86asm.Rel)
	taken := map[x86asm.Op]bool{
		x86asm.JMP: true, x86asm.JE: m.zero, x86asm.JNE: !m.zero, x86asm.JB: m.carry, x86asm.JAE: !m.carry,
		x86asm.JA: !m.zero && !m.carry, x86asm.JBE: m.zero || m.carry,
	}[inst.Op]
	if !ok {
		return escapes
	}
	if taken {
		m.pc += int(distance)
	}
	return goesOn
}

// compute does what registers and constants suffice for.
func (m *machine) compute(inst x86asm.Inst) outcome {
	to, ok := inst.Args[0].(x86asm.Reg)
	if !ok {
		return escapes
	}
	a, bits, known := m.load(to)
	b, ok := m.operand(inst.Args[1])
	if !known || !ok {
		return escapes
	}
	all := ^uint64(0) >> (64 - bits)
	b &= all
	switch inst.Op {
	case x86asm.MOV:
		m.store(to, b)
	case x86asm.XOR:
		m.store(to, a^b)
		m.zero, m.carry = a == b, false
	case x86asm.CMP:
		m.zero, m.carry = a == b, a < b
	case x86asm.TEST:
		m.zero, m.carry = a&b == 0, false
	case x86asm.BT:
		m.carry = a>>(b%uint64(bits))&1 != 0
	}
	return goesOn
}

func (m *machine) operand(arg x86asm.Arg) (uint64, bool) {
	switch arg := arg.(type) {
	case x86asm.Imm:
		return uint64(arg), true
	case x86asm.Reg:
		value, _, ok := m.load(arg)
		return value, ok
	}
	return 0, false
}

// load returns a register and its width in bits.
func (m *machine) load(r x86asm.Reg) (value uint64, bits int, ok bool) {
	switch {
	case r == x86asm.AH:
		return m.registers[0] >> 8 & 0xff, 8, true
	case r >= x86asm.EAX && r <= x86asm.EDI:
		return m.registers[r-x86asm.EAX] & 0xffffffff, 32, true
	case r >= x86asm.RAX && r <= x86asm.RDI:
		return m.registers[r-x86asm.RAX], 64, true
	}
	return 0, 0, false
}

func (m *machine) store(r x86asm.Reg, value uint64) {
	switch {
	case r >= x86asm.EAX && r <= x86asm.EDI:
		m.registers[r-x86asm.EAX] = value
	case r >= x86asm.RAX && r <= x86asm.RDI:
		m.registers[r-x86asm.RAX] = value
	}
}

// fragments are what random code is made of; %c is a constant, %j a distance.
var fragments = []string{
	"3d%c", "3d%c", "81f8%c", "483d%c", "83f8%j", "74%j", "75%j", "74%j", "75%j", "72%j", "73%j", "77%j", "eb%j",
	"0f0b", "0f0b", "cc", "f4", "90", "31c9", "31c0", "31db", "b8%c", "bb%c", "89c3", "89d8", "0f01ee", "0faee8",
	"a900020000", "a900030000", "a900010000", "f6c402", "0fbae009", "0fbae008", "c3", "8907", "8b07", "f30f1efa", "40", "48",
}

// constants are of PKRU: without open keys, with some.
var constants = []string{"54555555", "55555555", "50555555", "00000000"}

func randomCode(r *rand.Rand, hit string) []byte {
	var b strings.Builder
	b.WriteString(strings.Repeat("cc", 16) + hit)
	for range 2 + r.IntN(7) {
		f := fragments[r.IntN(len(fragments))]
		f = strings.ReplaceAll(f, "%c", constants[r.IntN(len(constants))])
		f = strings.ReplaceAll(f, "%j", fmt.Sprintf("%02x", byte(r.IntN(24)-12)))
		b.WriteString(f)
	}
	code, err := hex.DecodeString(b.String())
	if err != nil {
		panic(err)
	}
	return code
}

// TestProofsHoldInAMachine executes hits with random registers: what is claimed
// of them must be so, in both modes.
func TestProofsHoldInAMachine(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	counts := map[scan.Class]int{}
	const rounds = 8000
	for range rounds {
		hit := []string{"0f01ef", "0fae2f"}[r.IntN(2)]
		code := randomCode(r, hit)
		report, err := scan.Raw(t.Context(), "code", bytes.NewReader(code), int64(len(code)))
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range report.Hits {
			if counts[h.Class]++; h.Class == scan.Proven || h.Class == scan.Entry {
				tryToEscape(t, r, code, h)
			}
		}
	}
	if counts[scan.Proven] < rounds/20 || counts[scan.Entry] < rounds/4000 {
		t.Errorf("too few claims to test: %v", counts)
	}
}

func tryToEscape(t *testing.T, r *rand.Rand, code []byte, h scan.Hit) {
	t.Helper()
	const before = 0x55555554
	for _, eax := range []uint32{0, before, 0x55555550, 1 << 9, ^uint32(1 << 9), r.Uint32()} {
		m := &machine{code: code, mode: 32 + 32*r.IntN(2), pc: int(h.Address), pkru: before, dice: r, zero: r.IntN(2) == 0, carry: r.IntN(2) == 0}
		for i := range m.registers {
			m.registers[i] = r.Uint64()
		}
		m.registers[0] = m.registers[0]&^0xffffffff | uint64(eax)
		if m.mode == 32 {
			m.registers[0] = uint64(eax)
		}
		const steps = 200
		if m.run(steps) != escapes || m.pkru == before {
			continue
		}
		allowed := strings.Contains(h.Claim, fmt.Sprintf("PKRU %#08x", m.pkru))
		closed := m.pkru&0x55555554 == 0x55555554
		if !allowed || h.Class == scan.Proven && !closed {
			t.Errorf("% x: with EAX %#x in %d-bit mode PKRU is %#08x outside of the check, in spite of: %s: %s", code[16:], eax, m.mode, m.pkru, h.Class, h.Claim)
		}
	}
}
