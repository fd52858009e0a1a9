package journal_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/server/datastore/journal"
	"github.com/optical-net/waveguard/server/datastore/journal/crashfs"
)

func openDir(t testing.TB, path string) *journal.Dir {
	t.Helper()
	d, err := journal.OpenDir(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// filled returns a directory with the snapshot {"n":0} and n records.
func filled(t testing.TB, n int) string {
	t.Helper()
	path := t.TempDir()
	d := openDir(t, path)
	defer d.Close()
	l := reopen(t, d, 0)
	if err := l.Rewrite([]byte(`{"n":0}`)); err != nil {
		t.Fatal(err)
	}
	appendRecords(t, l, n)
	l.Close()
	return path
}

func appendRecords(t testing.TB, l *journal.Log, n int) {
	t.Helper()
	for range n {
		if err := l.Append(payload(l.Next())); err != nil {
			t.Fatal(err)
		}
	}
}

func payload(seq uint64) []byte { return fmt.Appendf(nil, `{"seq":%d,"text":"some change"}`, seq) }

// reopen opens the journal and requires as many records behind its snapshot.
func reopen(t testing.TB, fs journal.FS, records int) *journal.Log {
	t.Helper()
	l, st, err := journal.Open(fs)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	if len(st.Records) != records {
		t.Fatalf("%d records, want %d", len(st.Records), records)
	}
	for i, r := range st.Records {
		if r.Seq != st.Seq+1+uint64(i) || !bytes.Equal(r.Payload, payload(r.Seq)) {
			t.Fatalf("record %d is %d: %s", i, r.Seq, r.Payload)
		}
	}
	return l
}

func TestAppendedRecordsComeBack(t *testing.T) {
	path := filled(t, 5)
	l := reopen(t, openDir(t, path), 5)
	if l.Next() != 6 {
		t.Errorf("next is %d, want 6", l.Next())
	}
	appendRecords(t, l, 2)
}

func TestFilesAreForTheOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "made", "here")
	d := openDir(t, path)
	if err := reopen(t, d, 0).Rewrite([]byte("{}")); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(path, func(name string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// What a crash can leave of the last record is cut off; every record before it
// stays, and appending goes on.
func TestTornTailIsCutOff(t *testing.T) {
	path := filled(t, 4)
	name := filepath.Join(path, "journal")
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	third := bytes.LastIndex(whole, []byte("\x89WJ\x01"))
	tails := map[string][]byte{
		"zeros":   make([]byte, 100),
		"garbage": []byte("\x89WJ\x01 but no record \x89WJ\x01"),
		"half zeroed": append(slices.Clone(whole[third:third+25]),
			make([]byte, len(whole)-third-25)...),
	}
	for n := range len(whole) - third {
		tails[fmt.Sprintf("prefix of %d", n)] = whole[third : third+n]
	}
	for title, tail := range tails {
		t.Run(title, func(t *testing.T) {
			if err := os.WriteFile(name, append(slices.Clone(whole[:third]), tail...), 0o600); err != nil {
				t.Fatal(err)
			}
			d := openDir(t, path)
			_, st, err := journal.Open(d)
			if err != nil {
				t.Fatal(err)
			}
			if st.Cut != int64(len(tail)) {
				t.Errorf("cut %d octets, want %d", st.Cut, len(tail))
			}
			appendRecords(t, reopen(t, d, 3), 1)
			reopen(t, d, 4)
			d.Close()
		})
	}
}

func TestDamageIsRefusedWithThePlace(t *testing.T) {
	flip := func(file string, at int) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			edit(t, filepath.Join(path, file), func(b []byte) []byte { b[at] ^= 0x40; return b })
		}
	}
	const snapshot = "config-00000000000000000000.json"
	tests := []struct {
		name   string
		damage func(t *testing.T, path string)
		want   string
	}{
		{"magic", flip("journal", 0), "journal is damaged at offset 0: a record is unreadable"},
		{"length", flip("journal", 7), "journal is damaged at offset 0"},
		{"payload", flip("journal", 30), "journal is damaged at offset 0"},
		{"second record", flip("journal", 80), "journal is damaged at offset"},
		{"snapshot content", flip(snapshot, 45), "checksum does not match"},
		{"snapshot syntax", flip(snapshot, 0), "not the JSON that was written"},
		{"snapshot of another number", func(t *testing.T, path string) {
			rename(t, filepath.Join(path, snapshot), filepath.Join(path, "config-00000000000000000002.json"))
		}, "has the sequence number 0"},
		{"snapshot gone", func(t *testing.T, path string) {
			if err := os.Remove(filepath.Join(path, snapshot)); err != nil {
				t.Fatal(err)
			}
		}, "the snapshot that it builds on is missing"},
		{"first record gone", func(t *testing.T, path string) {
			edit(t, filepath.Join(path, "journal"), func(b []byte) []byte {
				return b[bytes.LastIndex(b, []byte("\x89WJ\x01")):]
			})
		}, "is the first behind snapshot 0"},
		{"record repeated", func(t *testing.T, path string) {
			edit(t, filepath.Join(path, "journal"), func(b []byte) []byte {
				return append(b, b[bytes.LastIndex(b, []byte("\x89WJ\x01")):]...)
			})
		}, "record 3 follows record 3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filled(t, 3)
			tt.damage(t, path)
			before := listing(t, path)
			_, _, err := journal.Open(openDir(t, path))
			var damage *journal.CorruptError
			if !errors.As(err, &damage) || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want a CorruptError with %q", err, tt.want)
			}
			if !strings.Contains(err.Error(), "restore the directory from a backup") {
				t.Errorf("%q does not say what to do", err)
			}
			if after := listing(t, path); after != before {
				t.Errorf("files changed:\n%s\nwere:\n%s", after, before)
			}
		})
	}
}

func edit(t *testing.T, name string, f func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, f(b), 0o600); err != nil {
		t.Fatal(err)
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func listing(t *testing.T, path string) string {
	t.Helper()
	var b strings.Builder
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() == "lock" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(path, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %q\n", e.Name(), data)
	}
	return b.String()
}

func TestCompactionKeepsWhatCameMeanwhile(t *testing.T) {
	path := filled(t, 3)
	d := openDir(t, path)
	l := reopen(t, d, 3)
	m := markBehindAll(t, l)
	appendRecords(t, l, 2)
	if err := m.Write([]byte(`{"n":3}`)); err != nil {
		t.Fatal(err)
	}
	reopen(t, d, 2) // as after a crash between the two
	if err := l.Trim(m); err != nil {
		t.Fatal(err)
	}
	appendRecords(t, l, 1)
	reopen(t, d, 3)
	if names, _ := d.List(); !slices.Equal(names, []string{"config-00000000000000000003.json", "journal", "lock"}) {
		t.Errorf("the directory holds %v", names)
	}
}

func TestRewriteBetweenMarkAndTrim(t *testing.T) {
	d := openDir(t, filled(t, 3))
	l := reopen(t, d, 3)
	m := markBehindAll(t, l)
	if err := l.Rewrite([]byte(`{"n":3}`)); err != nil {
		t.Fatal(err)
	}
	appendRecords(t, l, 2)
	if err := l.Trim(m); err != nil {
		t.Fatal(err)
	}
	reopen(t, d, 2)
}

// TestSnapshotAfterRewrite holds that a snapshot that was still being written when the
// log was begun anew does not outlive the attempt to use it: what it holds may be there
// to be forgotten.
func TestSnapshotAfterRewrite(t *testing.T) {
	d := openDir(t, filled(t, 3))
	l := reopen(t, d, 3)
	m := markBehindAll(t, l)
	appendRecords(t, l, 1)
	if err := l.Rewrite([]byte(`{"n":4}`)); err != nil {
		t.Fatal(err)
	}
	appendRecords(t, l, 1)
	if err := m.Write([]byte(`{"n":3}`)); err != nil {
		t.Fatal(err)
	}
	if err := l.Trim(m); err != nil {
		t.Fatal(err)
	}
	if names, _ := d.List(); !slices.Equal(names, []string{"config-00000000000000000004.json", "journal", "lock"}) {
		t.Errorf("the directory holds %v", names)
	}
	reopen(t, d, 1)
}

func TestSecondHolderIsToldTheFirst(t *testing.T) {
	path := t.TempDir()
	first := openDir(t, path)
	_, err := journal.OpenDir(path)
	if want := fmt.Sprintf("is in use by process %d, started 20", os.Getpid()); err == nil || !strings.Contains(err.Error(), want) {
		t.Fatalf("error %v, want it to say %q", err, want)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	openDir(t, path)
}

func TestTooBigARecordHarmsNothing(t *testing.T) {
	d := openDir(t, filled(t, 1))
	l := reopen(t, d, 1)
	if err := l.Append(make([]byte, journal.MaxPayload+1)); !errors.Is(err, journal.ErrTooBig) {
		t.Fatalf("error %v, want ErrTooBig", err)
	}
	appendRecords(t, l, 1)
	reopen(t, d, 2)
}

// FuzzJournal opens arbitrary octets as a journal: it never panics, and whole
// records at the beginning come back or the file is refused.
func FuzzJournal(f *testing.F) {
	path := filled(f, 3)
	whole, err := os.ReadFile(filepath.Join(path, "journal"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(0, whole)
	f.Add(3, []byte{})
	f.Add(3, whole[:40])
	f.Add(1, append(make([]byte, 30), whole...))
	f.Add(2, []byte("\x89WJ\x01\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, keep int, tail []byte) {
		keep = (keep%4 + 4) % 4
		fs := crashfs.New()
		l := reopen(t, fs, 0)
		if err := l.Rewrite([]byte(`{"n":0}`)); err != nil {
			t.Fatal(err)
		}
		appendRecords(t, l, keep)
		data, err := fs.ReadFile("journal")
		if err != nil {
			t.Fatal(err)
		}
		fs.WriteFile("journal", append(data, tail...))

		l, st, err := journal.Open(fs)
		var damage *journal.CorruptError
		switch {
		case errors.As(err, &damage):
			return
		case err != nil:
			t.Fatal(err)
		case len(st.Records) < keep:
			t.Fatalf("%d of %d records came back", len(st.Records), keep)
		}
		for i, r := range st.Records[:keep] {
			if !bytes.Equal(r.Payload, payload(uint64(i+1))) {
				t.Fatalf("record %d came back as %q", i+1, r.Payload)
			}
		}
		if err := l.Append(payload(l.Next())); err != nil {
			t.Fatal(err)
		}
	})
}

// markBehindAll returns the place behind the last record.
func markBehindAll(t *testing.T, l *journal.Log) journal.Mark {
	t.Helper()
	m, ok := l.MarkAt(l.Next() - 1)
	if !ok {
		t.Fatalf("no mark behind record %d", l.Next()-1)
	}
	return m
}

func TestMarkAt(t *testing.T) {
	d := openDir(t, filled(t, 3))
	l := reopen(t, d, 3)
	appendRecords(t, l, 2)
	for seq, want := range map[uint64]bool{0: true, 1: true, 3: true, 5: true, 6: false} {
		if _, ok := l.MarkAt(seq); ok != want {
			t.Errorf("record %d can be marked: %t", seq, ok)
		}
	}
	m, _ := l.MarkAt(2)
	if err := m.Write([]byte(`{"n":2}`)); err != nil {
		t.Fatal(err)
	}
	if err := l.Trim(m); err != nil {
		t.Fatal(err)
	}
	reopen(t, d, 3)
	before := l.Size()
	m, ok := l.MarkAt(4)
	if _, gone := l.MarkAt(1); !ok || gone {
		t.Errorf("after records 1 and 2 went, record 4 can be marked: %t, record 1: %t", ok, gone)
	}
	if err := m.Write([]byte(`{"n":4}`)); err != nil {
		t.Fatal(err)
	}
	if err := l.Trim(m); err != nil {
		t.Fatal(err)
	}
	reopen(t, d, 1)
	if l.Size() != before-m.Length() {
		t.Errorf("%d octets are left of %d, %d were dropped", l.Size(), before, m.Length())
	}
}
