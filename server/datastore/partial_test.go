package datastore_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/tree"
)

// lockNodes locks the nodes at these paths for a session.
func lockNodes(t testing.TB, s *datastore.Store, n uint32, nodes ...string) (datastore.PartialLock, error) {
	t.Helper()
	var paths []tree.Path
	for _, node := range nodes {
		paths = append(paths, parsePath(t, node))
	}
	return s.LockNodes(t.Context(), n, nodes, func(*tree.Tree) ([]tree.Path, error) { return paths, nil })
}

const (
	itemA = "/t:top/items/item[name='a']"
	itemB = "/t:top/items/item[name='b']"
)

// withItems opens a store with two items.
func withItems(t testing.TB) *datastore.Store {
	t.Helper()
	s, _ := start(t)
	ok(t, running(t, s, itemA+"/config/name = a", itemB+"/config/name = b"))
	return s
}

func TestPartialLockHoldsUpOthers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		locked string
		edit   []string
		held   bool
	}{
		{"the node", itemA, []string{"remove " + itemA}, true},
		{"below", itemA, []string{itemA + "/config/size = 1"}, true},
		{"new below", itemA, []string{itemA + "/part[id='1']/config/weight = 2"}, true},
		{"above", itemA + "/config/name", []string{"remove /t:top/items"}, true},
		{"beside", itemA, []string{itemB + "/config/size = 1"}, false},
		{"with others", itemA, []string{itemB + "/config/size = 1", itemA + "/config/size = 1"}, true},
		{"another entry", itemA, []string{"/t:top/items/item[name='c']/config/name = c"}, false},
		{"no change", itemA, []string{itemA + "/config/name = a"}, false},
		{"a leaf", itemA + "/config/name", []string{itemA + "/config/size = 1"}, false},
		{"everything", "/t:top", []string{"/t:top/mode = m"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := withItems(t)
			lock, err := lockNodes(t, s, 4, tt.locked)
			ok(t, err)
			before := s.Running()
			want := func(what string, err error) {
				t.Helper()
				if !tt.held {
					ok(t, err)
					return
				}
				if e := wantTag(t, err, datastore.TagInUse); !strings.Contains(e.Message, "session 4") || e.Path == nil || s.Running() != before {
					t.Errorf("%s: %v", what, e)
				}
			}
			want("test-only", s.Edit(t.Context(), session(1), datastore.Request{Target: datastore.Running, Edit: edit(t, tt.edit...), Test: datastore.TestOnly}))
			ok(t, candidate(t, s, tt.edit...)) // the candidate is not locked
			want("commit", s.Commit(t.Context(), session(1)))
			want("edit", running(t, s, tt.edit...))
			want("set", s.Apply(t.Context(), session(0), edit(t, tt.edit...)))
			ok(t, s.Edit(t.Context(), session(4), datastore.Request{Target: datastore.Running, Edit: edit(t, tt.edit...)}))
			if tt.held {
				wantTag(t, s.Copy(t.Context(), session(1), datastore.Running, before), datastore.TagInUse)
			}
			ok(t, s.UnlockNodes(t.Context(), 4, lock.ID))
			ok(t, s.Copy(t.Context(), session(1), datastore.Running, before))
		})
	}
}

// A lock stays on what its holder removes and makes again.
func TestPartialLockOutlivesItsNode(t *testing.T) {
	s := withItems(t)
	_, err := lockNodes(t, s, 4, itemA)
	ok(t, err)
	ok(t, s.Apply(t.Context(), session(4), edit(t, "remove "+itemA)))
	wantTag(t, running(t, s, itemA+"/config/name = a"), datastore.TagInUse)
}

func TestPartialLocksAndOtherLocks(t *testing.T) {
	type step = func(*testing.T, *datastore.Store) error
	lock := func(n uint32) step {
		return func(t *testing.T, s *datastore.Store) error { return s.Lock(t.Context(), datastore.Running, n) }
	}
	part := func(n uint32, nodes ...string) step {
		return func(t *testing.T, s *datastore.Store) error { _, err := lockNodes(t, s, n, nodes...); return err }
	}
	confirmed := func(n uint32) step {
		return func(t *testing.T, s *datastore.Store) error {
			return commitLimit(t, s, n, 9, commitOptions{Timeout: long})
		}
	}
	release := func(n uint32) step {
		return func(_ *testing.T, s *datastore.Store) error { s.Release(n); return nil }
	}
	for _, tt := range []struct {
		name   string
		before []step
		last   step
		holder string // "": granted
	}{
		{"free", nil, part(1, itemA), ""},
		{"another's node", []step{part(4, itemA)}, part(1, itemA), "4"},
		{"below another's", []step{part(4, itemA)}, part(1, itemB, itemA+"/config/name"), "4"},
		{"above another's", []step{part(4, itemA)}, part(1, "/t:top"), "4"},
		{"beside another's", []step{part(4, itemA)}, part(1, itemB, "/t:top/config"), ""},
		{"one's own again", []step{part(1, itemA)}, part(1, "/t:top"), ""},
		{"all or none", []step{part(4, itemA), func(t *testing.T, s *datastore.Store) error {
			_, err := lockNodes(t, s, 1, itemB, itemA)
			wantTag(t, err, datastore.TagLockDenied)
			return nil
		}}, part(5, itemB), ""},
		{"running locked", []step{lock(4)}, part(1, itemA), "4"},
		{"running locked by oneself", []step{lock(1)}, part(1, itemA), "1"},
		{"running with a locked part", []step{part(4, itemA)}, lock(1), "4"},
		{"running with an own locked part", []step{part(1, itemA)}, lock(1), "1"},
		{"another's confirmed commit", []step{confirmed(4)}, part(1, itemA), "4"},
		{"one's own confirmed commit", []step{confirmed(1)}, part(1, itemA), ""},
		{"the holder ended", []step{part(4, itemA), release(4)}, part(1, itemA), ""},
		{"the holder ended, whole", []step{part(4, itemA), release(4)}, lock(1), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := withItems(t)
			for _, do := range tt.before {
				ok(t, do(t, s))
			}
			err := tt.last(t, s)
			if tt.holder == "" {
				ok(t, err)
				return
			}
			if e := wantTag(t, err, datastore.TagLockDenied); !slices.Equal(e.Info, [][2]string{{"session-id", tt.holder}}) {
				t.Errorf("error-info %v", e.Info)
			}
		})
	}
}

func TestUnlockNodesIsForTheHolder(t *testing.T) {
	s := withItems(t)
	lock, err := lockNodes(t, s, 4, itemA)
	ok(t, err)
	if all := s.PartialLocks(); len(all) != 1 || all[0].ID != lock.ID || all[0].Session != 4 || all[0].Since.IsZero() || len(all[0].Nodes) != 1 {
		t.Errorf("locks %+v", all)
	}
	wantTag(t, s.UnlockNodes(t.Context(), 1, lock.ID), tree.TagInvalidValue)
	wantTag(t, s.UnlockNodes(t.Context(), 4, lock.ID+1), tree.TagInvalidValue)
	ok(t, s.UnlockNodes(t.Context(), 4, lock.ID))
	wantTag(t, s.UnlockNodes(t.Context(), 4, lock.ID), tree.TagInvalidValue)
	_, err = lockNodes(t, s, 0, itemA)
	wantTag(t, err, tree.TagOperationFailed)
}

// What is undone is undone, whoever has locked what meanwhile.
func TestPartialLockDoesNotStopARollback(t *testing.T) {
	s := withItems(t)
	before := s.Running()
	ok(t, commitLimit(t, s, 1, 9, commitOptions{Timeout: long, Persist: "word"}))
	s.Release(1)
	ok(t, s.CommitWith(t.Context(), session(4), commitOptions{Timeout: long, PersistID: "word"}))
	_, err := lockNodes(t, s, 4, "/t:top/config/limit")
	ok(t, err)
	ok(t, s.CancelCommit(t.Context(), session(5), "word"))
	if s.Running() != before {
		t.Error("it was not undone")
	}
}

// Nodes are found in the version that is locked, though running changes meanwhile.
func TestPartialLockFindsNodesOfTheLockedVersion(t *testing.T) {
	s := withItems(t)
	asked := 0
	_, err := s.LockNodes(t.Context(), 4, nil, func(now *tree.Tree) ([]tree.Path, error) {
		asked++
		if asked <= 2 {
			ok(t, running(t, s, []string{"/t:top/mode = a", "/t:top/mode = b"}[asked-1]))
		}
		if asked == 3 && now != s.Running() {
			t.Error("an old version was asked about")
		}
		return []tree.Path{parsePath(t, itemA)}, nil
	})
	ok(t, err)
	if asked != 3 {
		t.Errorf("asked %d times", asked)
	}
}

func TestPartialLocksAreBounded(t *testing.T) {
	s := withItems(t)
	for range 100 {
		_, err := lockNodes(t, s, 4, itemA)
		ok(t, err)
	}
	_, err := lockNodes(t, s, 4, itemA)
	wantTag(t, err, datastore.TagResourceDenied)
	_, err = lockNodes(t, s, 5, itemB)
	ok(t, err)
}

// TestPartialLocksOfManyNodes holds that a session does not get around the bound on
// what it locks with more locks: all of it is held in memory and told to who asks.
func TestPartialLocksOfManyNodes(t *testing.T) {
	s := withItems(t)
	nodes := slices.Repeat([]tree.Path{parsePath(t, itemA)}, 4000)
	lock := func(n uint32) error {
		_, err := s.LockNodes(t.Context(), n, nil, func(*tree.Tree) ([]tree.Path, error) { return nodes, nil })
		return err
	}
	ok(t, lock(1))
	ok(t, lock(1))
	wantTag(t, lock(1), datastore.TagResourceDenied)
	s.Release(1)
	ok(t, lock(2))
}
