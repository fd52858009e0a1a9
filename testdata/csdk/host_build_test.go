package csdk_test

import (
	"cmp"
	"debug/elf"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/optical-net/waveguard/enforcement/scan"
)

// descriptor is the least that a compartment has.
const descriptor = `#include <waveguard/compartment.h>
static uintptr_t f(uintptr_t a, uintptr_t b, uintptr_t c) { return a + b + c; }
static const struct wg_operation operations[] = {{"f", f}};
const struct wg_compartment wg_compartment = {WG_COMPARTMENT_ABI, 0, operations, 1};
`

// TestObjectsAreRefused: an object that would make a hole in the walls is not loaded, and the host says
// what to do.
func TestObjectsAreRefused(t *testing.T) {
	if os.Getenv("WAVEGUARD_IN_VM") != "" {
		t.Skip("the virtual machine has no tools")
	}
	host := program(t, "host/waveguard-host")
	const gadget = "void g(void) { __asm__(\".byte 0x0f, 0x01, 0xef\"); }\n"
	for name, c := range map[string]struct {
		source string
		flags  []string
		named  string
		spoil  func(t *testing.T, object string)
		with   string // what was allowed before
		allow  string // "" if nothing does
		says   string
	}{
		"sound":             {source: descriptor, allow: "--check"},
		"executable stack":  {source: descriptor, flags: []string{"-Wl,-z,execstack"}, says: "link it with -Wl,-z,noexecstack"},
		"text relocations":  {source: descriptor, flags: []string{"-fno-pic", "-mcmodel=large", "-Wl,-z,notext"}, says: "compile it with -fPIC"},
		"writable code":     {source: descriptor, spoil: makeCodeWritable, says: "memory that is written and executed"},
		"gadget":            {source: descriptor + gadget, allow: "--allow-gadgets", says: "waveguard scan"},
		"gadget, by name":   {source: descriptor + gadget, named: "libm.so.6", allow: "--allow-gadgets", says: "waveguard scan"},
		"gadget behind":     {source: descriptor, spoil: hideGadget, allow: "--allow-gadgets", says: "waveguard scan"},
		"two codes":         {source: descriptor, spoil: makeConstantsCode, says: "more than one piece of code"},
		"another dynamic":   {source: descriptor, spoil: moveDynamic, says: "is cut off, or damaged"},
		"open relocations":  {source: descriptor, flags: []string{"-Wl,-z,norelro"}, says: "-Wl,-z,relro"},
		"thread-local":      {source: descriptor + "_Thread_local int x = 5;\n", allow: "--allow-thread-local", says: "behind no wall"},
		"open template":     {source: descriptor + "_Thread_local int x = 5;\n", flags: []string{"-Wl,-z,norelro"}, with: "--allow-thread-local", says: "-Wl,-z,relro"},
		"no descriptor":     {source: "int x;\n", says: "exports no wg_compartment"},
		"another version":   {source: strings.Replace(descriptor, "WG_COMPARTMENT_ABI", "99", 1), says: "compile it again"},
		"unknown function":  {source: descriptor + "int g(void) { return wg_attach(0, 0, 0); }\n", says: "undefined symbol: wg_attach"},
		"no object":         {spoil: func(t *testing.T, object string) { write(t, object, []byte("#!/bin/sh\n")) }, says: "is no shared object"},
		"another processor": {source: descriptor, spoil: moveToARM, says: "is no shared object for x86-64"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			source, object := filepath.Join(dir, "x.c"), filepath.Join(dir, cmp.Or(c.named, "x.so"))
			write(t, source, []byte(c.source))
			command(t, "gcc", append([]string{"-shared", "-fPIC", "-I../../sdk/c/include", "-o", object, source}, c.flags...)...)
			if c.spoil != nil {
				c.spoil(t, object)
			}
			out, err := exec.Command(host, strings.Fields(c.with+" --check x="+object)...).CombinedOutput()
			if c.says != "" && (exitCode(err) != 3 || !strings.Contains(string(out), c.says)) {
				t.Errorf("%v\n%s", err, out)
			}
			if c.allow == "" {
				return
			}
			if out, err := exec.Command(host, c.allow, "--check", "x="+object).CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", c.allow, err, out)
			}
		})
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o700); err != nil {
		t.Fatal(err)
	}
}

// changeSegments gives each program header to a function, with all of the object.
func changeSegments(t *testing.T, object string, change func(data, header []byte)) {
	t.Helper()
	data, err := os.ReadFile(object)
	if err != nil {
		t.Fatal(err)
	}
	headers := binary.LittleEndian.Uint64(data[32:])
	for i := range uint64(binary.LittleEndian.Uint16(data[56:])) {
		change(data, data[headers+56*i:])
	}
	write(t, object, data)
}

func makeCodeWritable(t *testing.T, object string) {
	changeSegments(t, object, func(_, header []byte) {
		if flags := binary.LittleEndian.Uint32(header[4:]); flags&uint32(elf.PF_X) != 0 {
			binary.LittleEndian.PutUint32(header[4:], flags|uint32(elf.PF_W))
		}
	})
}

// makeConstantsCode has what is read only be executed as well.
func makeConstantsCode(t *testing.T, object string) {
	changeSegments(t, object, func(_, header []byte) {
		if elf.ProgType(binary.LittleEndian.Uint32(header)) == elf.PT_LOAD && elf.ProgFlag(binary.LittleEndian.Uint32(header[4:])) == elf.PF_R {
			binary.LittleEndian.PutUint32(header[4:], uint32(elf.PF_R|elf.PF_X))
		}
	})
}

// hideGadget puts a WRPKRU behind the code, in what its last page has left.
func hideGadget(t *testing.T, object string) {
	changeSegments(t, object, func(data, header []byte) {
		if binary.LittleEndian.Uint32(header[4:])&uint32(elf.PF_X) == 0 || elf.ProgType(binary.LittleEndian.Uint32(header)) != elf.PT_LOAD {
			return
		}
		behind := binary.LittleEndian.Uint64(header[8:]) + binary.LittleEndian.Uint64(header[32:])
		copy(data[behind:], "\x0f\x01\xef")
	})
}

// moveDynamic has the file show another dynamic section than the loader reads.
func moveDynamic(t *testing.T, object string) {
	changeSegments(t, object, func(_, header []byte) {
		if elf.ProgType(binary.LittleEndian.Uint32(header)) == elf.PT_DYNAMIC {
			binary.LittleEndian.PutUint64(header[8:], binary.LittleEndian.Uint64(header[8:])-16)
		}
	})
}

func moveToARM(t *testing.T, object string) {
	data, err := os.ReadFile(object)
	if err != nil {
		t.Fatal(err)
	}
	binary.LittleEndian.PutUint16(data[18:], uint16(elf.EM_AARCH64))
	write(t, object, data)
}

// nosy is a service whose constructor reads the data of the one loaded before it, where it finds it.
const nosy = descriptor + `
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
__attribute__((constructor)) static void look(void) {
	char line[600], rights[5];
	unsigned long from, to;
	FILE *maps = fopen("/proc/self/maps", "r");
	if (getenv("NOSY") == NULL)
		return;
	while (maps != NULL && fgets(line, sizeof line, maps) != NULL)
		if (strstr(line, "/vault.so") != NULL && sscanf(line, "%lx-%lx %4s", &from, &to, rights) == 3 && strcmp(rights, "r--p") != 0 && rights[2] != 'x')
			printf("reads %d\n", *(volatile char *)(to - 1));
}
`

// TestConstructorsAreKeptApart: what was loaded before is closed to the constructors of what comes later.
func TestConstructorsAreKeptApart(t *testing.T) {
	if os.Getenv("WAVEGUARD_IN_VM") != "" {
		t.Skip("the virtual machine has no tools")
	}
	source, object := filepath.Join(t.TempDir(), "nosy.c"), filepath.Join(t.TempDir(), "nosy.so")
	write(t, source, []byte(nosy))
	command(t, "gcc", "-shared", "-fPIC", "-I../../sdk/c/include", "-o", object, source)
	for _, env := range []string{"", "NOSY=1"} {
		cmd := exec.Command(program(t, "host/waveguard-host"), "--check", "vault="+program(t, "host/vault.so"), "nosy="+object)
		cmd.Env = append(os.Environ(), env)
		out, err := cmd.CombinedOutput()
		if nosy := env != ""; died(err, syscall.SIGSEGV) != nosy || strings.Contains(string(out), "reads") {
			t.Errorf("%q: %v\n%s", env, err, out)
		}
	}
}

// TestDocumentedCompartment builds the service that docs/compartments.md shows, as it says.
func TestDocumentedCompartment(t *testing.T) {
	if os.Getenv("WAVEGUARD_IN_VM") != "" {
		t.Skip("the virtual machine has no tools")
	}
	page, err := os.ReadFile("../../docs/compartments.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(page), "```c\n")
	source, _, found := strings.Cut(after, "```\n")
	if !found {
		t.Fatal("docs/compartments.md shows no service")
	}
	file, object := filepath.Join(t.TempDir(), "counter.c"), filepath.Join(t.TempDir(), "counter.so")
	write(t, file, []byte(source))
	command(t, "gcc", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", "-Wl,-z,relro,-z,now", "-I../../sdk/c/include", "-o", object, file)
	if out, err := exec.Command(program(t, "host/waveguard-host"), "--check", "counter="+object).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestDamagedObjects reads an object that is cut off, or changed, at every place of its headers.
func TestDamagedObjects(t *testing.T) {
	if os.Getenv("WAVEGUARD_IN_VM") != "" {
		t.Skip("the virtual machine has no sanitizers")
	}
	out, err := exec.Command(program(t, "object"), program(t, "host/vault.so")).CombinedOutput()
	if err != nil || string(out) != "1\n" {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestHostHasNoOtherGadget searches a running host with C++ in it: what is left is the gate's.
func TestHostHasNoOtherGadget(t *testing.T) {
	r := trio(t)
	h := r.host(strongest(t))
	report, err := scan.Process(t.Context(), h.cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	if report.Total == 0 {
		t.Error("not even the gate was found")
	}
	for _, hit := range report.Hits {
		if hit.Class != scan.Entry && hit.Class != scan.Masked {
			t.Errorf("%s at %s in %s: %s, %s", hit.Instruction, hit.Address, hit.In, hit.Class, hit.Claim)
		}
	}
	if len(report.Unread) > 0 {
		t.Errorf("unread: %v", report.Unread)
	}
	h.stop(0)
}

// command of the operator, with which the host is started in confinement.
func operatorsCommand(t *testing.T) string {
	t.Helper()
	if os.Getenv("WAVEGUARD_IN_VM") != "" {
		return program(t, "host/waveguard")
	}
	path := filepath.Join(t.TempDir(), "waveguard")
	build := exec.Command("go", "build", "-o", path, "../../cmd/waveguard")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return path
}

// TestHostInConfinement: the host does all it must do when waveguard run refuses it system calls.
func TestHostInConfinement(t *testing.T) {
	r := trio(t)
	h := r.prepareHost(strongest(t), "--after-fault", "go-on")
	h.cmd.Args = append([]string{"waveguard", "run", "--service", "front", "--profile", "region", "--", h.cmd.Path}, h.cmd.Args[1:]...)
	h.cmd.Path = operatorsCommand(t)
	r.begin(h)
	h.expect("call sum 5", "0 18849")
	h.expect("heap", "0 0")
	h.expect("threads", "0 0")
	h.expect("worker threading 8", "0 36")
	h.expect("peek data", "-8 0")
	h.expect("call sum 5", "0 18849")
	h.stop(5)
	if strings.Contains(h.said(), "are left") {
		t.Error("the C library still has instructions that open walls")
	}
}
