package config_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/optical-net/waveguard/cmd/waveguard/internal/appliance"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/config"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/netconf"
	"github.com/optical-net/waveguard/cmd/waveguard/internal/netconftest"
	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/tree"
)

// open opens a session of the administrator with an appliance.
func open(t *testing.T, s *netconftest.Server) (*config.Appliance, *netconf.Client) {
	t.Helper()
	return openAs(t, s, "admin")
}

func openAs(t *testing.T, s *netconftest.Server, user string) (*config.Appliance, *netconf.Client) {
	t.Helper()
	c, err := netconf.Dial(t.Context(), netconf.Config{Address: s.Address, User: user, Data: s.Data}, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := config.Open(t.Context(), c.Session)
	if err != nil {
		t.Fatal(err)
	}
	return a, c
}

func read(t *testing.T, a *config.Appliance) *tree.Tree {
	t.Helper()
	r, err := a.Read(t.Context(), config.Running, config.Selection{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// set returns a configuration with a leaf that has another value.
func set(t *testing.T, in *tree.Tree, path, value string) *tree.Tree {
	t.Helper()
	p, err := in.Schema().ParsePath(path)
	if err != nil {
		t.Fatal(err)
	}
	v, err := p[len(p)-1].Node.ParseValue(value)
	if err != nil {
		t.Fatal(err)
	}
	e := in.Edit()
	if err := e.SetLeaf(p, v); err != nil {
		t.Fatal(err)
	}
	return e.Tree()
}

const (
	name   = "/mpk-security:mpk-security/system/config/name"
	source = "/mpk-security:mpk-security/transitions/transition[source='dashboard'][target='nobody']/config/action"
)

// clean wants no lock held and nothing in the candidate.
func clean(t *testing.T, s *netconftest.Server) {
	t.Helper()
	_, running := s.Store.LockedBy(datastore.Running)
	_, candidate := s.Store.LockedBy(datastore.Candidate)
	if running || candidate {
		t.Errorf("locked: running %t, candidate %t", running, candidate)
	}
	if s.Store.Candidate() != s.Store.Running() {
		t.Error("the candidate has changes")
	}
}

// TestChangeOfWhatWasSeen holds that a change is made to what somebody saw, or not at
// all, and that nothing is left behind either way.
func TestChangeOfWhatWasSeen(t *testing.T) {
	s := netconftest.Start(t)
	a, _ := open(t, s)
	b, _ := open(t, s)
	seen := read(t, a)
	if err := a.Change(t.Context(), seen, set(t, seen, name, "one"), config.Options{Comment: "<first> & \"best\""}); err != nil {
		t.Fatal(err)
	}
	clean(t, s)
	if r := s.Store.History()[0]; r.Actor.Comment != "<first> & \"best\"" {
		t.Errorf("the history says %q", r.Actor.Comment)
	}
	old := read(t, b)
	if err := b.Change(t.Context(), old, set(t, old, name, "two"), config.Options{}); err != nil {
		t.Fatal(err)
	}
	seen = set(t, seen, name, "one")
	running := s.Store.Running()
	err := a.Change(t.Context(), seen, set(t, seen, name, "three"), config.Options{})
	if err == nil || !strings.Contains(err.Error(), "meanwhile") {
		t.Errorf("changed what nobody saw: %v", err)
	}
	clean(t, s)
	now := read(t, a)
	invalid := set(t, now, source, "PERMIT")
	for what, err := range map[string]error{
		"change": a.Change(t.Context(), now, invalid, config.Options{}), "check": a.Check(t.Context(), now, invalid),
	} {
		var e *netconf.RPCError
		if !errors.As(err, &e) || !errors.Is(err, appliance.ErrFailed) {
			t.Errorf("%s: %v", what, err)
		}
	}
	clean(t, s)
	if s.Store.Running() != running {
		t.Error("running was changed")
	}
}

// TestOthersAtWork holds that what others have in the candidate, or hold, is neither
// committed along nor lost.
func TestOthersAtWork(t *testing.T) {
	s := netconftest.Start(t)
	a, _ := open(t, s)
	_, other := open(t, s)
	old := read(t, a)
	if err := a.Change(t.Context(), old, set(t, old, name, "one"), config.Options{Timeout: time.Hour, Persist: "x"}); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Call(t.Context(), `<edit-config><target><candidate/></target><config><mpk-security xmlns="https://mpk-security.optical.net/yang/mpk-security"><system><config><name>theirs</name></config></system></mpk-security></config></edit-config>`); err != nil {
		t.Fatal(err)
	}
	candidate := s.Store.Candidate()
	now := read(t, a)
	for what, err := range map[string]error{
		"change":  a.Change(t.Context(), now, set(t, now, name, "two"), config.Options{}),
		"confirm": a.Confirm(t.Context(), "x"),
	} {
		var e *appliance.Error
		if !errors.As(err, &e) || !strings.Contains(e.Message, "somebody else is at work") || e.Hint == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
	if s.Store.Candidate() != candidate {
		t.Error("the candidate was changed")
	}
	if _, err := other.Call(t.Context(), `<discard-changes/>`); err != nil {
		t.Fatal(err)
	}
	if err := a.Confirm(t.Context(), "x"); err != nil {
		t.Error(err)
	}
	clean(t, s)
}

// TestRollbackAnswersToAccessControl holds that nobody goes back over what they may
// not write, or reads in the past what they may not read now.
func TestRollbackAnswersToAccessControl(t *testing.T) {
	s := netconftest.Start(t)
	admin, _ := open(t, s)
	before := s.Store.History()[0].Number
	for path, value := range map[string]string{
		name: "one", "/mpk-security:mpk-security/system/users/user[name='viewer']/config/role": "OPERATOR",
	} {
		now := read(t, admin)
		if err := admin.Change(t.Context(), now, set(t, now, path, value), config.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	running := s.Store.Running()
	operator, _ := openAs(t, s, "operator")
	past, number, err := operator.Revision(t.Context(), config.Point{Number: before})
	if err != nil || number != before {
		t.Fatalf("revision %d: %v", number, err)
	}
	hash := "/mpk-security:mpk-security/system/users/user[name='admin']/config/password-hash"
	if has(t, past, hash) || !has(t, past, strings.Replace(hash, "password-hash", "role", 1)) {
		t.Error("an operator does not read of the past what it reads of the present")
	}
	var e *netconf.RPCError
	if err := operator.Rollback(t.Context(), before, config.Options{}); !errors.As(err, &e) || e.Tag != "access-denied" || !strings.Contains(e.Path, "user[mpk:name='viewer']") {
		t.Errorf("an operator gives roles by going back: %v", err)
	}
	if s.Store.Running() != running {
		t.Error("a rollback that was refused changed something")
	}
	if err := admin.Rollback(t.Context(), before, config.Options{}); err != nil {
		t.Fatal(err)
	}
	viewer, _ := openAs(t, s, "viewer")
	if _, _, err := viewer.Revision(t.Context(), config.Point{Back: 1}); err != nil {
		t.Errorf("a viewer reads no revision: %v", err)
	}
	if err := viewer.Rollback(t.Context(), before, config.Options{}); !errors.Is(err, appliance.ErrRefused) {
		t.Errorf("a viewer rolls back: %v", err)
	}
}

func has(t *testing.T, in *tree.Tree, path string) bool {
	t.Helper()
	p, err := in.Schema().ParsePath(path)
	if err != nil {
		t.Fatal(err)
	}
	return in.Find(p) != nil
}

// TestInterruptedCommit holds that whoever leaves while a commit is on its way is told
// what is not known, and leaves no lock behind.
func TestInterruptedCommit(t *testing.T) {
	s := netconftest.Start(t)
	a, client := open(t, s)
	seen := read(t, a)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	defer s.Store.Observe(func(datastore.Change) { // in force, and not answered yet
		cancel()
		<-client.Ended()
	})()
	err := a.Change(ctx, seen, set(t, seen, name, "one"), config.Options{})
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "not known") {
		t.Errorf("%v", err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		_, running := s.Store.LockedBy(datastore.Running)
		_, candidate := s.Store.LockedBy(datastore.Candidate)
		if !running && !candidate {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a lock was left behind")
		}
	}
	clean(t, s)
}
