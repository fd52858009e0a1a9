package scan_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/enforcement/scan"
)

// needTool returns where a program is. Under CI it must be there.
func needTool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("%v; run scripts/install-deps", err)
	}
	return path
}

// compile makes a program of C or assembly, with further flags of gcc.
func compile(t *testing.T, name, source string, flags ...string) string {
	t.Helper()
	if runtime.GOARCH != "amd64" {
		t.Skip("gcc makes no code for x86 here")
	}
	gcc := needTool(t, "gcc")
	folder := t.TempDir()
	in, out := filepath.Join(folder, name), filepath.Join(folder, "out")
	if err := os.WriteFile(in, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := exec.Command(gcc, append([]string{"-O2", "-o", out, in}, flags...)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	return out
}

// bare is what a program without libraries is linked with.
var bare = []string{"-nostdlib", "-static", "-Wl,--build-id=none"}

func scanFile(t *testing.T, path string) *scan.Report {
	t.Helper()
	r, err := scan.File(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestHitsAreExplained(t *testing.T) {
	const start = ".globl _start\n.type _start,@function\n_start:\n"
	for _, test := range []struct {
		name, body string
		placement  scan.Placement
		place      string
		advice     string
	}{
		{"an instruction", "nop\nwrpkru\nret", scan.Intended, "an instruction of its own", "leave the function out"},
		{"an instruction with a prefix", "xrstor64 (%rdi)\nret", scan.Intended, "an instruction of its own", "leave the function out"},
		{"a base", "nop\nwrfsbase %rax\nret", scan.Intended, "an instruction of its own", "leave the function out"},
		{"a base of 32 bits", "nop\nwrgsbase %r9d\nret", scan.Intended, "an instruction of its own", "leave the function out"},
		{"a base in a constant", "movabs $0x11d0ae0ff3334455,%rax\nret", scan.Within, "immediate of mov $0x11d0ae0ff3334455,%rax", "build the constant"},
		{"a constant", "mov $0xef010f,%eax\nret", scan.Within, "immediate of mov $0xef010f,%eax", "build the constant"},
		{"a constant of eight bytes", "movabs $0x11ef010f22334455,%rax\nret", scan.Within, "immediate of mov $0x11ef010f22334455,%rax", "build the constant"},
		{"an offset", "mov 0xef010f(%rdi),%eax\nret", scan.Within, "displacement of mov 0xef010f(%rdi),%eax", "move the field"},
		{"an address", "lea 0x2cae0f(%rip),%rcx\nret", scan.Within, "displacement of lea 0x2cae0f(%rip),%rcx", "link in another order"},
		{"a distance", "call .+5+0x28ae0f\nret", scan.Within, "distance of callq", "link in another order"},
		{"a constant and what follows", "mov $0x0f000000,%eax\nadd %ebp,%edi\nret", scan.Across, "immediate of mov $0xf000000,%eax, and what follows it", "NOP"},
		{"an offset and a constant", "movl $0xef01,0x0f000000(%rdi)\nret", scan.Within, "displacement to immediate of", "link in another order"},
		{"an opcode and its operand", "rol $0xf,%r15d\nadd %ebp,%edi\nret", scan.Across, "immediate of rol", "NOP"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := scanFile(t, compile(t, "hit.S", start+test.body+"\n.size _start,.-_start\n", bare...))
			if len(r.Hits) != 1 {
				t.Fatalf("hits %+v", r.Hits)
			}
			h := r.Hits[0]
			if h.Placement != test.placement || !strings.Contains(h.Place, test.place) || strings.Contains(h.Place, "guessed") || !strings.Contains(h.Advice, test.advice) {
				t.Errorf("%s: %s; %s; want %s: %s; %s", h.Placement, h.Place, h.Advice, test.placement, test.place, test.advice)
			}
			class := scan.Open
			if h.Instruction == scan.WRFSBASE || h.Instruction == scan.WRGSBASE {
				class = scan.Identity
			}
			if h.Section != ".text" || !strings.HasPrefix(h.Symbol, "_start+0x") || h.Class != class {
				t.Errorf("section %q, symbol %q, class %s", h.Section, h.Symbol, h.Class)
			}
			here, hidden := 0, 0
			for _, l := range h.Code {
				switch l.Mark {
				case scan.Here:
					here++
				case scan.Hidden:
					hidden++
				}
			}
			if here != 1 || (hidden == 0) != (test.placement == scan.Intended && !strings.Contains(test.name, "prefix")) {
				t.Errorf("code %+v", h.Code)
			}
		})
	}
}

// TestStripped: without symbols the unwind table tells where functions begin.
func TestStripped(t *testing.T) {
	const source = ".globl _start\n_start:\n.cfi_startproc\nret\n.cfi_endproc\n.byte 0x48,0xb8\n" +
		"f:\n.cfi_startproc\nmov $0xef010f,%eax\nret\n.cfi_endproc\n"
	r := scanFile(t, compile(t, "hit.S", source, append(bare, "-s", "-Wl,--eh-frame-hdr")...))
	if len(r.Hits) != 1 || r.Hits[0].Place != "immediate of mov $0xef010f,%eax" || r.Hits[0].Symbol != "" {
		t.Errorf("hits %+v", r.Hits)
	}
}

func TestDataNextToCode(t *testing.T) {
	const source = ".globl _start\n_start:\nret\n.section .rodata\n.byte 0x0f,0x01,0xef\n"
	together := scanFile(t, compile(t, "hit.S", source, append(bare, "-Wl,-z,noseparate-code")...))
	if len(together.Hits) != 1 || together.Hits[0].Placement != scan.Data || !strings.Contains(together.Hits[0].Advice, "separate-code") {
		t.Errorf("hits %+v", together.Hits)
	}
	if apart := scanFile(t, compile(t, "hit.S", source, append(bare, "-Wl,-z,separate-code")...)); len(apart.Hits) != 0 {
		t.Errorf("hits %+v", apart.Hits)
	}
}

// TestTextRelocations: code that loading changes is noted.
func TestTextRelocations(t *testing.T) {
	const source = ".globl f\n.type f,@function\nf:\nmovabs $f,%rax\nret\n.section .note.GNU-stack,\"\",@progbits\n"
	with := scanFile(t, compile(t, "code.S", source, "-nostdlib", "-shared", "-Wl,-z,notext"))
	if notes := strings.Join(with.Notes, "\n"); !strings.Contains(notes, "text relocations") {
		t.Errorf("notes %q", notes)
	}
	without := scanFile(t, compile(t, "code.S", strings.ReplaceAll(source, "$f", "$1"), "-nostdlib", "-shared"))
	if notes := strings.Join(without.Notes, "\n"); strings.Contains(notes, "text relocations") {
		t.Errorf("notes %q", notes)
	}
}

// Test32Bit: a process of 32 bits has PKRU too.
func Test32Bit(t *testing.T) {
	const source = ".code32\n.globl _start\n.type _start,@function\n_start:\ninc %ecx\nwrpkru\ncmp $0x55555554,%eax\nje 1f\nud2\n1: ret\n.size _start,.-_start\n"
	r := scanFile(t, compile(t, "hit.S", source, append(bare, "-m32", "-no-pie")...))
	if len(r.Hits) != 1 || r.Hits[0].Class != scan.Proven || !strings.HasPrefix(r.Hits[0].Symbol, "_start+0x1") {
		t.Errorf("hits %+v", r.Hits)
	}
}

// TestCompilersCheck: what a compiler makes of a gate with a check is proven.
func TestCompilersCheck(t *testing.T) {
	const source = `
void shut(void) {
	unsigned rights = 0x55555554;
	__asm__ volatile("xor %%ecx,%%ecx\n xor %%edx,%%edx\n wrpkru" : "+a"(rights) : : "ecx", "edx", "memory");
	if (rights != 0x55555554)
		__builtin_trap();
}
void restore(void *area, unsigned mask) {
	__asm__ volatile("xrstor (%1)" : "+a"(mask) : "D"(area), "d"(0) : "memory");
	if (mask & 0x200)
		__builtin_trap();
}
void _start(void) { shut(); }
`
	r := scanFile(t, compile(t, "gate.c", source, append(bare, "-fno-stack-protector")...))
	if len(r.Hits) < 2 || r.Verdict != scan.Clean {
		t.Errorf("%s: %+v", r.Verdict, r.Hits)
	}
}

// TestLibrary: a program that uses the C library's pkey_set has it in it when
// linked statically; and its dynamic loader, if any.
func TestLibrary(t *testing.T) {
	const source = "#define _GNU_SOURCE\n#include <sys/mman.h>\nint main(int n, char **v) { return pkey_set(n, 0); }\n"
	r := scanFile(t, compile(t, "set.c", source, "-static"))
	set := 0
	for _, h := range r.Hits {
		switch {
		case h.Instruction == scan.WRPKRU && strings.HasPrefix(h.Symbol, "pkey_set+"):
			if set++; h.Class != scan.Open || h.Placement != scan.Intended {
				t.Errorf("%s, %s", h.Class, h.Placement)
			}
		case h.Instruction == scan.XRSTOR && h.Placement == scan.Intended && h.Class != scan.Masked:
			t.Errorf("%s in %s: %s", h.Class, h.Symbol, h.Claim)
		}
	}
	if set != 1 {
		t.Errorf("%d hits in pkey_set: %+v", set, r.Hits)
	}
}

func TestDynamicLoader(t *testing.T) {
	const loader = "/lib64/ld-linux-x86-64.so.2"
	if _, err := os.Stat(loader); err != nil {
		t.Skipf("%v: this system has another", err)
	}
	for _, h := range scanFile(t, loader).Hits {
		if h.Instruction == scan.XRSTOR && h.Placement == scan.Intended && h.Class != scan.Masked {
			t.Errorf("%s %s at %v: %s", h.Class, h.Instruction, h.Address, h.Claim)
		}
	}
}

// TestGoWithoutSymbols: Go's own table tells the functions of a stripped program.
func TestGoWithoutSymbols(t *testing.T) {
	folder := t.TempDir()
	source := "package main\n\nvar secret uint64\n\nfunc main() { hide() }\n\n//go:noinline\nfunc hide() { secret = 0x11ef010f22334455 }\n"
	if err := os.WriteFile(filepath.Join(folder, "main.go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.Command(needTool(t, "go"), "build", "-ldflags=-s -w", "-o", "out", "main.go")
	build.Dir, build.Env = folder, append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	for _, h := range scanFile(t, filepath.Join(folder, "out")).Hits {
		if strings.HasPrefix(h.Symbol, "main.hide+0x") && strings.HasPrefix(h.Place, "immediate of mov $0x11ef010f22334455,") {
			return
		}
	}
	t.Error("the constant in main.hide is not found")
}

// TestProgramsOfOurs: the gate is all that was meant in a program that links the
// SDK. What else there is came about by chance, and goes with another order of
// the functions.
func TestProgramsOfOurs(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	out := filepath.Join(t.TempDir(), "waveguard")
	build := exec.Command(needTool(t, "go"), "build", "-o", out, "github.com/optical-net/waveguard/cmd/waveguard")
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	gates := 0
	for _, h := range scanFile(t, out).Hits {
		switch {
		case h.Class == scan.Gate && strings.Contains(h.Symbol, "enforcement/mpk.writePKRU") && h.Placement == scan.Intended:
			gates++
		case h.Placement == scan.Intended:
			t.Errorf("%s %s in %s: %s", h.Class, h.Instruction, h.Symbol, h.Claim)
		default:
			t.Logf("by chance: %s in %s: %s", h.Instruction, h.Symbol, h.Place)
		}
	}
	if gates != 1 {
		t.Errorf("%d gates", gates)
	}
}
