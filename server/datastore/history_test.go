package datastore_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/server/datastore/journal/crashfs"
)

// wantHistory requires revisions that set the limit to these values, 0 for none,
// the newest first.
func wantHistory(t *testing.T, s *datastore.Store, limits ...int) {
	t.Helper()
	all := s.History()
	if len(all) != len(limits) {
		t.Fatalf("%d revisions, want %d", len(all), len(limits))
	}
	for i, r := range all {
		want := initial
		if limits[i] > 0 {
			want = limit(limits[i])
		}
		wantConfig(t, fmt.Sprintf("revision %d", r.Number), r.Config, want)
		if i > 0 && r.Number >= all[i-1].Number {
			t.Errorf("revision %d is behind revision %d", r.Number, all[i-1].Number)
		}
	}
	wantConfig(t, "running", s.Running(), text(all[0].Config))
}

func TestHistory(t *testing.T) {
	f, cfg := crashfs.New(), config(t, &engine{})
	cfg.History = 3
	s := openIn(t, cfg, f)
	wantHistory(t, s, 0)
	begun := time.Now().Add(-time.Second)
	for i := 1; i <= 2; i++ {
		ok(t, running(t, s, fmt.Sprintf("/t:top/config/limit = %d", i)))
	}
	wantHistory(t, s, 2, 1, 0)
	for i := 3; i <= 5; i++ {
		ok(t, running(t, s, fmt.Sprintf("/t:top/config/limit = %d", i)))
	}
	ok(t, running(t, s, "/t:top/config/limit = 5")) // nothing changes
	wantHistory(t, s, 5, 4, 3, 2)

	s = openIn(t, cfg, f.After(crashfs.Lost))
	wantHistory(t, s, 5, 4, 3, 2)
	r := s.History()[0]
	if r.Time.Before(begun) || r.Actor != (datastore.Actor{User: "olga", Protocol: "netconf", Session: 1, Source: "192.0.2.1:4711"}) {
		t.Errorf("revision of %v by %+v", r.Time, r.Actor)
	}
	ok(t, s.Copy(t.Context(), session(1), datastore.Running, s.History()[2].Config))
	wantHistory(t, s, 3, 5, 4, 3)
}

// What one can go back to is not folded into a snapshot.
func TestHistoryOutlivesFolds(t *testing.T) {
	f, cfg := crashfs.New(), config(t, &engine{})
	cfg.History, cfg.JournalBound = 4, 300
	s := openIn(t, cfg, f)
	for i := 1; i <= 30; i++ {
		ok(t, running(t, s, fmt.Sprintf("/t:top/config/limit = %d", i)))
		s.WaitForFold()
	}
	if s.Stats().Folds == 0 {
		t.Error("the journal was never folded")
	}
	s = openIn(t, cfg, f.After(crashfs.Lost))
	wantHistory(t, s, 30, 29, 28, 27, 26)
}

// A rollback is a revision of its own, a confirmation is none.
func TestHistoryOfConfirmedCommits(t *testing.T) {
	f, cfg := crashfs.New(), config(t, &engine{})
	cfg.History = 10
	s := openIn(t, cfg, f)
	ok(t, commitLimit(t, s, 1, 1, commitOptions{Timeout: long}))
	ok(t, s.CancelCommit(t.Context(), session(1), ""))
	ok(t, commitLimit(t, s, 1, 2, commitOptions{Timeout: long}))
	ok(t, s.Commit(t.Context(), session(1)))
	for _, s := range []*datastore.Store{s, openIn(t, cfg, f.After(crashfs.Lost))} {
		wantHistory(t, s, 2, 0, 1, 0)
		if r := s.History()[1]; r.Actor.Protocol != "rollback" || r.Actor.User != "olga" {
			t.Errorf("the rollback is by %+v", r.Actor)
		}
	}
}

// How far one can go back can change at any time; what was forgotten does not come back.
func TestKeep(t *testing.T) {
	f, cfg := crashfs.New(), config(t, &engine{})
	cfg.History = 10
	s := openIn(t, cfg, f)
	for i := 1; i <= 5; i++ {
		ok(t, running(t, s, fmt.Sprintf("/t:top/config/limit = %d", i)))
	}
	s.Keep(2)
	wantHistory(t, s, 5, 4, 3)
	ok(t, running(t, s, "/t:top/config/limit = 6"))
	wantHistory(t, s, 6, 5, 4)
	s.Keep(3)
	ok(t, running(t, s, "/t:top/config/limit = 7"))
	wantHistory(t, s, 7, 6, 5, 4)
	s.Keep(0) // one is kept at least
	wantHistory(t, s, 7, 6)
}
