package datastore_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/tree"
)

type commitOptions = datastore.CommitOptions

const (
	long      = time.Hour
	unchanged = initial
	limited   = `{"t:top":{"config":{"name":"first","limit":%d}}}`
)

func limit(n int) string { return fmt.Sprintf(limited, n) }

// commitLimit has a session set the limit in the candidate and commit it.
func commitLimit(t testing.TB, s *datastore.Store, n uint32, limit int, o commitOptions) error {
	t.Helper()
	ok(t, s.Edit(t.Context(), session(n), datastore.Request{Target: datastore.Candidate, Edit: edit(t, fmt.Sprintf("/t:top/config/limit = %d", limit))}))
	return s.CommitWith(t.Context(), session(n), o)
}

// waitOver waits until no confirmed commit waits.
func waitOver(t testing.TB, s *datastore.Store) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if _, waits := s.Confirming(); !waits {
			return
		}
	}
	t.Fatal("the confirmed commit waits on")
}

func TestConfirmedCommitIsUndoneOnTime(t *testing.T) {
	s, e := start(t)
	w := s.Watch()
	defer w.Close()
	before := s.Running()
	begun := time.Now()
	const timeout = 400 * time.Millisecond
	ok(t, commitLimit(t, s, 1, 3, commitOptions{Timeout: timeout}))
	wantConfig(t, "running", s.Running(), limit(3))
	p, waits := s.Confirming()
	if !waits || p.User != "olga" || p.Session != 1 || p.Source != "192.0.2.1:4711" || p.Persist != "" || p.Deadline.Before(begun.Add(timeout)) {
		t.Errorf("waiting: %+v, %t", p, waits)
	}
	<-w.C
	waitOver(t, s)
	if time.Since(begun) < timeout {
		t.Error("it was undone too early")
	}
	if s.Running() != before {
		t.Error("running is not exactly what it was before")
	}
	wantCalls(t, e, "prepare config/limit", "commit", "prepare config/limit", "commit")
	if len(w.C) != 1 {
		t.Error("the watcher was not told")
	}
	if s.Candidate() != s.Running() {
		t.Error("the candidate does not follow running")
	}
}

func TestConfirmingCommitEndsTheWait(t *testing.T) {
	s, _ := start(t)
	ok(t, commitLimit(t, s, 1, 3, commitOptions{Timeout: 400 * time.Millisecond}))
	ok(t, s.Commit(t.Context(), session(1)))
	if _, waits := s.Confirming(); waits {
		t.Error("a confirmed commit waits after its confirmation")
	}
	s.Release(1)
	time.Sleep(450 * time.Millisecond)
	wantConfig(t, "running", s.Running(), limit(3))
}

// RFC 6241 section 8.4.1: the deadline moves, what to return to does not.
func TestFollowUpCommit(t *testing.T) {
	s, _ := start(t)
	ok(t, commitLimit(t, s, 1, 3, commitOptions{Timeout: 30 * time.Millisecond}))
	ok(t, commitLimit(t, s, 1, 4, commitOptions{Timeout: long}))
	time.Sleep(50 * time.Millisecond)
	wantConfig(t, "running", s.Running(), limit(4))
	ok(t, s.CommitWith(t.Context(), session(1), commitOptions{Timeout: 30 * time.Millisecond}))
	waitOver(t, s)
	wantConfig(t, "running", s.Running(), unchanged)
}

// Who may do what while a confirmed commit waits.
func TestWhileACommitWaits(t *testing.T) {
	own, kept := commitOptions{Timeout: long}, commitOptions{Timeout: long, Persist: "word"}
	type step = func(*datastore.Store) error
	commit := func(n uint32, o commitOptions) step {
		return func(s *datastore.Store) error { return s.CommitWith(t.Context(), session(n), o) }
	}
	cancel := func(n uint32, id string) step {
		return func(s *datastore.Store) error { return s.CancelCommit(t.Context(), session(n), id) }
	}
	lock := func(name datastore.Name, n uint32) step {
		return func(s *datastore.Store) error { return s.Lock(t.Context(), name, n) }
	}
	edits := func(name datastore.Name, n uint32) step {
		return func(s *datastore.Store) error {
			return s.Edit(t.Context(), session(n), datastore.Request{Target: name, Edit: edit(t, "/t:top/config/limit = 9")})
		}
	}
	apply := func(s *datastore.Store) error {
		return s.Apply(t.Context(), session(0), edit(t, "/t:top/config/limit = 9"))
	}
	copied := func(n uint32) step {
		return func(s *datastore.Store) error {
			return s.Copy(t.Context(), session(n), datastore.Running, tree.New(set(t)))
		}
	}
	const run, cand, inUse, invalid = datastore.Running, datastore.Candidate, datastore.TagInUse, tree.TagInvalidValue
	tests := []struct {
		name  string
		waits *commitOptions // of session 1; nil: nothing waits
		do    step
		tag   tree.Tag // "" for success
	}{
		{"confirm", &own, commit(1, commitOptions{}), ""},
		{"confirm from another session", &own, commit(2, commitOptions{}), inUse},
		{"follow up from another session", &own, commit(2, own), inUse},
		{"confirm with an id though none was given", &own, commit(1, commitOptions{PersistID: "word"}), invalid},
		{"confirm with an id though nothing waits", nil, commit(1, commitOptions{PersistID: "word"}), invalid},
		{"confirm what persists", &kept, commit(2, commitOptions{PersistID: "word"}), ""},
		{"confirm what persists without its id", &kept, commit(1, commitOptions{}), inUse},
		{"confirm what persists with another id", &kept, commit(1, commitOptions{PersistID: "wort"}), invalid},
		{"follow up what persists", &kept, commit(2, commitOptions{Timeout: long, PersistID: "word"}), ""},
		{"persist without a session", nil, commit(0, kept), ""},
		{"no session, nothing persists", nil, commit(0, own), tree.TagOperationFailed},

		{"cancel", &own, cancel(1, ""), ""},
		{"cancel from another session", &own, cancel(2, ""), inUse},
		{"cancel what persists", &kept, cancel(2, "word"), ""},
		{"cancel what persists without its id", &kept, cancel(1, ""), inUse},
		{"cancel what persists with another id", &kept, cancel(1, "wort"), invalid},
		{"cancel nothing", nil, cancel(1, ""), tree.TagOperationFailed},
		{"cancel nothing with an id", nil, cancel(1, "word"), invalid},

		{"edit running oneself", &own, edits(run, 1), ""},
		{"edit running from another session", &own, edits(run, 2), inUse},
		{"edit running beside what persists", &kept, edits(run, 2), inUse},
		{"edit the candidate from another session", &own, edits(cand, 2), ""},
		{"gNMI", &own, apply, inUse},
		{"gNMI beside what persists", &kept, apply, inUse},
		{"copy to running oneself", &own, copied(1), ""},
		{"copy to running from another session", &own, copied(2), inUse},

		{"lock running oneself", &own, lock(run, 1), ""},
		{"lock running from another session", &own, lock(run, 2), datastore.TagLockDenied},
		{"lock running beside what persists", &kept, lock(run, 2), datastore.TagLockDenied},
		{"lock the candidate from another session", &own, lock(cand, 2), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := start(t)
			want := unchanged
			if tt.waits != nil {
				ok(t, commitLimit(t, s, 1, 3, *tt.waits))
				want = limit(3)
			}
			err := tt.do(s)
			if tt.tag == "" {
				ok(t, err)
				return
			}
			if e := wantTag(t, err, tt.tag); e.Message == "" {
				t.Error("the error says nothing")
			}
			wantConfig(t, "running", s.Running(), want)
			if _, waits := s.Confirming(); waits != (tt.waits != nil) {
				t.Errorf("a commit waits: %t", waits)
			}
		})
	}
}

// RFC 6470 section 2.2.
func TestStagesAreTold(t *testing.T) {
	s, _ := start(t)
	var told []datastore.Confirmed
	defer s.ObserveConfirmed(func(c datastore.Confirmed) {
		c.Actor.Access = nil
		told = append(told, c)
	})()
	olga := session(1)
	ok(t, commitLimit(t, s, 1, 1, commitOptions{Timeout: long}))
	ok(t, commitLimit(t, s, 1, 2, commitOptions{Timeout: 2 * long}))
	ok(t, s.Commit(t.Context(), olga))
	ok(t, s.Commit(t.Context(), olga)) // confirms nothing
	ok(t, commitLimit(t, s, 1, 3, commitOptions{Timeout: long}))
	ok(t, s.CancelCommit(t.Context(), olga, ""))
	ok(t, commitLimit(t, s, 1, 4, commitOptions{Timeout: long}))
	s.Release(1)
	ok(t, commitLimit(t, s, 1, 5, commitOptions{Timeout: time.Millisecond}))
	waitOver(t, s)
	ok(t, s.Discard(t.Context(), olga)) // the writer is through with the telling
	gone := olga
	gone.Protocol = ""
	want := []datastore.Confirmed{
		{datastore.Started, olga, long},
		{datastore.Extended, olga, 2 * long},
		{datastore.Completed, olga, 0},
		{datastore.Started, olga, long},
		{datastore.Cancelled, olga, 0},
		{datastore.Started, olga, long},
		{datastore.Cancelled, gone, 0},
		{datastore.Started, olga, time.Millisecond},
		{datastore.TimedOut, datastore.Actor{}, 0},
	}
	if !slices.Equal(told, want) {
		t.Errorf("told %+v\nwant %+v", told, want)
	}
}

func TestCancelCommit(t *testing.T) {
	s, _ := start(t)
	before := s.Running()
	ok(t, commitLimit(t, s, 1, 3, commitOptions{Timeout: long, Persist: "word"}))
	ok(t, s.CancelCommit(t.Context(), session(2), "word"))
	if _, waits := s.Confirming(); waits || s.Running() != before {
		t.Errorf("after cancel-commit running is %s, a commit waits: %t", text(s.Running()), waits)
	}
}

func TestEndOfTheSession(t *testing.T) {
	for name, tt := range map[string]struct {
		persist, want string
	}{"its own": {"", unchanged}, "that persists": {"word", limit(3)}} {
		t.Run(name, func(t *testing.T) {
			s, _ := start(t)
			ok(t, commitLimit(t, s, 1, 3, commitOptions{Timeout: long, Persist: tt.persist}))
			s.Release(2)
			wantConfig(t, "running after another session's end", s.Running(), limit(3))
			s.Release(1)
			wantConfig(t, "running", s.Running(), tt.want)
			if p, waits := s.Confirming(); waits != (tt.persist != "") || p.Session != 0 {
				t.Errorf("waiting: %+v, %t", p, waits)
			}
		})
	}
}

// A rollback that cannot be is tried until it can.
func TestRollbackIsTriedAgain(t *testing.T) {
	s, e := start(t)
	ok(t, commitLimit(t, s, 1, 3, commitOptions{Timeout: long}))
	e.set(errors.New("no memory"))
	s.Release(1)
	wantConfig(t, "running", s.Running(), limit(3))
	wantTag(t, running(t, s, "/t:top/config/limit = 5"), datastore.TagInUse)
	e.set(nil)
	waitOver(t, s)
	wantConfig(t, "running", s.Running(), unchanged)
}

// What was in force once needs no leave of the rules to come back.
func TestRollbackDoesNotAskTheRules(t *testing.T) {
	cfg := config(t, &engine{})
	cfg.Dir = t.TempDir()
	cfg.Rules = func(old, next *tree.Tree) []*datastore.Error {
		if old.Find(parsePath(t, "/t:top/config/limit")) != nil {
			return []*datastore.Error{{Tag: tree.TagOperationFailed, Message: "never again"}}
		}
		return nil
	}
	s := open(t, cfg)
	ok(t, commitLimit(t, s, 1, 3, commitOptions{Timeout: long}))
	ok(t, s.CancelCommit(t.Context(), session(1), ""))
	wantConfig(t, "running", s.Running(), unchanged)
}
