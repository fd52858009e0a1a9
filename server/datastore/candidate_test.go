package datastore_test

import (
	"strings"
	"testing"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/tree"
)

func TestCandidateFollowsRunningUntilItIsChanged(t *testing.T) {
	s, _ := start(t)
	ok(t, running(t, s, "/t:top/config/limit = 1"))
	if s.Candidate() != s.Running() {
		t.Error("an untouched candidate does not follow running")
	}
	ok(t, candidate(t, s, "/t:top/config/name = mine"))
	const changed = `{"t:top":{"config":{"name":"mine","limit":1}}}`
	ok(t, running(t, s, "/t:top/config/limit = 2"))
	wantConfig(t, "the candidate", s.Candidate(), changed)
	ok(t, s.Commit(t.Context(), session(1)))
	wantConfig(t, "running", s.Running(), changed)
}

func TestDiscard(t *testing.T) {
	s, e := start(t)
	ok(t, candidate(t, s, "/t:top/config/name = mine"))
	ok(t, s.Discard(t.Context(), session(2)))
	wantConfig(t, "the candidate", s.Candidate(), initial)
	wantCalls(t, e)
}

func TestCandidateThatSaysTheSameIsUnchanged(t *testing.T) {
	s, _ := start(t)
	ok(t, candidate(t, s, "/t:top/config/limit = 1"))
	ok(t, candidate(t, s, "delete /t:top/config/limit"))
	ok(t, s.Lock(t.Context(), datastore.Candidate, 1))
	ok(t, s.Unlock(t.Context(), datastore.Candidate, 1))

	ok(t, candidate(t, s, "/t:top/config/limit = 1"))
	ok(t, running(t, s, "/t:top/config/limit = 1"))
	ok(t, s.Lock(t.Context(), datastore.Candidate, 1))
}

func TestRefusedCommitKeepsTheCandidate(t *testing.T) {
	s, _ := start(t)
	ok(t, candidate(t, s, "/t:top/ref = nobody"))
	wantTag(t, s.Commit(t.Context(), session(1)), tree.TagDataMissing)
	wantConfig(t, "the candidate", s.Candidate(), `{"t:top":{"config":{"name":"first"},"ref":"nobody"}}`)
	ok(t, candidate(t, s, "/t:top/items/item[name='nobody']/config/name = nobody"))
	ok(t, s.Commit(t.Context(), session(1)))
}

// RFC 6241 section 7.3.
func TestCopy(t *testing.T) {
	s, e := start(t)
	ok(t, running(t, s, "/t:top/items/item[name='a']/config/name = a", "/t:top/ref = a"))
	full := s.Running()
	e.take()
	ok(t, candidate(t, s, "delete /t:top/items/item[name='a']"))
	err := s.Copy(t.Context(), session(1), datastore.Running, s.Candidate())
	wantTag(t, err, tree.TagDataMissing)
	if s.Running() != full {
		t.Error("a copy that was refused changed running")
	}
	wantCalls(t, e)
	ok(t, s.Copy(t.Context(), session(1), datastore.Candidate, tree.New(set(t))))
	wantConfig(t, "the candidate", s.Candidate(), `{}`)
	ok(t, s.Copy(t.Context(), session(1), datastore.Running, s.Candidate()))
	wantCalls(t, e, "prepare /t:top", "commit")
	wantConfig(t, "running", s.Running(), `{}`)
	if s.Candidate() != s.Running() {
		t.Error("the candidate differs from running, which it was copied to")
	}
}

// RFC 6241 section 7.5.
func TestLocks(t *testing.T) {
	lock := func(name datastore.Name, n uint32) func(*testing.T, *datastore.Store) error {
		return func(t *testing.T, s *datastore.Store) error { return s.Lock(t.Context(), name, n) }
	}
	unlock := func(name datastore.Name, n uint32) func(*testing.T, *datastore.Store) error {
		return func(t *testing.T, s *datastore.Store) error { return s.Unlock(t.Context(), name, n) }
	}
	editBy := func(name datastore.Name, n uint32) func(*testing.T, *datastore.Store) error {
		return func(t *testing.T, s *datastore.Store) error {
			return s.Edit(t.Context(), session(n), datastore.Request{Target: name, Edit: edit(t, "/t:top/config/limit = 1")})
		}
	}
	commit := func(n uint32) func(*testing.T, *datastore.Store) error {
		return func(t *testing.T, s *datastore.Store) error { return s.Commit(t.Context(), session(n)) }
	}
	discard := func(n uint32) func(*testing.T, *datastore.Store) error {
		return func(t *testing.T, s *datastore.Store) error { return s.Discard(t.Context(), session(n)) }
	}
	apply := func(n uint32) func(*testing.T, *datastore.Store) error {
		return func(t *testing.T, s *datastore.Store) error {
			return s.Apply(t.Context(), session(n), edit(t, "/t:top/config/limit = 1"))
		}
	}
	copyTo := func(name datastore.Name, n uint32) func(*testing.T, *datastore.Store) error {
		return func(t *testing.T, s *datastore.Store) error {
			return s.Copy(t.Context(), session(n), name, s.Running())
		}
	}
	release := func(n uint32) func(*testing.T, *datastore.Store) error {
		return func(_ *testing.T, s *datastore.Store) error { s.Release(n); return nil }
	}
	type step = func(*testing.T, *datastore.Store) error
	const run, cand = datastore.Running, datastore.Candidate
	tests := []struct {
		name   string
		before []step
		last   step
		tag    tree.Tag // "" for success
		holder string
	}{
		{"free", nil, lock(run, 1), "", ""},
		{"both at once", []step{lock(run, 1)}, lock(cand, 1), "", ""},
		{"each to another", []step{lock(run, 1)}, lock(cand, 2), "", ""},
		{"held by another", []step{lock(run, 4)}, lock(run, 1), datastore.TagLockDenied, "4"},
		{"held by oneself", []step{lock(run, 1)}, lock(run, 1), datastore.TagLockDenied, "1"},
		{"no session", nil, lock(run, 0), tree.TagOperationFailed, ""},
		{"candidate changed by another", []step{editBy(cand, 4)}, lock(cand, 1), datastore.TagLockDenied, "4"},
		{"candidate changed by oneself", []step{editBy(cand, 1)}, lock(cand, 1), datastore.TagLockDenied, "1"},
		{"candidate changed by no session", []step{editBy(cand, 0)}, lock(cand, 1), datastore.TagLockDenied, "0"},
		{"candidate changed, running free", []step{editBy(cand, 4)}, lock(run, 1), "", ""},
		{"candidate committed", []step{editBy(cand, 4), commit(4)}, lock(cand, 1), "", ""},
		{"candidate discarded", []step{editBy(cand, 4), discard(4)}, lock(cand, 1), "", ""},

		{"unlock", []step{lock(run, 1)}, unlock(run, 1), "", ""},
		{"unlock, then lock", []step{lock(run, 1), unlock(run, 1)}, lock(run, 2), "", ""},
		{"unlock what is free", nil, unlock(run, 1), tree.TagOperationFailed, ""},
		{"unlock another's", []step{lock(run, 4)}, unlock(run, 1), tree.TagOperationFailed, ""},
		{"unlock by session 0", nil, unlock(cand, 0), tree.TagOperationFailed, ""},

		{"edit under one's lock", []step{lock(run, 1)}, editBy(run, 1), "", ""},
		{"edit under another's", []step{lock(run, 4)}, editBy(run, 1), datastore.TagInUse, ""},
		{"edit the candidate under another's", []step{lock(cand, 4)}, editBy(cand, 1), datastore.TagInUse, ""},
		{"edit the other one", []step{lock(cand, 4)}, editBy(run, 1), "", ""},
		{"gNMI under a session's lock", []step{lock(run, 4)}, apply(0), datastore.TagInUse, ""},
		{"gNMI beside a locked candidate", []step{lock(cand, 4)}, apply(0), "", ""},
		{"commit, running locked", []step{editBy(cand, 1), lock(run, 4)}, commit(1), datastore.TagInUse, ""},
		{"commit, candidate locked", []step{lock(cand, 4)}, commit(1), datastore.TagInUse, ""},
		{"commit under one's locks", []step{lock(run, 1), lock(cand, 1), editBy(cand, 1)}, commit(1), "", ""},
		{"discard under another's", []step{lock(cand, 4)}, discard(1), datastore.TagInUse, ""},

		{"copy to the candidate under another's", []step{lock(cand, 4)}, copyTo(cand, 1), datastore.TagInUse, ""},
		{"copy to running under another's", []step{lock(run, 4)}, copyTo(run, 1), datastore.TagInUse, ""},
		{"copy to running under one's lock", []step{lock(run, 1), lock(cand, 4)}, copyTo(run, 1), "", ""},

		{"session ends", []step{lock(run, 4), lock(cand, 4), release(4)}, lock(cand, 1), "", ""},
		{"another session ends", []step{lock(run, 4), release(2)}, lock(run, 1), datastore.TagLockDenied, "4"},
		{"no session ends", []step{lock(run, 4), release(0)}, lock(run, 1), datastore.TagLockDenied, "4"},
		{"session ends with changes under its lock", []step{lock(cand, 4), editBy(cand, 4), release(4)}, lock(cand, 1), "", ""},
		{"session ends with changes, no lock", []step{editBy(cand, 4), release(4)}, lock(cand, 1), datastore.TagLockDenied, "4"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := start(t)
			for _, do := range tt.before {
				ok(t, do(t, s))
			}
			err := tt.last(t, s)
			if tt.tag == "" {
				ok(t, err)
				return
			}
			e := wantTag(t, err, tt.tag)
			if e.Message == "" {
				t.Error("the error says nothing")
			}
			if tt.holder != "" && (len(e.Info) != 1 || e.Info[0] != [2]string{"session-id", tt.holder}) {
				t.Errorf("error-info %v, want session-id %s", e.Info, tt.holder)
			}
			if tt.tag == datastore.TagInUse && !strings.Contains(e.Message, "session 4") {
				t.Errorf("%q does not say who is in the way", e.Message)
			}
		})
	}
}

// RFC 6241 section 8.3.5.2.
func TestChangesGoWithTheCandidatesLock(t *testing.T) {
	for name, end := range map[string]func(*datastore.Store) error{
		"unlock":  func(s *datastore.Store) error { return s.Unlock(t.Context(), datastore.Candidate, 1) },
		"release": func(s *datastore.Store) error { s.Release(1); return nil },
	} {
		s, _ := start(t)
		ok(t, s.Lock(t.Context(), datastore.Candidate, 1))
		ok(t, candidate(t, s, "/t:top/config/limit = 1"))
		if info, held := s.LockedBy(datastore.Candidate); !held || info.Session != 1 || info.Since.IsZero() {
			t.Errorf("locked by %+v, %t", info, held)
		}
		ok(t, end(s))
		wantConfig(t, "the candidate after "+name, s.Candidate(), initial)
		if _, held := s.LockedBy(datastore.Candidate); held {
			t.Errorf("locked after %s", name)
		}
	}
}
