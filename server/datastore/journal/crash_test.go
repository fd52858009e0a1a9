package journal_test

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/server/datastore/journal"
	"github.com/optical-net/waveguard/server/datastore/journal/crashfs"
)

// A life of a log: it starts, appends, is compacted beside appends, and is
// rewritten. It returns the sequence number of the last record that was
// answered, and whether the directory was ever set up.
func live(fs journal.FS) (answered uint64, begun bool) {
	l, _, err := journal.Open(fs)
	if err != nil {
		return 0, false
	}
	if err := l.Rewrite([]byte(`{"n":0}`)); err != nil {
		return 0, false
	}
	add := func(n int) error {
		for range n {
			if err := l.Append(payload(l.Next())); err != nil {
				return err
			}
			answered = l.Next() - 1
		}
		return nil
	}
	if add(3) != nil {
		return answered, true
	}
	m, _ := l.MarkAt(3)
	if add(1) != nil || m.Write([]byte(`{"n":3}`)) != nil || add(1) != nil || l.Trim(m) != nil || add(2) != nil {
		return answered, true
	}
	if l.Rewrite([]byte(`{"n":7}`)) == nil {
		add(2)
	}
	return answered, true
}

func TestEveryAnsweredRecordSurvivesACrashAnywhere(t *testing.T) {
	whole := crashfs.New()
	if answered, _ := live(whole); answered != 9 {
		t.Fatalf("an undisturbed life ends at record %d", answered)
	}
	for stop := 1; stop <= whole.Operations(); stop++ {
		for _, outcome := range crashfs.Outcomes {
			fs := crashfs.New()
			fs.StopAt(stop)
			answered, begun := live(fs)
			l, st, err := journal.Open(fs.After(outcome))
			if err != nil {
				t.Fatalf("stop at %d, %v: %v", stop, outcome, err)
			}
			if begun && st.Snapshot == nil {
				t.Errorf("stop at %d, %v: the snapshot is gone", stop, outcome)
			}
			if last := l.Next() - 1; last < answered || last > answered+1 {
				t.Errorf("stop at %d, %v: last record is %d, answered were %d", stop, outcome, last, answered)
			}
		}
	}
}

// After a write that fails the log takes nothing until it is rewritten, and
// the record that failed never comes back.
func TestFailedWriteIsNeverHalfThere(t *testing.T) {
	for n := 1; n <= 2; n++ { // the write, the sync
		for _, outcome := range crashfs.Outcomes {
			fs := crashfs.New()
			l := reopen(t, fs, 0)
			if err := l.Rewrite([]byte(`{"n":0}`)); err != nil {
				t.Fatal(err)
			}
			appendRecords(t, l, 2)
			fs.FailNext(n, unix.ENOSPC)
			if err := l.Append([]byte(`"lost"`)); !errors.Is(err, unix.ENOSPC) {
				t.Fatalf("error %v, want ENOSPC", err)
			}
			if err := l.Append([]byte(`"refused"`)); !errors.Is(err, journal.ErrBroken) || !errors.Is(err, unix.ENOSPC) {
				t.Fatalf("error %v, want ErrBroken and its cause", err)
			}
			reopen(t, fs.After(outcome), 2)
			if err := l.Rewrite([]byte(`{"n":2}`)); err != nil {
				t.Fatal(err)
			}
			appendRecords(t, l, 1)
			reopen(t, fs.After(outcome), 1)
		}
	}
}
