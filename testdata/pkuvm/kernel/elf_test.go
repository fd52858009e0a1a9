package kernel

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// module returns an ELF file that has what dependencies reads: a .modinfo section.
func module(t *testing.T, depends string) []byte {
	t.Helper()
	const headerBytes, sectionBytes = 64, 64
	names := "\x00.modinfo\x00.shstrtab\x00"
	info := "license=GPL\x00depends=" + depends + "\x00name=x\x00"
	header := elf.Header64{
		Ident:     [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:      uint16(elf.ET_REL),
		Machine:   uint16(elf.EM_X86_64),
		Version:   uint32(elf.EV_CURRENT),
		Shoff:     headerBytes,
		Ehsize:    headerBytes,
		Shentsize: sectionBytes,
		Shnum:     3,
		Shstrndx:  2,
	}
	data := uint64(headerBytes + 3*sectionBytes)
	sections := []elf.Section64{
		{},
		{Name: 1, Type: uint32(elf.SHT_PROGBITS), Off: data, Size: uint64(len(info))},
		{Name: 10, Type: uint32(elf.SHT_STRTAB), Off: data + uint64(len(info)), Size: uint64(len(names))},
	}
	var b bytes.Buffer
	for _, part := range []any{header, sections, []byte(info), []byte(names)} {
		if err := binary.Write(&b, binary.LittleEndian, part); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func TestCompressedModule(t *testing.T) {
	for _, tool := range []string{"busybox", "xz"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("%s is missing: install the packages busybox-static and xz-utils", tool)
			}
			t.Skipf("%s is missing: install the packages busybox-static and xz-utils", tool)
		}
	}
	image := module(t, "")
	file := filepath.Join(t.TempDir(), "a.ko")
	if err := os.WriteFile(file, image, 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("xz", "--check=crc32", file).CombinedOutput(); err != nil {
		t.Fatalf("xz: %v: %s", err, out)
	}
	got, err := readModule(file + ".xz")
	if err != nil || !bytes.Equal(got, image) {
		t.Errorf("a compressed module of %d bytes was read as %d bytes, %v", len(image), len(got), err)
	}
}
