package mpk_test

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/mpk"
)

// jump goes to an address with a value in EAX, as code does that was taken over. It
// comes back if what is there returns.
type jump func(eax uint32, to uintptr)

// machineCode makes bytes executable.
func machineCode(t *testing.T, code []byte) uintptr {
	t.Helper()
	m, err := unix.Mmap(-1, 0, len(code), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Munmap(m) })
	copy(m, code)
	if err := unix.Mprotect(m, unix.PROT_READ|unix.PROT_EXEC); err != nil {
		t.Fatal(err)
	}
	return uintptr(unsafe.Pointer(&m[0]))
}

func jumper(t *testing.T) jump {
	t.Helper()
	address := machineCode(t, []byte{
		0x31, 0xc9, // XORL CX, CX
		0x31, 0xd2, // XORL DX, DX
		0x48, 0x83, 0xec, 0x28, // SUBQ $40, SP: what the gate returns lands in it
		0xff, 0xd3, // CALL BX
		0x48, 0x83, 0xc4, 0x28, // ADDQ $40, SP
		0xc3,
	})
	entry := &address // what a Go function value points to
	return *(*jump)(unsafe.Pointer(&entry))
}

// rogue returns a WRPKRU that nothing checks.
func rogue(t *testing.T) func(rights uint32) {
	t.Helper()
	to, code := jumper(t), machineCode(t, []byte{0x0f, 0x01, 0xef, 0xc3})
	return func(rights uint32) { to(rights, code) }
}

// gate returns the gate's code from its WRPKRU on, and where it stands.
func gate(t *testing.T) (code []byte, address uintptr) {
	t.Helper()
	program, err := elf.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	section := program.Section(".text")
	text, err := section.Data()
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(text, []byte{0x0f, 0x01, 0xef, 0x31, 0xc9, 0x0f, 0x01, 0xee})
	if at < 0 || program.Type != elf.ET_EXEC {
		t.Fatalf("the gate is not in the program, of type %v", program.Type)
	}
	code, _, found := bytes.Cut(text[at:], []byte{0xc3})
	if !found {
		t.Fatal("the gate has no end")
	}
	return append(bytes.Clone(code), 0xc3), uintptr(section.Addr) + uintptr(at)
}

// TestPKUJumpToTheGate jumps to the gate's WRPKRU with rights that no thread may
// have: the process ends. The same code without its trap lets them through.
func TestPKUJumpToTheGate(t *testing.T) {
	const marker = "WAVEGUARD_TEST_JUMP"
	b := pku(t)
	r := newRegion(t, newDomain(t, b, "vault"), 1)
	code, address := gate(t)
	to := jumper(t)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var rights uint32
	if n, _ := fmt.Sscan(os.Getenv(marker), &rights); n == 1 {
		to(rights, address)
		t.Fatalf("the gate returned, with PKRU %#x", mpk.ReadPKRU())
	}
	open := machineCode(t, bytes.Replace(code, []byte{0x0f, 0x0b}, []byte{0x90, 0x90}, 1))
	for name, rights := range map[string]uint32{
		"every key": 0, "two keys": allDenied - 1<<(2*15) - 1<<(2*14), "the parking key": allDenied - 1<<2,
		"one key for reading": allDenied - 1<<(2*9) + 1<<(2*9+1),
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^TestPKUJumpToTheGate$", "-test.timeout=60s")
			cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", marker, rights))
			cmd.WaitDelay = time.Second
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || !strings.Contains(string(out), "SIGILL: illegal instruction") {
				t.Errorf("child ended with %v, want death by SIGILL:\n%s", err, out)
			}
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			to(rights, open)
			got := mpk.ReadPKRU()
			readable := touch(r.Bytes()) == 0 // it was never entered: it is under the parking key
			mpk.WritePKRU(allDenied)
			if parking := rights>>2&3 == 0; got != rights || readable != parking {
				t.Errorf("without the trap PKRU is %#x, want %#x; the region is open: %v, want %v", got, rights, readable, parking)
			}
		})
	}
}

// TestPKUJumpOpensOneDomain says what is left: the gate cannot know which domain
// a thread may enter.
func TestPKUJumpOpensOneDomain(t *testing.T) {
	b := pku(t)
	vault, lobby := newDomain(t, b, "vault"), newDomain(t, b, "lobby")
	secret, other := newRegion(t, vault, 1), newRegion(t, lobby, 1)
	inside(t, b, vault, func() {})
	inside(t, b, lobby, func() {})
	_, address := gate(t)
	to := jumper(t)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	to(allDenied-1<<(2*vault.Key()), address)
	one, two := touch(secret.Bytes()) == 0, touch(other.Bytes()) == 0
	mpk.WritePKRU(allDenied)
	if !one || two {
		t.Errorf("the domain chosen is open: %v, another: %v; want true and false", one, two)
	}
}

func TestGoroutine(t *testing.T) {
	mine := mpk.Goroutine()
	other := make(chan uintptr)
	go func() { other <- mpk.Goroutine() }()
	if got := <-other; mine == 0 || got == mine || mpk.Goroutine() != mine {
		t.Errorf("this goroutine is %#x, then %#x, another %#x", mine, mpk.Goroutine(), got)
	}
}
