package gnmi

import (
	"context"
	"strings"
	"testing"
	"time"

	gpb "github.com/openconfig/gnmi/proto/gnmi"
	ext "github.com/openconfig/gnmi/proto/gnmi_ext"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/optical-net/waveguard/server/datastore"
)

func begin(id string, d time.Duration) *ext.Commit {
	r := &ext.CommitRequest{}
	if d != 0 {
		r.RollbackDuration = durationpb.New(d)
	}
	return &ext.Commit{Id: id, Action: &ext.Commit_Commit{Commit: r}}
}

func confirm(id string) *ext.Commit {
	return &ext.Commit{Id: id, Action: &ext.Commit_Confirm{Confirm: &ext.CommitConfirm{}}}
}

func cancel(id string) *ext.Commit {
	return &ext.Commit{Id: id, Action: &ext.Commit_Cancel{Cancel: &ext.CommitCancel{}}}
}

func prolong(id string, d time.Duration) *ext.Commit {
	r := &ext.CommitSetRollbackDuration{}
	if d != 0 {
		r.RollbackDuration = durationpb.New(d)
	}
	return &ext.Commit{Id: id, Action: &ext.Commit_SetRollbackDuration{SetRollbackDuration: r}}
}

// setRate returns a Set of one leaf, 0 for nothing, with the extension, nil for none.
func setRate(rate uint64, c *ext.Commit) *gpb.SetRequest {
	req := &gpb.SetRequest{}
	if rate > 0 {
		req.Update = []*gpb.Update{update(monitoring+"/config/max-rate", unsigned(rate))}
	}
	if c != nil {
		req.Extension = []*ext.Extension{{Ext: &ext.Extension_Commit{Commit: c}}}
	}
	return req
}

// TestCommitConfirmed is the table of the extension's section 3.2: what answers
// what, and what running says then.
func TestCommitConfirmed(t *testing.T) {
	type call struct {
		req  *gpb.SetRequest
		code codes.Code
		rate string
	}
	for name, calls := range map[string][]call{
		"confirmed": {
			{setRate(7, begin("a", 0)), codes.OK, "7"},
			{setRate(0, confirm("a")), codes.OK, "7"},
			{setRate(8, nil), codes.OK, "8"},
		},
		"cancelled": {
			{setRate(7, begin("a", time.Hour)), codes.OK, "7"},
			{setRate(0, cancel("a")), codes.OK, "1000"},
			{setRate(8, begin("a", time.Hour)), codes.OK, "8"},
		},
		"one at a time": {
			{setRate(7, begin("a", time.Hour)), codes.OK, "7"},
			{setRate(8, begin("b", time.Hour)), codes.FailedPrecondition, "7"},
			{setRate(8, begin("a", time.Hour)), codes.FailedPrecondition, "7"},
			{setRate(8, nil), codes.FailedPrecondition, "7"},
		},
		"wrong id": {
			{setRate(7, begin("a", time.Hour)), codes.OK, "7"},
			{setRate(0, confirm("b")), codes.InvalidArgument, "7"},
			{setRate(0, cancel("b")), codes.InvalidArgument, "7"},
			{setRate(0, prolong("b", time.Hour)), codes.InvalidArgument, "7"},
			{setRate(0, cancel("a")), codes.OK, "1000"},
		},
		"none waits": {
			{setRate(0, confirm("a")), codes.FailedPrecondition, "1000"},
			{setRate(0, cancel("a")), codes.FailedPrecondition, "1000"},
			{setRate(0, prolong("a", time.Hour)), codes.FailedPrecondition, "1000"},
		},
		"twice": {
			{setRate(7, begin("a", time.Hour)), codes.OK, "7"},
			{setRate(0, confirm("a")), codes.OK, "7"},
			{setRate(0, confirm("a")), codes.FailedPrecondition, "7"},
			{setRate(0, cancel("a")), codes.FailedPrecondition, "7"},
		},
		"malformed": {
			{setRate(7, begin("", time.Hour)), codes.InvalidArgument, "1000"},
			{setRate(7, begin("a", -time.Second)), codes.InvalidArgument, "1000"},
			{setRate(7, &ext.Commit{Id: "a"}), codes.InvalidArgument, "1000"},
			{setRate(7, begin("a", time.Hour)), codes.OK, "7"},
			{setRate(0, confirm("")), codes.InvalidArgument, "7"},
			{setRate(8, confirm("a")), codes.InvalidArgument, "7"},
			{setRate(0, prolong("a", 0)), codes.InvalidArgument, "7"},
			{setRate(0, prolong("a", -time.Second)), codes.InvalidArgument, "7"},
		},
		"refused change": {
			{&gpb.SetRequest{
				Update:    []*gpb.Update{update(top+"/services/service[name=dashboard]/config/domain", text("lobby"))},
				Extension: setRate(0, begin("a", time.Hour)).Extension,
			}, codes.InvalidArgument, "1000"},
			{setRate(0, confirm("a")), codes.FailedPrecondition, "1000"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, nil)
			c := r.dial()
			for i, call := range calls {
				if _, err := c.Set(r.as("op"), call.req); status.Code(err) != call.code {
					t.Errorf("call %d: %v, want %v", i+1, err, call.code)
				}
				if got := r.config(monitoring + "/config/max-rate"); got != call.rate {
					t.Errorf("call %d: the rate is %s, want %s", i+1, got, call.rate)
				}
			}
		})
	}
}

func TestCommitConfirmedIsUndoneOnTime(t *testing.T) {
	r := newRig(t, nil)
	c := r.dial()
	must(c.Set(r.as("op"), setRate(7, begin("a", time.Hour))))(t)
	must(c.Set(r.as("op"), setRate(0, prolong("a", time.Millisecond))))(t)
	r.waitUndone()
	if got := r.config(monitoring + "/config/max-rate"); got != "1000" {
		t.Errorf("the rate is %s", got)
	}
}

func (r *rig) waitUndone() {
	r.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if _, waits := r.store.Confirming(); !waits {
			return
		}
	}
	r.t.Fatal("the commit waits on")
}

// TestCommitConfirmedLastsTenMinutes holds the default of section 3.2.1.
func TestCommitConfirmedLastsTenMinutes(t *testing.T) {
	r := newRig(t, nil)
	begun := time.Now()
	must(r.dial().Set(r.as("op"), setRate(7, begin("a", 0))))(t)
	p, waits := r.store.Confirming()
	if !waits || p.Persist != "a" || p.User != "op" || p.Deadline.Before(begun.Add(10*time.Minute)) || p.Deadline.After(time.Now().Add(10*time.Minute)) {
		t.Errorf("%+v, %t", p, waits)
	}
}

// TestOneEngineForBothProtocols lets a NETCONF session meet a commit of gNMI, and
// the other way round.
func TestOneEngineForBothProtocols(t *testing.T) {
	r := newRig(t, nil)
	c, session := r.dial(), datastore.Actor{User: "admin", Protocol: "netconf", Session: 5}
	must(c.Set(r.as("op"), setRate(7, begin("a", time.Hour))))(t)
	err := r.store.Commit(t.Context(), session)
	if !strings.Contains(toStatus(err).Error(), `user "op" waits`) || status.Code(toStatus(err)) != codes.FailedPrecondition {
		t.Errorf("commit of a session: %v", err)
	}
	if err := r.store.CancelCommit(t.Context(), session, "a"); err != nil {
		t.Error(err)
	}
	if err := r.store.CommitWith(t.Context(), session, datastore.CommitOptions{Timeout: time.Hour}); err != nil {
		t.Fatal(err)
	}
	for _, req := range []*gpb.SetRequest{setRate(8, nil), setRate(8, begin("a", 0))} {
		if _, err := c.Set(r.as("op"), req); status.Code(err) != codes.FailedPrecondition || !strings.Contains(err.Error(), `user "admin"`) {
			t.Errorf("while a session's commit waits: %v", err)
		}
	}
	if _, err := c.Set(r.as("op"), setRate(0, confirm("a"))); status.Code(err) != codes.InvalidArgument {
		t.Errorf("confirming a session's commit: %v", err)
	}
}

// TestConfirmLeavesTheCandidate: a Set never commits what a NETCONF user prepares.
func TestConfirmLeavesTheCandidate(t *testing.T) {
	r := newRig(t, nil)
	c := r.dial()
	must(c.Set(r.as("op"), setRate(7, begin("a", time.Hour))))(t)
	prepared := remove(r.schema, r.instance("/transitions/transition[source='dashboard'][target='performance-monitoring']/config/max-rate"))
	if err := r.store.Edit(t.Context(), datastore.Actor{Session: 5}, datastore.Request{Target: datastore.Candidate, Edit: prepared}); err != nil {
		t.Fatal(err)
	}
	must(c.Set(r.as("op"), setRate(0, confirm("a"))))(t)
	if got := r.config(monitoring + "/config/max-rate"); got != "7" {
		t.Errorf("the rate is %s", got)
	}
	if r.store.Candidate() == r.store.Running() {
		t.Error("the candidate is gone")
	}
}

func TestCommitConfirmedSurvivesARestart(t *testing.T) {
	for name, action := range map[string]struct {
		c    *ext.Commit
		rate string
	}{"confirmed": {confirm("a"), "7"}, "cancelled": {cancel("a"), "1000"}} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			reopen := func(c *Config) {
				store := must(datastore.Open(datastore.Config{Dir: dir, Schema: c.Schema, Engine: engine{}, Initial: initial, Logger: quiet(t)}))(t)
				t.Cleanup(func() { store.Close() })
				c.Store = store
			}
			r := newRig(t, reopen)
			must(r.dial().Set(r.as("op"), setRate(7, begin("a", time.Hour))))(t)
			r.stop()
			if err := r.store.Close(); err != nil {
				t.Fatal(err)
			}
			r = newRig(t, reopen)
			c := r.dial()
			if _, err := c.Set(r.as("op"), setRate(8, nil)); status.Code(err) != codes.FailedPrecondition {
				t.Errorf("a Set after the restart: %v", err)
			}
			must(c.Set(r.as("op"), setRate(0, action.c)))(t)
			if got := r.config(monitoring + "/config/max-rate"); got != action.rate {
				t.Errorf("the rate is %s, want %s", got, action.rate)
			}
		})
	}
}

// TestRulesOnCommitConfirmed: who may not run commit or cancel-commit over NETCONF
// may not over gNMI.
func TestRulesOnCommitConfirmed(t *testing.T) {
	r := newRig(t, nil)
	r.setNACM(`{"rule-list": [{"name": "1", "group": ["OPERATOR"], "rule": [
		{"name": "1", "rpc-name": "cancel-commit", "access-operations": "exec", "action": "deny"}]}]}`)
	c := r.dial()
	must(c.Set(r.as("op"), setRate(7, begin("a", time.Hour))))(t)
	if _, err := c.Set(r.as("op"), setRate(0, cancel("a"))); status.Code(err) != codes.PermissionDenied {
		t.Errorf("cancel: %v", err)
	}
	must(c.Set(r.as("op"), setRate(0, confirm("a"))))(t)
	r.setNACM(`{"rule-list": [{"name": "1", "group": ["OPERATOR"], "rule": [
		{"name": "1", "rpc-name": "commit", "access-operations": "exec", "action": "deny"}]}]}`)
	if _, err := c.Set(r.as("op"), setRate(8, begin("a", time.Hour))); status.Code(err) != codes.PermissionDenied {
		t.Errorf("commit: %v", err)
	}
	if _, err := c.Set(context.Background(), setRate(0, cancel("a"))); status.Code(err) != codes.Unauthenticated {
		t.Errorf("a stranger: %v", err)
	}
}
