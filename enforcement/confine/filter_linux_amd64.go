package confine

import (
	"fmt"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Where struct seccomp_data (<linux/seccomp.h>) has what.
const (
	offNumber    = 0
	offArch      = 4
	offArguments = 16 // 8 octets each, the low ones first
)

const (
	archX8664 = 0xc000003e // AUDIT_ARCH_X86_64
	x32Bit    = 0x40000000 // __X32_SYSCALL_BIT
	// newest is the last system call that was looked at for Refusals; what comes
	// later does not exist for a confined program.
	newest = 467
)

// The verdicts of a filter.
const (
	retAllow = uint32(unix.SECCOMP_RET_ALLOW)
	retKill  = uint32(unix.SECCOMP_RET_KILL_PROCESS)
	retLog   = uint32(unix.SECCOMP_RET_LOG)
)

func refusedWith(e unix.Errno) uint32 { return uint32(unix.SECCOMP_RET_ERRNO) | uint32(e) }

// assembler writes a filter.
type assembler struct {
	program    []bpf.Instruction
	permissive bool
}

// Filter returns the filter of a policy, as the kernel takes it, or the error of Policy.Check.
func Filter(p Policy) ([]bpf.RawInstruction, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	raw, err := bpf.Assemble(program(p))
	if err != nil {
		return nil, fmt.Errorf("assemble the filter: %w", err)
	}
	return raw, nil
}

func program(p Policy) []bpf.Instruction {
	a := &assembler{permissive: p.Permissive}
	// System calls of another architecture or of x32 have other numbers.
	a.load(offArch)
	a.unless(bpf.JumpEqual, archX8664, retKill)
	a.load(offNumber)
	a.unless(bpf.JumpLessThan, x32Bit, retKill)
	a.unless(bpf.JumpLessOrEqual, newest, refusedWith(unix.ENOSYS))
	for _, r := range Refusals(p) {
		for _, c := range r.Calls {
			a.call(c, refusedWith(r.Error))
		}
	}
	a.emit(bpf.RetConstant{Val: retAllow})
	return a.program
}

func (a *assembler) emit(i ...bpf.Instruction) { a.program = append(a.program, i...) }

func (a *assembler) load(offset uint32) { a.emit(bpf.LoadAbsolute{Off: offset, Size: 4}) }

func (a *assembler) refuse(verdict uint32) {
	if a.permissive {
		verdict = retLog
	}
	a.emit(bpf.RetConstant{Val: verdict})
}

// unless refuses when a comparison with what is loaded does not hold.
func (a *assembler) unless(cond bpf.JumpTest, value, verdict uint32) {
	a.emit(bpf.JumpIf{Cond: cond, Val: value, SkipTrue: 1})
	a.refuse(verdict)
}

// call decides on one system call; the number is loaded before, and after for all others.
func (a *assembler) call(c Call, verdict uint32) {
	body := &assembler{permissive: a.permissive}
	for _, alternative := range c.permitted {
		body.alternative(alternative)
	}
	body.refuse(verdict)
	a.emit(bpf.JumpIf{Cond: bpf.JumpEqual, Val: c.number, SkipFalse: uint8(len(body.program))})
	a.emit(body.program...)
}

// alternative allows the call if all tests hold, and goes on behind otherwise.
func (a *assembler) alternative(tests []test) {
	const each = 3
	for i, t := range tests {
		left := uint8((len(tests)-i-1)*each + 1) // to behind the verdict
		jump := bpf.JumpIf{Cond: bpf.JumpEqual, Val: t.value, SkipFalse: left}
		if !t.equal {
			jump = bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: t.value, SkipFalse: left}
		}
		word := 8 * t.argument
		if t.high {
			word += 4
		}
		a.load(uint32(offArguments + word))
		a.emit(bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: t.mask}, jump)
	}
	a.emit(bpf.RetConstant{Val: retAllow})
}
