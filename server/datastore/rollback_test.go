package datastore_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/server/datastore/journal/crashfs"
	"github.com/optical-net/waveguard/yang/tree"
)

// grown is a store with a history of the limits 0 to 3.
func grown(t *testing.T, e *engine) (*datastore.Store, *crashfs.FS, datastore.Config) {
	t.Helper()
	f, cfg := crashfs.New(), config(t, e)
	cfg.History = 10
	s := openIn(t, cfg, f)
	for i := 1; i <= 3; i++ {
		ok(t, running(t, s, fmt.Sprintf("/t:top/config/limit = %d", i)))
	}
	return s, f, cfg
}

func rollback(t *testing.T, s *datastore.Store, n uint32, to datastore.Point, o commitOptions) error {
	t.Helper()
	actor := session(n)
	actor.Comment = "it was better"
	_, err := s.Rollback(t.Context(), actor, to, o)
	return err
}

// A rollback is a revision of its own, with who made it and what was said of it,
// also after a crash.
func TestRollback(t *testing.T) {
	s, f, cfg := grown(t, &engine{})
	ok(t, candidate(t, s, "/t:top/config/name = candidate"))
	ok(t, rollback(t, s, 1, datastore.Point{Number: s.History()[2].Number}, commitOptions{}))
	wantHistory(t, s, 1, 3, 2, 1, 0)
	ok(t, rollback(t, s, 1, datastore.Point{Back: 4}, commitOptions{}))
	ok(t, rollback(t, s, 1, datastore.Point{Back: 4}, commitOptions{}))
	wantConfig(t, "the candidate", s.Candidate(), `{"t:top":{"config":{"name":"candidate","limit":3}}}`)
	for _, s := range []*datastore.Store{s, openIn(t, cfg, f.After(crashfs.Lost))} {
		wantHistory(t, s, 1, 0, 1, 3, 2, 1, 0)
		for i, r := range s.History()[:6] {
			if r.Changes != 1 || (r.Actor.Comment == "it was better") != (i < 3) {
				t.Errorf("revision %d has %d changes and says %q", r.Number, r.Changes, r.Actor.Comment)
			}
		}
	}
}

// What forbids a change forbids going back as well, and what was valid once may not be.
func TestRollbackIsValidated(t *testing.T) {
	cfg := config(t, &engine{})
	cfg.Dir, cfg.History = t.TempDir(), 10
	cfg.Rules = func(old, next *tree.Tree) []*datastore.Error {
		if text(next) == initial {
			return []*datastore.Error{{Tag: tree.TagOperationFailed, Message: "never again"}}
		}
		return nil
	}
	s := open(t, cfg)
	ok(t, running(t, s, "/t:top/config/limit = 1"))
	if e := wantTag(t, rollback(t, s, 1, datastore.Point{Back: 1}, commitOptions{}), tree.TagOperationFailed); e.Message != "never again" {
		t.Error(e.Message)
	}
	wantHistory(t, s, 1, 0)
}

func TestRollbackRefused(t *testing.T) {
	e := &engine{}
	s, _, _ := grown(t, e)
	before := s.Running()
	to := datastore.Point{Back: 1}
	wantTag(t, rollback(t, s, 1, datastore.Point{Back: 4}, commitOptions{}), tree.TagInvalidValue)
	wantTag(t, rollback(t, s, 1, datastore.Point{Number: 99}, commitOptions{}), tree.TagInvalidValue)
	wantTag(t, rollback(t, s, 1, to, commitOptions{PersistID: "x"}), tree.TagInvalidValue)
	wantTag(t, rollback(t, s, 0, to, commitOptions{Timeout: long}), tree.TagOperationFailed)
	ok(t, s.Lock(t.Context(), datastore.Running, 2))
	wantTag(t, rollback(t, s, 1, to, commitOptions{}), datastore.TagInUse)
	ok(t, s.Unlock(t.Context(), datastore.Running, 2))
	e.set(errors.New("no memory"))
	wantTag(t, rollback(t, s, 1, to, commitOptions{}), tree.TagOperationFailed)
	e.set(nil)
	if s.Running() != before {
		t.Error("a rollback that was refused changed something")
	}
	ok(t, rollback(t, s, 1, to, commitOptions{}))
}

// A rollback that has to be confirmed is undone on time, confirmed by a further
// rollback, and in the way of others meanwhile.
func TestRollbackThatWaits(t *testing.T) {
	s, _, _ := grown(t, &engine{})
	ok(t, rollback(t, s, 1, datastore.Point{Back: 1}, commitOptions{Timeout: time.Millisecond}))
	waitOver(t, s)
	wantHistory(t, s, 3, 2, 3, 2, 1, 0)
	ok(t, rollback(t, s, 1, datastore.Point{Back: 1}, commitOptions{Timeout: long}))
	wantTag(t, rollback(t, s, 2, datastore.Point{Back: 1}, commitOptions{}), datastore.TagInUse)
	ok(t, rollback(t, s, 1, datastore.Point{Back: 5}, commitOptions{}))
	if _, waits := s.Confirming(); waits {
		t.Error("it waits on")
	}
	wantHistory(t, s, 1, 2, 3, 2, 3, 2, 1, 0)
}

// Entries that are placed count once, before a crash and after it.
func TestChangesOfOrderedEntries(t *testing.T) {
	f, cfg := crashfs.New(), config(t, &engine{})
	cfg.History = 10
	s := openIn(t, cfg, f)
	ok(t, running(t, s, "/t:top/queue[id='3']/note = c", "/t:top/queue[id='1']/note = a", "/t:top/order[.='x']", "/t:top/order[.='b']", "/t:top/mode = m"))
	want := s.History()[0].Changes
	if got := openIn(t, cfg, f.After(crashfs.Lost)).History()[0].Changes; got != want || want == 0 {
		t.Errorf("%d changes after a crash, %d before", got, want)
	}
}
