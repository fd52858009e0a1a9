//go:build linux && amd64

package redteam_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/mpk"
)

// flips are the ways for which a bit is made another while the attacker waits, by what makes it so. In what
// has no walls there is no such bit, and all is open.
var flips = map[string]func(t *testing.T, p waiting, behind defence){
	"flip":          flipRights,
	"flip-crossing": flipRights,
	"flip-gate":     flipAtTheGate,
	"flip-policy":   flipPolicy,
	"forge-policy":  forgePolicy,
}

// What stops bits that are not as they were written.
const (
	newRights   = "the gate's new rights"
	comparison  = "the gate's comparison"
	sealedPages = "sealed pages"
)

// waiting is an attacker who waits to be let go.
type waiting struct {
	pid          int
	secret       uintptr
	rightsOffset int // of PKRU in the thread's registers, as ptrace gives them
	letGo        func()
}

// flipIn runs the attacker, with what is made another while it waits.
func (d *daemon) flipIn(t *testing.T, w way, cmd *exec.Cmd, behind defence) (outcome, string) {
	t.Helper()
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	left := d.joined.left.Load()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	p := waiting{letGo: func() {
		if _, err := in.Write([]byte("x")); err != nil {
			t.Error(err)
		}
	}}
	reader := bufio.NewReader(out)
	if _, err := fmt.Fscanf(reader, "waits, secret at %d, rights at %d\n", &p.secret, &p.rightsOffset); err != nil {
		t.Fatalf("the program does not wait: %v", err)
	}
	if p.pid = childOf(t, cmd.Process.Pid); behind.walls == mpk.KindPKU {
		flips[w.name](t, p, behind)
	} else {
		p.letGo()
	}
	d.await(t, func() bool { return d.joined.left.Load() > left })
	in.Close()
	said, err := io.ReadAll(reader)
	if err != nil {
		t.Error(err)
	}
	err = cmd.Wait()
	return d.outcome(t, cmd.Dir, string(said), err)
}

// mapping returns the line of /proc/PID/smaps for the mapping that holds, and those that say more of it.
func mapping(t *testing.T, pid int, holds func(line string) bool) (first string, more []string) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		name, _, _ := strings.Cut(line, " ")
		switch begins := !strings.HasSuffix(name, ":"); {
		case begins && first != "":
			return first, more
		case begins && holds(line):
			first = line
		case first != "":
			more = append(more, line)
		}
	}
	if first == "" {
		t.Fatalf("process %d has no such mapping:\n%s", pid, text)
	}
	return first, more
}

// bit is the one in a thread's rights that closes the secret to it.
func (p waiting) bit(t *testing.T) uint32 {
	t.Helper()
	_, more := mapping(t, p.pid, func(line string) bool { return strings.HasPrefix(line, fmt.Sprintf("%x-", p.secret)) })
	key := 0
	for _, line := range more {
		_, _ = fmt.Sscanf(line, "ProtectionKey: %d", &key)
	}
	if key == 0 {
		t.Fatal("the secret has no key")
	}
	return 1 << (2 * key)
}

// traced has f done while the thread is stopped, and lets it go on.
func (p waiting) traced(t *testing.T, f func()) {
	t.Helper()
	runtime.LockOSThread() // a tracer is a thread
	defer runtime.UnlockOSThread()
	if err := unix.PtraceAttach(p.pid); err != nil {
		t.Fatal(err)
	}
	p.stopped(t)
	f()
	if err := unix.PtraceDetach(p.pid); err != nil {
		t.Error(err)
	}
}

func (p waiting) stopped(t *testing.T) {
	t.Helper()
	var s unix.WaitStatus
	if _, err := unix.Wait4(p.pid, &s, unix.WALL, nil); err != nil || !s.Stopped() {
		t.Fatalf("it does not stop: %v %v", s, err)
	}
}

// flipRights flips the bit in the register itself.
func flipRights(t *testing.T, p waiting, _ defence) {
	const getRegisters, setRegisters, extended = 0x4204, 0x4205, 0x202 // of <linux/ptrace.h>, <elf.h>
	bit := p.bit(t)
	p.traced(t, func() {
		state := make([]byte, 1<<16)
		v := unix.Iovec{Base: &state[0], Len: uint64(len(state))}
		if errno := raw(unix.SYS_PTRACE, getRegisters, uintptr(p.pid), extended, uintptr(unsafe.Pointer(&v))); errno != 0 {
			t.Fatal(errno)
		}
		rights := state[p.rightsOffset:]
		was := binary.LittleEndian.Uint32(rights)
		if was&bit == 0 {
			t.Errorf("rights %#x are open before", was)
		}
		binary.LittleEndian.PutUint32(rights, was^bit)
		if errno := raw(unix.SYS_PTRACE, setRegisters, uintptr(p.pid), extended, uintptr(unsafe.Pointer(&v))); errno != 0 {
			t.Fatal(errno)
		}
	})
	p.letGo()
}

// flipAtTheGate flips the bit in what the gate is about to write, or, with no comparison behind, in what it has written.
func flipAtTheGate(t *testing.T, p waiting, behind defence) {
	const enough = 1 << 17
	bit := p.bit(t)
	p.traced(t, func() {
		p.letGo()
		for seen, steps := 0, 0; ; steps++ {
			if steps == enough {
				t.Fatal("it goes through no gate")
			}
			if p.writesRights(t) {
				seen++
			}
			if seen == 2 { // the first opens the controller's key
				break
			}
			p.step(t)
		}
		p.flipRAX(t, bit)
		p.step(t)
		if behind.uncompared {
			p.flipRAX(t, bit)
		}
	})
}

func (p waiting) step(t *testing.T) {
	t.Helper()
	if err := unix.PtraceSingleStep(p.pid); err != nil {
		t.Fatal(err)
	}
	p.stopped(t)
}

// writesRights says whether the thread's next instruction is WRPKRU.
func (p waiting) writesRights(t *testing.T) bool {
	t.Helper()
	var r unix.PtraceRegs
	code := make([]byte, 3)
	if err := unix.PtraceGetRegs(p.pid, &r); err != nil {
		t.Fatal(err)
	}
	_, err := unix.PtracePeekText(p.pid, uintptr(r.Rip), code)
	return err == nil && bytes.Equal(code, []byte{0x0f, 0x01, 0xef})
}

// trapFlag has a thread be stopped at each instruction. The kernel takes it for the program's own when steps have led
// over a POPF, as the gate has one, and leaves it on.
const trapFlag = 1 << 8

func (p waiting) flipRAX(t *testing.T, bit uint32) {
	t.Helper()
	var r unix.PtraceRegs
	if err := unix.PtraceGetRegs(p.pid, &r); err != nil {
		t.Fatal(err)
	}
	r.Rax ^= uint64(bit)
	r.Eflags &^= trapFlag
	if err := unix.PtraceSetRegs(p.pid, &r); err != nil {
		t.Fatal(err)
	}
}

// The process's policy page.
const policyPage = "/memfd:waveguard-policy "

// policyEntry returns the page that the process maps, by its own mapping in this one, which is the daemon's; where it
// begins there, and where in it the flags of the entry are by which its first domain may not call its second.
func (p waiting) policyEntry(t *testing.T) (memory []byte, at uintptr, flags int) {
	t.Helper()
	line, _ := mapping(t, p.pid, func(line string) bool { return strings.Contains(line, policyPage) })
	parts := strings.Fields(line)
	inode := parts[4]
	if _, err := fmt.Sscanf(line, "%x-", &at); err != nil {
		t.Fatal(err)
	}
	line, _ = mapping(t, os.Getpid(), func(line string) bool {
		return strings.Contains(line, policyPage) && strings.Fields(line)[4] == inode && strings.Contains(line, " rw-s ")
	})
	var from, to uintptr
	if _, err := fmt.Sscanf(line, "%x-%x", &from, &to); err != nil {
		t.Fatal(err)
	}
	memory = unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(nil), from)), int(to-from))
	// sdk/include/waveguard/page.h
	word := func(at int) int { return int(binary.LittleEndian.Uint32(memory[at:])) }
	bank := word(24 + 4*(word(40)&1))
	row, entries := word(bank+4), word(bank+8)
	if binary.LittleEndian.Uint16(memory[bank:]) != 1 || entries != 1 || memory[row] != 1 || memory[row+2]&1 != 0 {
		t.Fatalf("front is not the first domain, or its row not what is configured: %x", memory[bank:row+16])
	}
	return memory, at, row + 2
}

// flipPolicy flips the bit of the page by which a call is denied, in memory.
func flipPolicy(t *testing.T, p waiting, _ defence) {
	memory, _, flags := p.policyEntry(t)
	memory[flags] ^= 1
	p.letGo()
}

// forgePolicy does the same through the process's memory, as a debugger would; where the page is not sealed, as it does.
func forgePolicy(t *testing.T, p waiting, behind defence) {
	if behind.unsealed {
		flipPolicy(t, p, behind)
		return
	}
	_, at, flags := p.policyEntry(t)
	memory, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", p.pid), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	if _, err := memory.WriteAt([]byte{1}, int64(at)+int64(flags)); err == nil {
		t.Error("root can write to the sealed page")
	}
	p.letGo()
}
