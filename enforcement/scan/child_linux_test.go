package scan_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/scan"
)

// childVariable names, to a copy of this test, the folder to work in as a
// process to be scanned.
const childVariable = "WAVEGUARD_SCAN_CHILD"

func TestMain(m *testing.M) {
	if folder := os.Getenv(childVariable); folder != "" {
		if err := beScanned(folder); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// hidden is where, in a page, the child puts a WRPKRU.
const hidden = 0x123

// beScanned makes executable memory, tells where, and waits until its input
// ends.
func beScanned(folder string) error {
	_, _ = mpk.Detect() // links the gate
	for _, make := range []func(string) error{anonymous, memfd, deleted, adjacent} {
		if err := make(folder); err != nil {
			return err
		}
	}
	fmt.Println("ready")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// tell writes where in memory a hit is to be found.
func tell(name string, at *byte) { fmt.Printf("%s %p\n", name, at) }

func codePage() []byte {
	code := bytes.Repeat([]byte{0x90}, page)
	copy(code[hidden:], wrpkru)
	return code
}

func anonymous(string) error {
	memory, err := unix.Mmap(-1, 0, page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return err
	}
	copy(memory, codePage())
	tell("anonymous", &memory[hidden])
	return unix.Mprotect(memory, unix.PROT_EXEC)
}

func memfd(string) error {
	fd, err := unix.MemfdCreate("secret", unix.MFD_CLOEXEC)
	if err != nil {
		return err
	}
	if _, err := unix.Write(fd, codePage()); err != nil {
		return err
	}
	memory, err := unix.Mmap(fd, 0, page, unix.PROT_READ|unix.PROT_EXEC, unix.MAP_SHARED)
	if err == nil {
		tell("memfd", &memory[hidden])
	}
	return err
}

// deleted maps the second page of an ELF file, at address 0x5000 there, and
// deletes the file.
func deleted(folder string) error {
	name := folder + "/deleted.so"
	file := program(2*page, load(page, 0x5000, page))
	copy(file[page:], codePage())
	if err := os.WriteFile(name, file, 0o600); err != nil {
		return err
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	memory, err := unix.Mmap(int(f.Fd()), page, page, unix.PROT_READ|unix.PROT_EXEC, unix.MAP_PRIVATE)
	if err != nil {
		return err
	}
	tell("deleted", &memory[hidden])
	return os.Remove(name)
}

// adjacent makes two mappings next to one another, with a sequence across.
func adjacent(string) error {
	memory, err := unix.Mmap(-1, 0, 2*page, unix.PROT_READ|unix.PROT_WRITE|unix.PROT_EXEC, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return err
	}
	copy(memory[page-1:], wrpkru)
	tell("adjacent", &memory[page-1])
	return unix.Mprotect(memory[:page], unix.PROT_READ|unix.PROT_EXEC)
}

// child is a process to be scanned, and what it told.
type child struct {
	pid   int
	where map[string]scan.Address
}

func startChild(t *testing.T) *child {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), childVariable+"="+t.TempDir())
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	c := &child{cmd.Process.Pid, map[string]scan.Address{}}
	for s := bufio.NewScanner(stdout); s.Scan() && s.Text() != "ready"; {
		name, at, _ := strings.Cut(s.Text(), " ")
		var address uint64
		if _, err := fmt.Sscanf(at, "0x%x", &address); err != nil {
			t.Fatalf("%q: %v", s.Text(), err)
		}
		c.where[name] = scan.Address(address)
	}
	return c
}
