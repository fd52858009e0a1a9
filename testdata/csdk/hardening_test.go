package csdk_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestHardening asks the library's files what they were built with, and asks the same of a
// library that was built without.
func TestHardening(t *testing.T) {
	if os.Getenv("WAVEGUARD_IN_VM") != "" {
		t.Skip("the virtual machine has no tools")
	}
	if missing := lacks(t, filepath.Dir(filepath.Dir(program(t, "node")))); len(missing) > 0 {
		t.Errorf("the library lacks: %s", strings.Join(missing, "; "))
	}
	soft := t.TempDir()
	command(t, "make", "-s", "-j2", "-C", "../../sdk/c", "all", "OUT="+soft, "CFLAGS=-O1", "HARDENING=-fcf-protection=none -U_FORTIFY_SOURCE", "CANARY=",
		"LINKING=-Wl,-z,norelro,-z,lazy,-z,execstack,-z,noseparate-code")
	missing := strings.Join(lacks(t, soft), "\n")
	for _, want := range []string{
		"wire.c.o: indirect branch tracking", "wire.c.o: stack protector", "fortified calls", "read-only relocations", "binding at start", "a stack without execution",
		"code in pages of its own",
	} {
		if !strings.Contains(missing, want) {
			t.Errorf("a library without %s is not found out:\n%s", want, missing)
		}
	}
}

// lacks says what is missing from the library in a directory.
func lacks(t *testing.T, dir string) []string {
	t.Helper()
	objects, err := filepath.Glob(filepath.Join(dir, "obj", "*.o"))
	if err != nil || len(objects) < 10 {
		t.Fatalf("%d objects in %s: %v", len(objects), dir, err)
	}
	var missing []string
	for _, path := range objects {
		missing = append(missing, objectLacks(t, path)...)
	}
	return append(missing, libraryLacks(t, filepath.Join(dir, "libwaveguard.so.0"))...)
}

// Bits of GNU_PROPERTY_X86_FEATURE_1_AND.
const (
	ibt   = 1
	shstk = 2
)

func objectLacks(t *testing.T, path string) (missing []string) {
	f := openELF(t, path)
	name := filepath.Base(path)
	features := featuresOf(f)
	if features&ibt == 0 {
		missing = append(missing, name+": indirect branch tracking")
	}
	if stack := f.Section(".note.GNU-stack"); stack == nil || stack.Flags&elf.SHF_EXECINSTR != 0 {
		missing = append(missing, name+": a stack without execution")
	}
	undefined := symbols(t, f, elf.SHN_UNDEF)
	switch name {
	case "gate.S.o":
		if features&shstk != 0 {
			missing = append(missing, name+": it switches stacks and says that it is shadow-stack clean")
		}
		missing = append(missing, withoutLanding(t, f)...)
	case "alloc.c.o", "api.c.o", "attach.c.o", "heap.c.o", "end.c.o", "send.c.o", "receive.c.o", "crc32c.c.o", "sha256.c.o": // run with the rights of callers, who have a canary of their own
	case "wire.c.o", "supervise.c.o", "report.c.o":
		if !slices.Contains(undefined, "__stack_chk_guard") && !slices.Contains(undefined, "__stack_chk_fail") {
			missing = append(missing, name+": stack protector")
		}
		fallthrough
	default:
		if slices.Contains(undefined, "__stack_chk_fail") && !slices.Contains(undefined, "__stack_chk_guard") {
			missing = append(missing, name+": a canary that other domains cannot write")
		}
	}
	return missing
}

// withoutLanding returns the gate's entries that do not begin with ENDBR64.
func withoutLanding(t *testing.T, f *elf.File) (missing []string) {
	text, err := f.Section(".text").Data()
	if err != nil {
		t.Fatal(err)
	}
	all, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	entries := 0
	for _, s := range all {
		if elf.ST_TYPE(s.Info) != elf.STT_FUNC {
			continue
		}
		entries++
		if !bytes.HasPrefix(text[s.Value:], []byte{0xf3, 0x0f, 0x1e, 0xfa}) {
			missing = append(missing, "gate.S.o: a landing pad at "+s.Name)
		}
	}
	if entries < 8 {
		missing = append(missing, fmt.Sprintf("gate.S.o: only %d entries", entries))
	}
	return missing
}

func libraryLacks(t *testing.T, path string) (missing []string) {
	f := openELF(t, path)
	headers := map[elf.ProgType]*elf.Prog{}
	for _, p := range f.Progs {
		headers[p.Type] = p
		if p.Type == elf.PT_LOAD && p.Flags&(elf.PF_W|elf.PF_X) == elf.PF_W|elf.PF_X {
			missing = append(missing, "memory that is either written or run")
		}
		if p.Type == elf.PT_LOAD && p.Flags&elf.PF_X != 0 && (p.Off == 0 || p.Off%4096 != 0) {
			missing = append(missing, "code in pages of its own")
		}
	}
	if headers[elf.PT_GNU_RELRO] == nil {
		missing = append(missing, "read-only relocations")
	}
	if s := headers[elf.PT_GNU_STACK]; s == nil || s.Flags&elf.PF_X != 0 {
		missing = append(missing, "a stack without execution")
	}
	flags, err := f.DynValue(elf.DT_FLAGS)
	if err != nil || len(flags) == 0 || elf.DynFlag(flags[0])&elf.DF_BIND_NOW == 0 {
		missing = append(missing, "binding at start")
	}
	imported, err := f.ImportedSymbols()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(imported, func(s elf.ImportedSymbol) bool {
		return s.Name != "__stack_chk_fail" && strings.HasSuffix(s.Name, "_chk")
	}) {
		missing = append(missing, "fortified calls")
	}
	exported, err := f.DynamicSymbols()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range exported {
		if s.Section != elf.SHN_UNDEF && !strings.HasPrefix(s.Name, "wg_") {
			missing = append(missing, "a name of its own for "+s.Name)
		}
	}
	return missing
}

func openELF(t *testing.T, path string) *elf.File {
	t.Helper()
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func symbols(t *testing.T, f *elf.File, in elf.SectionIndex) (names []string) {
	t.Helper()
	all, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if s.Section == in {
			names = append(names, s.Name)
		}
	}
	return names
}

// featuresOf returns GNU_PROPERTY_X86_FEATURE_1_AND of a file's note, 0 without.
func featuresOf(f *elf.File) uint32 {
	const (
		ofNote  = 16 // bytes of the note's header with its name, "GNU"
		feature = 0xc0000002
	)
	s := f.Section(".note.gnu.property")
	if s == nil {
		return 0
	}
	data, err := s.Data()
	if err != nil {
		return 0
	}
	for data = data[min(ofNote, len(data)):]; len(data) >= 12; {
		size := binary.LittleEndian.Uint32(data[4:])
		if binary.LittleEndian.Uint32(data) == feature {
			return binary.LittleEndian.Uint32(data[8:])
		}
		data = data[min(8+int(size+7)&^7, len(data)):]
	}
	return 0
}
