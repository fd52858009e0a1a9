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
