package x86

import (
	"bufio"
	"debug/elf"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// corpora are programs that hold many kinds of instructions.
var corpora = []string{"/lib/x86_64-linux-gnu/libc.so.6", "/lib/x86_64-linux-gnu/libm.so.6", "/lib64/ld-linux-x86-64.so.2", "/usr/bin/objdump"}

// TestLengthsAgreeWithObjdump decodes what objdump decodes, at its places, and
// compares the lengths.
func TestLengthsAgreeWithObjdump(t *testing.T) {
	objdump, err := exec.LookPath("objdump")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no objdump; install binutils")
	}
	for _, file := range corpora {
		t.Run(file[strings.LastIndex(file, "/")+1:], func(t *testing.T) {
			image, err := elf.Open(file)
			if err != nil {
				t.Skipf("%v: this system keeps it elsewhere", err)
			}
			defer image.Close()
			compare(t, objdump, file, image.Section(".text"))
		})
	}
}

// compare reads lines such as "  401000:\tf3 0f 1e fa          \tendbr64".
func compare(t *testing.T, objdump, file string, text *elf.Section) {
	t.Helper()
	code, err := text.Data()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(objdump, "-d", "-w", "-j", ".text", file)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	compared, wrong := 0, 0
	for s := bufio.NewScanner(out); s.Scan(); {
		fields := strings.SplitN(s.Text(), "\t", 3)
		if len(fields) < 3 || strings.Contains(fields[2], "(bad)") || strings.HasPrefix(fields[1], "9b ") {
			continue // objdump shows FWAIT and what follows as one
		}
		address, err := strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(fields[0]), ":"), 16, 64)
		if err != nil {
			continue
		}
		want := len(strings.Fields(fields[1]))
		got, err := Decode(code[address-text.Addr:], Mode64)
		if compared++; err != nil || got.Len != want {
			if wrong++; wrong < 10 {
				t.Errorf("%s: length %d, %v", s.Text(), got.Len, err)
			}
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if compared < 10000 {
		t.Errorf("compared %d instructions", compared)
	}
}
