package datastore_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/server/datastore/journal"
	"github.com/optical-net/waveguard/server/datastore/journal/crashfs"
)

// A confirmed commit that waits survives the appliance, and is undone on time:
// at once where its time has come or its session is gone.
func TestConfirmedCommitSurvivesARestart(t *testing.T) {
	for name, tt := range map[string]struct {
		options     commitOptions
		pause       time.Duration
		atOnce, end string
	}{
		"its session is lost":          {commitOptions{Timeout: long}, 0, unchanged, unchanged},
		"its time has come":            {commitOptions{Timeout: 100 * time.Millisecond, Persist: "word"}, time.Millisecond * 120, unchanged, unchanged},
		"its time comes":               {commitOptions{Timeout: 2 * time.Second, Persist: "word"}, 0, limit(4), unchanged},
		"it is confirmed by then":      {commitOptions{}, 0, limit(4), limit(4)},
		"confirmed by somebody's word": {commitOptions{Timeout: long, Persist: "word"}, 0, limit(4), limit(4)},
	} {
		t.Run(name, func(t *testing.T) {
			f, cfg := crashfs.New(), config(t, &engine{})
			s := openIn(t, cfg, f)
			ok(t, commitLimit(t, s, 1, 3, commitOptions{Timeout: long}))
			ok(t, commitLimit(t, s, 1, 4, tt.options))
			f = f.After(crashfs.Lost)
			time.Sleep(tt.pause)
			again := openIn(t, cfg, f)
			wantConfig(t, "running after the restart", again.Running(), tt.atOnce)
			if tt.end == limit(4) && tt.options.Persist != "" {
				ok(t, again.CommitWith(t.Context(), session(1), commitOptions{PersistID: "word"}))
			}
			waitOver(t, again)
			wantConfig(t, "running in the end", again.Running(), tt.end)
			wantConfig(t, "running after another restart", openIn(t, cfg, f.After(crashfs.Lost)).Running(), tt.end)
		})
	}
}

// lifeOfAConfirmedCommit performs steps until one fails, and returns how many were
// answered. Each leads to a running configuration and says whether a commit waits.
func lifeOfAConfirmedCommit(t *testing.T, cfg datastore.Config, fs journal.FS) int {
	s, err := datastore.OpenIn(cfg, fs)
	if err != nil {
		return -1
	}
	defer s.Close()
	kept := commitOptions{Timeout: long, Persist: "word", PersistID: "word"}
	first := kept
	first.PersistID = ""
	steps := []func() error{
		func() error { return running(t, s, "/t:top/config/limit = 1") },
		func() error { return commitLimit(t, s, 1, 2, first) },
		func() error { return commitLimit(t, s, 1, 3, kept) },
		func() error { return running(t, s, "/t:top/config/limit = 4") },
		func() error { return s.CancelCommit(t.Context(), session(1), "word") },
		func() error { return commitLimit(t, s, 1, 6, first) },
		func() error { return s.CommitWith(t.Context(), session(1), commitOptions{PersistID: "word"}) },
		func() error { return running(t, s, "/t:top/config/limit = 8") },
	}
	for i, do := range steps {
		if do() != nil {
			return i
		}
		s.WaitForFold()
	}
	return len(steps)
}

// After a crash at any write, sync or rename, a confirmed commit waits, or was
// confirmed, or undone, as the last answered step has it or the one after it.
func TestConfirmedCommitSurvivesACrashAnywhere(t *testing.T) {
	type state struct {
		limit  int
		before int // to return to; 0 when nothing waits
	}
	states := []state{{}, {1, 0}, {2, 1}, {3, 1}, {4, 1}, {1, 0}, {6, 1}, {6, 0}, {8, 0}}
	cfg := config(t, &engine{})
	cfg.JournalBound = 300 // folds, where they are allowed
	whole := crashfs.New()
	if got := lifeOfAConfirmedCommit(t, cfg, whole); got != len(states)-1 {
		t.Fatalf("an undisturbed life ends after %d steps", got)
	}
	for stop := 1; stop <= whole.Operations(); stop++ {
		f := crashfs.New()
		f.StopAt(stop)
		answered := lifeOfAConfirmedCommit(t, cfg, f)
		for _, outcome := range crashfs.Outcomes {
			s := openIn(t, cfg, f.After(outcome))
			var got state
			got.limit, _ = recoveredValues(t, s)
			if _, waits := s.Confirming(); waits {
				ok(t, s.CancelCommit(t.Context(), session(1), "word"))
				got.before, _ = recoveredValues(t, s)
			}
			last := max(answered, 0)
			if got != states[last] && got != states[min(last+1, len(states)-1)] {
				t.Errorf("stop at %d, %v: after %d answered steps the state is %+v", stop, outcome, answered, got)
			}
			s.Close()
		}
	}
}

// A disk that fails for a while loses neither the commit nor its way back.
func TestConfirmedCommitOnABadDisk(t *testing.T) {
	for n := 1; n <= 6; n++ {
		f, cfg := crashfs.New(), config(t, &engine{})
		s := openIn(t, cfg, f)
		kept := commitOptions{Timeout: long, Persist: "word"}
		ok(t, commitLimit(t, s, 1, 3, kept))
		f.FailNext(1, errors.New("bad sector"))
		if err := running(t, s, "/t:top/config/limit = 4"); err == nil {
			t.Fatal("a bad disk took a change")
		}
		f.FailNext(n, errors.New("bad sector"))
		for running(t, s, "/t:top/config/limit = 5") != nil {
		}
		again := openIn(t, cfg, f.After(crashfs.Lost))
		wantConfig(t, "running", again.Running(), limit(5))
		ok(t, again.CancelCommit(t.Context(), session(7), "word"))
		wantConfig(t, "running", again.Running(), unchanged)
	}
}

func TestNoFoldWhileACommitWaits(t *testing.T) {
	cfg := config(t, &engine{})
	cfg.Dir, cfg.JournalBound = t.TempDir(), 500
	s := open(t, cfg)
	ok(t, commitLimit(t, s, 1, 1, commitOptions{Timeout: long, Persist: "word"}))
	for i := range 30 {
		ok(t, running(t, s, fmt.Sprintf("/t:top/config/limit = %d", i+2)))
	}
	s.WaitForFold()
	if n := s.Stats().Folds; n != 0 {
		t.Errorf("the journal was folded %d times", n)
	}
	ok(t, s.Close())
	s = open(t, cfg)
	ok(t, s.CancelCommit(t.Context(), session(1), "word"))
	wantConfig(t, "running", s.Running(), unchanged)
	s.WaitForFold()
	if s.Stats().Folds == 0 {
		t.Error("the journal is not folded afterwards")
	}
}
