package scan_test

import (
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/scan"
)

func TestProcess(t *testing.T) {
	c := startChild(t)
	r, err := scan.Process(t.Context(), c.pid)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.where) != 4 {
		t.Fatalf("the process tells of %v", c.where)
	}
	hits := map[scan.Address]scan.Hit{}
	gates := 0
	for _, h := range r.Hits {
		switch {
		case h.Class == scan.Gate:
			if gates++; !strings.Contains(h.Symbol, "mpk.writePKRU") {
				t.Errorf("the gate is in %q: %s", h.Symbol, h.Place)
			}
		case strings.Contains(h.In, "anonymous") || strings.Contains(h.In, "(deleted)"): // no library, nor these tests' constants
			hits[h.Address] = h
		}
	}
	for name, in := range map[string]string{"anonymous": "anonymous memory", "memfd": "/memfd:secret (deleted)", "deleted": "deleted.so (deleted)", "adjacent": " and "} {
		h, found := hits[c.where[name]]
		if !found {
			t.Errorf("the WRPKRU in %s, at %v, is not found", name, c.where[name])
			continue
		}
		if h.Class != scan.Open || !strings.Contains(h.In, in) {
			t.Errorf("%s: %s in %s", name, h.Class, h.In)
		}
	}
	if gates != 1 || len(hits) != len(c.where) {
		t.Errorf("%d gates, %d hits, want 1 and %d", gates, len(hits), len(c.where))
	}
	notes := strings.Join(r.Notes, "\n")
	for _, want := range []string{"anonymous memory was made at run time", "/memfd:secret (deleted) is shared", "is writable and executable"} {
		if !strings.Contains(notes, want) {
			t.Errorf("no note %q in %q", want, notes)
		}
	}
	if len(r.Unread) > 0 {
		t.Errorf("not read: %q", r.Unread)
	}
}

// TestProcessKnowsItsFiles: the address in the file is known, of a deleted one
// too, if the kernel lets one open it.
func TestProcessKnowsItsFiles(t *testing.T) {
	if os.Geteuid() != 0 && os.Getenv("CI") == "" {
		t.Skip("opening deleted files of a process needs root")
	}
	c := startChild(t)
	r, err := scan.Process(t.Context(), c.pid)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range r.Hits {
		if h.Address == c.where["deleted"] {
			if h.Offset != page+hidden {
				t.Errorf("offset %v in the file, want %#x", h.Offset, page+hidden)
			}
			return
		}
	}
	t.Error("it is not found")
}

func TestProcessThatIsNone(t *testing.T) {
	const none = 1 << 30 // above the kernel's limit
	if _, err := scan.Process(t.Context(), none); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// BenchmarkProcess is what an attachment costs. The processes are a Go service of
// usual size, and one with as much code as a large one has with its libraries.
func BenchmarkProcess(b *testing.B) {
	for _, large := range []int{0, 64 << 20} {
		b.Run(fmt.Sprintf("%d MB", large>>20), func(b *testing.B) {
			mapCode(b, large)
			r, err := scan.Process(b.Context(), os.Getpid())
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(r.Bytes)
			for b.Loop() {
				if _, err := scan.Process(b.Context(), os.Getpid()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// mapCode maps the benchmark's own code as often as makes that many bytes.
func mapCode(b *testing.B, bytes int) {
	image, err := elf.Open("/proc/self/exe")
	if err != nil {
		b.Fatal(err)
	}
	defer image.Close()
	f, err := os.Open("/proc/self/exe")
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	for _, p := range image.Progs {
		for size := int(p.Filesz); p.Flags&elf.PF_X != 0 && bytes > 0; bytes -= size {
			memory, err := unix.Mmap(int(f.Fd()), int64(p.Off), size, unix.PROT_READ|unix.PROT_EXEC, unix.MAP_PRIVATE|unix.MAP_POPULATE)
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = unix.Munmap(memory) })
		}
	}
}

// TestTooManyMappings: a process whose list of mappings is very long is not scanned, and
// costs who looks no more memory than there is for such a list.
func TestTooManyMappings(t *testing.T) {
	dir := t.TempDir()
	maps, err := os.Create(dir + "/maps")
	if err != nil {
		t.Fatal(err)
	}
	defer maps.Close()
	if err := maps.Truncate(1 << 40); err != nil {
		t.Fatal(err)
	}
	if err := scan.ReadMappings(dir); err == nil || !strings.Contains(err.Error(), "more than 33554432 bytes") {
		t.Errorf("%v", err)
	}
}
