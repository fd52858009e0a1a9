package page_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/page"
)

const allSeals = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_FUTURE_WRITE | unix.F_SEAL_SEAL

// forge makes a memfd with any contents and seals.
func forge(t testing.TB, contents []byte, seals int) *os.File {
	t.Helper()
	fd, err := unix.MemfdCreate("forged", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "forged")
	t.Cleanup(func() { f.Close() })
	if _, err := f.Write(contents); err != nil {
		t.Fatal(err)
	}
	if _, err := unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, seals); err != nil {
		t.Fatal(err)
	}
	return f
}

func policyBytes(t testing.TB) []byte {
	p, _ := newPolicy(t, 2)
	publish(t, p, page.Table{
		{ID: 1, State: page.InService, Entries: []page.Entry{{Target: 1, Flags: page.Permit, Operations: 3}}},
		{ID: 2, State: page.InService},
	})
	return contents(t, p.File())
}

func statsBytes(t testing.TB) []byte {
	s, err := page.NewStats(2)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	return contents(t, s.File())
}

func contents(t testing.TB, f *os.File) []byte {
	t.Helper()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, info.Size())
	if _, err := f.ReadAt(b, 0); err != nil {
		t.Fatal(err)
	}
	return b
}

// forgeries changes one word of a sound page at a time.
func forgeries(sound []byte) [][]byte {
	all := [][]byte{nil, sound, sound[:len(sound)-1], append(bytes.Clone(sound), 0), sound[:64]}
	for offset := 0; offset+4 <= len(sound); offset += 4 {
		for _, word := range []uint32{0, 1, 0xffff, 0x7fffffff, 0xffffffff} {
			forged := bytes.Clone(sound)
			binary.LittleEndian.PutUint32(forged[offset:], word)
			all = append(all, forged)
		}
	}
	return all
}

func tryPolicy(t testing.TB, contents []byte) error {
	r, err := page.OpenPolicy(forge(t, contents, allSeals))
	if err != nil {
		if !errors.Is(err, page.ErrFormat) {
			t.Errorf("error is %v, want ErrFormat", err)
		}
		return err
	}
	defer r.Close()
	for source := -1; source <= min(r.Hosted(), 8); source++ {
		for target := -1; target <= min(r.Hosted(), 8); target++ {
			if v, _ := r.Lookup(source, target); v.Entry.Flags != 0 && v.Entry.Target != target {
				t.Errorf("Lookup(%d, %d) returned the entry of %d", source, target, v.Entry.Target)
			}
		}
	}
	r.Superseded()
	return nil
}

func tryStats(t testing.TB, contents []byte) error {
	s, err := page.OpenStats(forge(t, contents, allSeals&^unix.F_SEAL_FUTURE_WRITE))
	if err != nil {
		if !errors.Is(err, page.ErrFormat) {
			t.Errorf("error is %v, want ErrFormat", err)
		}
		return err
	}
	defer s.Close()
	last := s.Hosted() - 1
	s.Cell(last, last).Add(page.Faults)
	s.Ring()
	s.Lost(1)
	return nil
}

func TestForgedPages(t *testing.T) {
	for _, forged := range forgeries(policyBytes(t)) {
		_ = tryPolicy(t, forged) // must neither fault nor panic
	}
	for _, forged := range forgeries(statsBytes(t)) {
		_ = tryStats(t, forged)
	}
	header := policyBytes(t)
	for offset := 0; offset < 36; offset += 4 { // everything before flags
		forged := bytes.Clone(header)
		forged[offset] ^= 0x55
		if tryPolicy(t, forged) == nil {
			t.Errorf("page with another word at %d was opened", offset)
		}
	}
}

func TestUnsealedPagesAreRefused(t *testing.T) {
	policy, stats := policyBytes(t), statsBytes(t)
	for _, missing := range []int{unix.F_SEAL_SHRINK, unix.F_SEAL_GROW, unix.F_SEAL_SEAL, unix.F_SEAL_FUTURE_WRITE} {
		if _, err := page.OpenPolicy(forge(t, policy, allSeals&^missing)); !errors.Is(err, page.ErrFormat) {
			t.Errorf("policy page without seal %#x: %v, want ErrFormat", missing, err)
		}
		if missing == unix.F_SEAL_FUTURE_WRITE {
			continue
		}
		if _, err := page.OpenStats(forge(t, stats, allSeals&^missing&^unix.F_SEAL_FUTURE_WRITE)); !errors.Is(err, page.ErrFormat) {
			t.Errorf("stats page without seal %#x: %v, want ErrFormat", missing, err)
		}
	}
	pipe, _, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	if _, err := page.OpenPolicy(pipe); err == nil {
		t.Error("a pipe was opened as a page")
	}
}

func FuzzOpenPolicy(f *testing.F) {
	sound := policyBytes(f)
	f.Add(sound)
	f.Add(sound[:64])
	f.Fuzz(func(t *testing.T, contents []byte) { _ = tryPolicy(t, contents) })
}

func FuzzOpenStats(f *testing.F) {
	sound := statsBytes(f)
	f.Add(sound)
	f.Add(sound[:64])
	f.Fuzz(func(t *testing.T, contents []byte) { _ = tryStats(t, contents) })
}
