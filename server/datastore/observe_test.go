package datastore_test

import (
	"slices"
	"testing"

	"github.com/optical-net/waveguard/server/datastore"
)

func TestObserverSeesEveryChangeInOrder(t *testing.T) {
	s, _ := start(t)
	var seen []string
	stop := s.Observe(func(c datastore.Change) {
		if s.Running() != c.New {
			t.Error("told before the change was in force")
		}
		seen = append(seen, paths(c.Changes))
	})
	ok(t, running(t, s, "/t:top/config/limit = 1"))
	ok(t, running(t, s, "/t:top/config/limit = 1")) // changes nothing
	ok(t, candidate(t, s, "/t:top/config/name = second"))
	ok(t, s.Commit(t.Context(), session(1)))
	stop()
	ok(t, running(t, s, "/t:top/config/limit = 2"))
	if want := []string{"config/limit", "config/name"}; !slices.Equal(seen, want) {
		t.Errorf("seen %v, want %v", seen, want)
	}
}

// TestUndoneAtStartIsTold holds that who begins to observe after a start learns
// that a confirmed commit was undone by it.
func TestUndoneAtStartIsTold(t *testing.T) {
	cfg := config(t, &engine{})
	cfg.Dir = t.TempDir()
	s := open(t, cfg)
	ok(t, commitLimit(t, s, 1, 3, commitOptions{Timeout: long}))
	ok(t, s.Close())
	s = open(t, cfg)
	var changes []string
	var stages []datastore.Stage
	for range 2 { // it is told once
		defer s.Observe(func(c datastore.Change) { changes = append(changes, paths(c.Changes)) })()
		defer s.ObserveConfirmed(func(c datastore.Confirmed) { stages = append(stages, c.Stage) })()
	}
	if !slices.Equal(changes, []string{"config/limit"}) || !slices.Equal(stages, []datastore.Stage{datastore.TimedOut}) {
		t.Errorf("told %v and %v", changes, stages)
	}
}
