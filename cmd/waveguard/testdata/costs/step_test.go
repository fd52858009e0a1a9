package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// flagsLoop looks at its flags as the C gate does, for ever: it ends by an invalid instruction if it sees a trap flag, and
// loads flags that have none.
var flagsLoop = []byte{
	0x9c,                         // pushfq
	0x58,                         // pop %rax
	0xa9, 0x00, 0x01, 0x00, 0x00, // test $0x100, %eax
	0x74, 0x02, // jz over the next
	0x0f, 0x0b, // ud2
	0x6a, 0x02, // push $2
	0x9d,       // popfq
	0xeb, 0xf0, // jmp to the first
}

const flagsLoopLength = 7 // instructions of a round

// program writes a static program of nothing but code, and returns it and where the code begins.
func program(t *testing.T, code []byte) (path string, start uint64) {
	t.Helper()
	const base, headers = 0x400000, 64 + 56
	start = base + headers
	size := uint64(headers + len(code))
	var b bytes.Buffer
	for _, part := range []any{
		elf.Header64{
			Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
			Type:  uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT),
			Entry: start, Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 1,
		},
		elf.Prog64{
			Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X), Vaddr: base, Paddr: base, Filesz: size, Memsz: size, Align: 4096,
		},
		code,
	} {
		if err := binary.Write(&b, binary.LittleEndian, part); err != nil {
			t.Fatal(err)
		}
	}
	path = filepath.Join(t.TempDir(), "loop")
	if err := os.WriteFile(path, b.Bytes(), 0o700); err != nil {
		t.Fatal(err)
	}
	return path, start
}

// TestStepsAreNotSeen: who is stepped does not see it in its flags, goes on afterwards, and can be
// stepped again. An end by the trap flag would be seen then.
func TestStepsAreNotSeen(t *testing.T) {
	path, start := program(t, flagsLoop)
	cmd := exec.Command(path)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	pid := cmd.Process.Pid
	for range 3 {
		all, err := laps(pid, pid, start, 4)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			if c.all != flagsLoopLength {
				t.Errorf("%d instructions, want %d", c.all, flagsLoopLength)
			}
		}
	}
}
