package datastore_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/server/datastore/journal/crashfs"
	"github.com/optical-net/waveguard/yang/tree"
)

func TestReset(t *testing.T) {
	e := &engine{}
	cfg := config(t, e)
	cfg.Dir = t.TempDir()
	s := open(t, cfg)
	s.OwnCandidate(2)
	ok(t, running(t, s, "/t:top/config/limit = 3", "/t:top/mode = secret"))
	ok(t, candidate(t, s, "/t:top/config/limit = 4"))
	ok(t, mine(t, s, "/t:top/config/limit = 5"))
	ok(t, s.CommitWith(t.Context(), session(1), commitOptions{Timeout: long}))
	e.take()
	ok(t, s.Reset(t.Context(), session(1)))
	wantCalls(t, e, "prepare config/limit mode", "commit")
	check := func(s *datastore.Store) {
		t.Helper()
		wantConfig(t, "running", s.Running(), initial)
		wantConfig(t, "the candidate", s.Candidate(), initial)
		wantConfig(t, "the own candidate", s.ConfigOf(2, datastore.Candidate), initial)
		if _, waits := s.Confirming(); waits || len(s.History()) != 1 {
			t.Errorf("it waits: %t; the history is %+v", waits, s.History())
		}
	}
	check(s)
	ok(t, s.Close())
	for name, data := range files(t, cfg.Dir) {
		if strings.Contains(data, "secret") {
			t.Errorf("%s still says what was configured", name)
		}
	}
	s = open(t, cfg)
	check(s)
	ok(t, running(t, s, "/t:top/config/limit = 3"))
	if len(s.History()) != 2 {
		t.Errorf("the history after the next commit is %+v", s.History())
	}
}

func TestResetHeedsLocks(t *testing.T) {
	for name, hold := range map[string]func(*datastore.Store) error{
		"running":   func(s *datastore.Store) error { return s.Lock(t.Context(), datastore.Running, 4) },
		"candidate": func(s *datastore.Store) error { return s.Lock(t.Context(), datastore.Candidate, 4) },
		"part": func(s *datastore.Store) error {
			_, err := lockNodes(t, s, 4, "/t:top/config/limit")
			return err
		},
		"confirmed": func(s *datastore.Store) error {
			return s.CommitWith(t.Context(), session(4), commitOptions{Timeout: long})
		},
	} {
		s, _ := start(t)
		ok(t, running(t, s, "/t:top/config/limit = 3"))
		ok(t, hold(s))
		wantTag(t, s.Reset(t.Context(), session(1)), datastore.TagInUse)
		wantConfig(t, name+": running", s.Running(), limit(3))
		if len(s.History()) < 2 {
			t.Errorf("%s: the history is gone", name)
		}
		ok(t, s.Reset(t.Context(), session(4)))
	}
}

// TestResetEndsWhatNobodyCanConfirm holds that a reset is the way out when a confirmed
// commit waits for long and its word is lost.
func TestResetEndsWhatNobodyCanConfirm(t *testing.T) {
	s, _ := start(t)
	ok(t, candidate(t, s, "/t:top/config/limit = 3"))
	ok(t, s.CommitWith(t.Context(), session(1), commitOptions{Timeout: long, Persist: "lost"}))
	wantTag(t, s.Reset(t.Context(), session(4)), datastore.TagInUse)
	s.Release(1)
	ok(t, s.Reset(t.Context(), session(4)))
	if _, waits := s.Confirming(); waits {
		t.Error("it still waits")
	}
	wantConfig(t, "running", s.Running(), initial)
	ok(t, running(t, s, "/t:top/config/limit = 4"))
}

// Who may reset needs no right to the data.
func TestResetAsksNoRuleForData(t *testing.T) {
	s, _ := start(t)
	ok(t, running(t, s, "/t:top/config/limit = 3"))
	actor := session(1)
	actor.Access = denier{}
	ok(t, s.Reset(t.Context(), actor))
	wantConfig(t, "running", s.Running(), initial)
}

type denier struct{}

func (denier) CheckEdit(*tree.Edit) error       { return errors.New("no") }
func (denier) CheckChanges([]tree.Change) error { return errors.New("no") }

// A reset that the disk refuses at any step can be tried again, and one that a crash
// cuts off at any step was made or was not.
func TestResetOnABadDisk(t *testing.T) {
	whole := crashfs.New()
	s := openIn(t, config(t, &engine{}), whole)
	ok(t, running(t, s, "/t:top/config/limit = 3"))
	begun := whole.Operations()
	ok(t, s.Reset(t.Context(), session(1)))
	for n := 1; n <= whole.Operations()-begun; n++ {
		f := crashfs.New()
		s := openIn(t, config(t, &engine{}), f)
		ok(t, running(t, s, "/t:top/config/limit = 3"))
		f.FailNext(n, errors.New("no space"))
		err := s.Reset(t.Context(), session(1))
		for try := 0; err != nil; try++ {
			if try == 3 {
				t.Fatalf("failure at step %d: %v", n, err)
			}
			err = s.Reset(t.Context(), session(1))
		}
		wantConfig(t, "running", openIn(t, config(t, &engine{}), f.After(crashfs.Lost)).Running(), initial)

		f = crashfs.New()
		s = openIn(t, config(t, &engine{}), f)
		ok(t, running(t, s, "/t:top/config/limit = 3"))
		f.StopAt(f.Operations() + n)
		_ = s.Reset(t.Context(), session(1))
		for _, outcome := range crashfs.Outcomes {
			got := openIn(t, config(t, &engine{}), f.After(outcome)).Running()
			if text(got) != initial && text(got) != limit(3) {
				t.Errorf("crash at step %d, %v: running is %s", n, outcome, text(got))
			}
		}
	}
}

func TestFactoryIsMadeOnce(t *testing.T) {
	cfg := config(t, &engine{})
	cfg.Dir = t.TempDir()
	made := 0
	cfg.Factory = func() (*tree.Tree, error) {
		made++
		if made == 1 {
			return nil, errors.New("the password file cannot be read")
		}
		return tree.New(set(t)), nil
	}
	s := open(t, cfg)
	err := s.Reset(t.Context(), session(1))
	if e := wantTag(t, err, tree.TagOperationFailed); !strings.Contains(e.Message, "password file") {
		t.Error(err)
	}
	wantConfig(t, "running", s.Running(), initial)
	ok(t, s.Reset(t.Context(), session(1)))
	first, _ := s.Factory()
	again, _ := s.Factory()
	if first != again || made != 2 {
		t.Errorf("it was made %d times", made)
	}
	wantConfig(t, "running", s.Running(), `{}`)
}

// files returns the content of the files in a directory by name.
func files(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	entries, err := os.ReadDir(dir)
	ok(t, err)
	for _, entry := range entries {
		data, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		ok(t, err)
		all[entry.Name()] = string(data)
	}
	return all
}
