package datastore_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/server/datastore/journal/crashfs"
	"github.com/optical-net/waveguard/yang/tree"
)

func TestCommitGoesThroughTheEngine(t *testing.T) {
	s, e := start(t)
	w := s.Watch()
	defer w.Close()
	ok(t, candidate(t, s, "/t:top/config/limit = 3"))
	wantCalls(t, e)
	wantConfig(t, "running", s.Running(), initial)
	ok(t, s.Commit(t.Context(), session(1)))
	wantCalls(t, e, "prepare config/limit", "commit")
	wantConfig(t, "running", s.Running(), `{"t:top":{"config":{"name":"first","limit":3}}}`)
	if len(w.C) != 1 {
		t.Error("the watcher was not told")
	}
	if s.Candidate() != s.Running() {
		t.Error("the candidate differs from running after a commit")
	}
	if st := s.Stats(); st.Commits != 1 || st.Refused != 0 || st.LastCommit.IsZero() {
		t.Errorf("stats %+v", st)
	}
}

// RFC 7950 section 8.2.
func TestCommitDeletesWhatWhenForbids(t *testing.T) {
	e := &engine{}
	cfg := config(t, e)
	cfg.Dir = t.TempDir()
	s := open(t, cfg)
	ok(t, running(t, s, "/t:top/mode = rich", "/t:top/rich = a", "/t:top/richer[id='1']", "/t:top/richer[id='2']"))
	e.take()
	w := s.Watch()
	defer w.Close()

	ok(t, candidate(t, s, "/t:top/mode = plain", "/t:top/rich = b"))
	for _, err := range []error{s.Validate(t.Context(), datastore.Candidate), s.Commit(t.Context(), session(1))} {
		if got := wantTag(t, err, tree.TagUnknownElement); got.Path.String() != "/t:top/rich" {
			t.Errorf("what the edit changed itself is not the mistake, but %s", got.Path)
		}
	}
	ok(t, s.Discard(t.Context(), session(1)))

	ok(t, candidate(t, s, "/t:top/mode = plain"))
	ok(t, s.Validate(t.Context(), datastore.Candidate))
	ok(t, s.Commit(t.Context(), session(1)))
	const plain = `{"t:top":{"config":{"name":"first"},"mode":"plain"}}`
	wantCalls(t, e, "prepare mode rich richer[id='1'] richer[id='2']", "commit")
	wantConfig(t, "running", s.Running(), plain)
	if s.Candidate() != s.Running() {
		t.Error("the candidate differs from running after a commit")
	}
	if len(w.C) != 1 {
		t.Error("the watcher was not told")
	}
	if off := s.Operational().Find(parsePath(t, "/t:top/rich")); off != nil {
		t.Error("the operational state has what was deleted")
	}
	ok(t, s.Close())
	wantConfig(t, "running after a restart", open(t, cfg).Running(), plain)
}

func TestStartPutsTheConfigurationInForce(t *testing.T) {
	e := &engine{}
	cfg := config(t, e)
	cfg.Dir = t.TempDir()
	ok(t, open(t, cfg).Close())
	wantCalls(t, e, "prepare /t:top", "commit")
	e.refuse = errors.New("no hardware")
	if _, err := datastore.Open(cfg); err == nil || !errors.Is(err, e.refuse) {
		t.Fatalf("error %v, want the engine's", err)
	}
	e.refuse = nil
	open(t, cfg) // the refusal let the directory go
}

func TestRefusedChangeChangesNothing(t *testing.T) {
	tests := []struct {
		name  string
		lines []string
		setup func(*engine, *crashfs.FS)
		tag   tree.Tag
		calls []string
	}{
		{"does not apply", []string{"delete /t:top/config/limit"}, nil, tree.TagDataMissing, nil},
		{"is invalid", []string{"/t:top/ref = nobody"}, nil, tree.TagDataMissing, nil},
		{
			"the engine refuses",
			[]string{"/t:top/config/limit = 1"},
			func(e *engine, _ *crashfs.FS) { e.refuse = errors.New("no key left") },
			tree.TagOperationFailed,
			[]string{"prepare config/limit"},
		},
		{
			"the engine refuses by tag",
			[]string{"/t:top/config/limit = 1"},
			func(e *engine, _ *crashfs.FS) { e.refuse = &datastore.Error{Tag: datastore.TagResourceDenied} },
			datastore.TagResourceDenied,
			[]string{"prepare config/limit"},
		},
		{
			"the disk fails",
			[]string{"/t:top/config/limit = 1"},
			func(_ *engine, f *crashfs.FS) { f.FailNext(1, unix.EIO) },
			tree.TagOperationFailed,
			[]string{"prepare config/limit", "abort"},
		},
		{
			"the disk is full",
			[]string{"/t:top/config/limit = 1"},
			func(_ *engine, f *crashfs.FS) { f.FailNext(2, unix.ENOSPC) },
			datastore.TagResourceDenied,
			[]string{"prepare config/limit", "abort"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, f := &engine{}, crashfs.New()
			s := openIn(t, config(t, e), f)
			e.take()
			if tt.setup != nil {
				tt.setup(e, f)
			}
			before, operational := s.Running(), s.Operational()
			if err := wantTag(t, running(t, s, tt.lines...), tt.tag); err.Message == "" && tt.setup == nil {
				t.Error("the error says nothing")
			}
			wantCalls(t, e, tt.calls...)
			if s.Running() != before || s.Operational() != operational || s.Candidate() != before {
				t.Error("something has changed")
			}
			if st := s.Stats(); st.Commits != 0 {
				t.Errorf("stats %+v", st)
			}
		})
	}
}

func TestEveryViolationIsReported(t *testing.T) {
	s, _ := start(t)
	err := running(t, s, "/t:top/ref = nobody", "/t:top/config/limit = 0", "/t:top/items/item[name='a']/config/name = a")
	for _, want := range []string{"/t:top/ref", "more items than the limit"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not tell of %q", err, want)
		}
	}
}

func TestJournalThatFailedWorksAgainWhenTheDiskDoes(t *testing.T) {
	e, f := &engine{}, crashfs.New()
	s := openIn(t, config(t, e), f)
	f.FailNext(1, unix.ENOSPC)
	wantTag(t, running(t, s, "/t:top/config/limit = 1"), datastore.TagResourceDenied)
	f.FailNext(1, unix.ENOSPC) // still full
	err := wantTag(t, running(t, s, "/t:top/config/limit = 2"), datastore.TagResourceDenied)
	if !strings.Contains(err.Message, "make room") {
		t.Errorf("%q does not say what to do", err.Message)
	}
	if !errors.Is(s.Stored(), unix.ENOSPC) {
		t.Errorf("with a full disk, Stored returns %v", s.Stored())
	}
	ok(t, running(t, s, "/t:top/config/limit = 3"))
	if err := s.Stored(); err != nil {
		t.Errorf("with room again, Stored returns %v", err)
	}
	want := `{"t:top":{"config":{"name":"first","limit":3}}}`
	wantConfig(t, "running", s.Running(), want)
	for _, o := range crashfs.Outcomes {
		wantConfig(t, "running after a crash", openIn(t, config(t, e), f.After(o)).Running(), want)
	}
}

func TestChangeOfNothingTouchesNothing(t *testing.T) {
	e, f := &engine{}, crashfs.New()
	s := openIn(t, config(t, e), f)
	e.take()
	before, writes := s.Running(), f.Operations()
	w := s.Watch()
	defer w.Close()
	ok(t, running(t, s, "/t:top/config/name = first"))
	ok(t, candidate(t, s, "/t:top/config/name = first"))
	ok(t, s.Commit(t.Context(), session(1)))
	ok(t, s.Apply(t.Context(), session(0)))
	wantCalls(t, e)
	if s.Running() != before || f.Operations() != writes || len(w.C) != 0 || s.Stats().Commits != 0 {
		t.Error("a change of nothing left a trace")
	}
}

func TestClientThatGaveUp(t *testing.T) {
	s, e := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := s.Edit(ctx, session(1), datastore.Request{Edit: edit(t, "/t:top/config/limit = 1")})
	wantTag(t, err, tree.TagOperationFailed)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v does not wrap its cause", err)
	}
	for _, call := range e.take() {
		if call == "commit" {
			t.Error("the change was made")
		}
	}
	wantConfig(t, "running", s.Running(), initial)
}

func TestTestOption(t *testing.T) {
	const valid, invalid = "/t:top/config/limit = 1", "/t:top/ref = nobody"
	tests := []struct {
		name   string
		target datastore.Name
		test   datastore.Test
		line   string
		fails  bool
		stored bool
	}{
		{"candidate, set, valid", datastore.Candidate, datastore.Set, valid, false, true},
		{"candidate, set, invalid", datastore.Candidate, datastore.Set, invalid, false, true},
		{"candidate, test-then-set, valid", datastore.Candidate, datastore.TestThenSet, valid, false, true},
		{"candidate, test-then-set, invalid", datastore.Candidate, datastore.TestThenSet, invalid, true, false},
		{"candidate, test-only, valid", datastore.Candidate, datastore.TestOnly, valid, false, false},
		{"candidate, test-only, invalid", datastore.Candidate, datastore.TestOnly, invalid, true, false},
		{"running, set, valid", datastore.Running, datastore.Set, valid, false, true},
		{"running, set, invalid", datastore.Running, datastore.Set, invalid, true, false},
		{"running, test-only, valid", datastore.Running, datastore.TestOnly, valid, false, false},
		{"running, test-only, invalid", datastore.Running, datastore.TestOnly, invalid, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := start(t)
			err := s.Edit(t.Context(), session(1), datastore.Request{Target: tt.target, Edit: edit(t, tt.line), Test: tt.test})
			if (err != nil) != tt.fails {
				t.Errorf("error %v, wanted one: %t", err, tt.fails)
			}
			if stored := text(s.Config(tt.target)) != initial; stored != tt.stored {
				t.Errorf("stored: %t, want %t", stored, tt.stored)
			}
		})
	}
}

func TestDefaultOperation(t *testing.T) {
	s, _ := start(t)
	err := s.Edit(t.Context(), session(1), datastore.Request{Edit: edit(t, "/t:top/config/limit = 1"), Default: tree.None})
	wantTag(t, err, tree.TagDataMissing)
	ok(t, s.Edit(t.Context(), session(1), datastore.Request{Edit: edit(t, "/t:top/config/limit = 1"), Default: tree.Replace}))
	wantConfig(t, "running", s.Running(), `{"t:top":{"config":{"limit":1}}}`)
}

func TestApplyIsOneTransactionInOrder(t *testing.T) {
	s, e := start(t)
	ok(t, s.Apply(t.Context(), session(0),
		edit(t, "remove /t:top/config"),
		edit(t, "/t:top/config/limit = 1"),
		edit(t, "/t:top/config/limit = 2")))
	wantCalls(t, e, "prepare config/name config/limit", "commit")
	wantConfig(t, "running", s.Running(), `{"t:top":{"config":{"limit":2}}}`)
	err := s.Apply(t.Context(), session(0), edit(t, "/t:top/config/limit = 7"), edit(t, "delete /t:top/ref"))
	wantTag(t, err, tree.TagDataMissing)
	wantConfig(t, "running", s.Running(), `{"t:top":{"config":{"limit":2}}}`)
}

// rules is an Access that refuses paths with a word in them.
type rules string

func (r rules) CheckEdit(ed *tree.Edit) error { return nil }

func (r rules) CheckChanges(changes []tree.Change) error {
	for _, c := range changes {
		if strings.Contains(c.Path.String(), string(r)) {
			return &datastore.Error{Tag: "access-denied", Path: c.Path}
		}
	}
	return nil
}

type noEdits struct{ rules }

func (noEdits) CheckEdit(*tree.Edit) error { return &datastore.Error{Tag: "access-denied"} }

func TestAccessDecidesOnEditsAndOnTheirEffect(t *testing.T) {
	s, e := start(t)
	limited := session(1)
	limited.Access = rules("limit")
	for _, r := range []datastore.Request{
		{Target: datastore.Running, Edit: edit(t, "/t:top/config/limit = 1")},
		{Target: datastore.Running, Edit: edit(t, "/t:top/config/limit = 1"), Test: datastore.TestOnly},
		{Target: datastore.Candidate, Edit: edit(t, "/t:top/config/limit = 1")},
	} {
		wantTag(t, s.Edit(t.Context(), limited, r), "access-denied")
	}
	wantTag(t, s.Apply(t.Context(), limited, edit(t, "/t:top/config/limit = 1")), "access-denied")
	ok(t, candidate(t, s, "/t:top/config/limit = 1"))
	wantTag(t, s.Commit(t.Context(), limited), "access-denied")
	wantCalls(t, e)
	barred := session(1)
	barred.Access = noEdits{}
	wantTag(t, s.Apply(t.Context(), barred, edit(t, "/t:top/config/name = first")), "access-denied")
}

func TestValidate(t *testing.T) {
	s, e := start(t)
	ok(t, s.Validate(t.Context(), datastore.Candidate))
	ok(t, candidate(t, s, "/t:top/ref = nobody"))
	if err := wantTag(t, s.Validate(t.Context(), datastore.Candidate), tree.TagDataMissing); err.AppTag != "instance-required" {
		t.Errorf("error-app-tag %q (RFC 7950 section 15.5)", err.AppTag)
	}
	ok(t, s.Validate(t.Context(), datastore.Running))
	ok(t, s.ValidateTree(t.Context(), tree.New(set(t))))
	wantCalls(t, e)
}

func TestClosedStoreRefusesWriters(t *testing.T) {
	s, _ := start(t)
	ok(t, s.Close())
	ok(t, s.Close())
	wantTag(t, running(t, s, "/t:top/config/limit = 1"), tree.TagOperationFailed)
	wantConfig(t, "running", s.Running(), initial)
}

func TestWritersTakeTurnsAndReadersNeverWait(t *testing.T) {
	s, _ := start(t)
	const writers, each = 4, 25
	var writing, reading sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		reading.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				_, _, _ = text(s.Running()), text(s.Candidate()), text(s.Operational())
			}
		})
	}
	for i := range writers {
		writing.Go(func() {
			for range each {
				if err := running(t, s, "/t:top/items/item[name='"+string(rune('a'+i))+"']/config/size = 1"); err == nil {
					t.Error("an entry without its name was accepted")
				}
				name := string(rune('a' + i))
				if err := running(t, s, "/t:top/items/item[name='"+name+"']/config/name = "+name); err != nil {
					t.Error(err)
				}
				if err := running(t, s, "delete /t:top/items/item[name='"+name+"']"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writing.Wait()
	close(stop)
	reading.Wait()
	wantConfig(t, "running", s.Running(), initial)
	if got := s.Stats().Commits; got != 2*writers*each {
		t.Errorf("%d commits, want %d", got, 2*writers*each)
	}
}

func TestWatcherIsToldOfAnyNumberOfChangesOnce(t *testing.T) {
	s, _ := start(t)
	w, gone := s.Watch(), s.Watch()
	gone.Close()
	gone.Close()
	for _, v := range []string{"1", "2", "3"} {
		ok(t, running(t, s, "/t:top/config/limit = "+v))
	}
	if len(w.C) != 1 || len(gone.C) != 0 {
		t.Fatalf("%d and %d tokens, want 1 and 0", len(w.C), len(gone.C))
	}
	<-w.C
	ok(t, s.UpdateState(func(e *tree.Editor) error {
		return e.SetLeaf(parsePath(t, "/t:top/state/uptime"), parseValue(t, parsePath(t, "/t:top/state/uptime").Schema(), "7"))
	}))
	if len(w.C) != 1 {
		t.Error("a change of state went unnoticed")
	}
	w.Close()
}

// TestValidateHoldsUpNobody holds that commits go on while somebody has something
// validated, which may be large and all wrong.
func TestValidateHoldsUpNobody(t *testing.T) {
	var s *datastore.Store
	var meanwhile error
	during := false
	cfg := config(t, &engine{})
	cfg.Dir = t.TempDir()
	cfg.Rules = func(_, _ *tree.Tree) []*datastore.Error {
		if during {
			during = false
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			meanwhile = s.Discard(ctx, datastore.Actor{})
		}
		return nil
	}
	s = open(t, cfg)
	during = true
	ok(t, s.ValidateTree(t.Context(), s.Running()))
	if during || meanwhile != nil {
		t.Errorf("asked: %v; the store meanwhile: %v", !during, meanwhile)
	}
}
