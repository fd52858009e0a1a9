package datastore_test

import (
	"strings"
	"testing"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/tree"
)

// TestRules holds that the rules decide on every way to change running, and on
// validation, while what is stored already stays.
func TestRules(t *testing.T) {
	cfg := config(t, &engine{})
	cfg.Dir = t.TempDir()
	asked := 0
	cfg.Rules = func(old, next *tree.Tree) []*datastore.Error {
		asked++
		if text(old) != initial {
			t.Errorf("asked about a step from %s", text(old))
		}
		if strings.Contains(text(next), "forbidden") {
			return []*datastore.Error{{Tag: tree.TagOperationFailed, AppTag: "must-violation", Message: "forbidden"}}
		}
		return nil
	}
	s := open(t, cfg)
	if asked != 0 {
		t.Error("asked about what was stored")
	}
	forbidden := edit(t, "/t:top/config/name = forbidden")
	wantTag(t, s.Apply(t.Context(), session(1), forbidden), tree.TagOperationFailed)
	wantTag(t, s.Edit(t.Context(), session(1), datastore.Request{Target: datastore.Running, Edit: forbidden}), tree.TagOperationFailed)
	wantTag(t, s.Edit(t.Context(), session(1), datastore.Request{Target: datastore.Candidate, Edit: forbidden, Test: datastore.TestThenSet}), tree.TagOperationFailed)
	ok(t, candidate(t, s, "/t:top/config/name = forbidden"))
	wantTag(t, s.Validate(t.Context(), datastore.Candidate), tree.TagOperationFailed)
	wantTag(t, s.Commit(t.Context(), session(1)), tree.TagOperationFailed)
	wantConfig(t, "running", s.Running(), initial)
	ok(t, s.Discard(t.Context(), session(1)))
	ok(t, running(t, s, "/t:top/config/limit = 1"))
}
