package datastore_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/tree"
)

// own opens a store in which session 2 has a candidate of its own, and running holds
// what the lines say.
func own(t testing.TB, lines ...string) *datastore.Store {
	t.Helper()
	s, _ := start(t)
	s.OwnCandidate(2)
	if len(lines) > 0 {
		ok(t, s.Apply(t.Context(), session(0), edit(t, lines...)))
	}
	return s
}

// mine edits session 2's own candidate.
func mine(t testing.TB, s *datastore.Store, lines ...string) error {
	t.Helper()
	return s.Edit(t.Context(), session(2), datastore.Request{Target: datastore.Candidate, Edit: edit(t, lines...)})
}

func TestOwnCandidateIsNobodyElses(t *testing.T) {
	s := own(t)
	ok(t, candidate(t, s, "/t:top/config/name = shared"))
	ok(t, mine(t, s, "/t:top/config/limit = 3"))
	wantConfig(t, "the own candidate", s.ConfigOf(2, datastore.Candidate), limit(3))
	wantConfig(t, "the shared candidate", s.ConfigOf(1, datastore.Candidate), `{"t:top":{"config":{"name":"shared"}}}`)
	ok(t, s.Commit(t.Context(), session(2)))
	wantConfig(t, "running", s.Running(), limit(3))
	wantConfig(t, "the shared candidate", s.Candidate(), `{"t:top":{"config":{"name":"shared"}}}`)
	ok(t, mine(t, s, "/t:top/config/limit = 4"))
	ok(t, s.Discard(t.Context(), session(1)))
	wantConfig(t, "the own candidate", s.ConfigOf(2, datastore.Candidate), limit(4))
	s.Release(2)
	s.OwnCandidate(2)
	wantConfig(t, "the own candidate of the next session", s.ConfigOf(2, datastore.Candidate), limit(3))
}

// An own candidate keeps the running configuration it began with until it is updated,
// committed or discarded.
func TestOwnCandidateBeginsAtItsFirstUse(t *testing.T) {
	s := own(t)
	ok(t, running(t, s, "/t:top/config/limit = 1"))
	wantConfig(t, "the own candidate", s.ConfigOf(2, datastore.Candidate), limit(1))
	ok(t, running(t, s, "/t:top/config/limit = 2"))
	wantConfig(t, "the own candidate", s.ConfigOf(2, datastore.Candidate), limit(1))
	ok(t, s.Update(t.Context(), 2, datastore.RevertOnConflict))
	wantConfig(t, "the own candidate, updated", s.ConfigOf(2, datastore.Candidate), limit(2))
	ok(t, mine(t, s, "/t:top/config/name = mine"))
	ok(t, running(t, s, "/t:top/config/limit = 3"))
	ok(t, s.Discard(t.Context(), session(2)))
	wantConfig(t, "the own candidate, discarded", s.ConfigOf(2, datastore.Candidate), limit(3))
	wantTag(t, s.Update(t.Context(), 1, datastore.RevertOnConflict), tree.TagOperationFailed)
}

func TestUpdate(t *testing.T) {
	const item, part = "/t:top/items/item[name='a']", "/t:top/items/item[name='a']/part[id='1']"
	for _, tt := range []struct {
		name         string
		before       []string
		mine, theirs []string
		conflicts    []string
		// What prefer-candidate and prefer-running make; without a conflict, the one
		// result is the first.
		candidate, running string
	}{
		{
			"different leafs", nil,
			[]string{"/t:top/config/limit = 3"},
			[]string{"/t:top/config/name = theirs"},
			nil,
			`{"config":{"name":"theirs","limit":3}}`, "",
		}, {
			"the same leaf", nil,
			[]string{"/t:top/config/name = mine"},
			[]string{"/t:top/config/name = theirs"},
			[]string{"/t:top/config/name"},
			`{"config":{"name":"mine"}}`, `{"config":{"name":"theirs"}}`,
		}, {
			"the same leaf in the same way", nil,
			[]string{"/t:top/config/name = new"},
			[]string{"/t:top/config/name = new"},
			nil,
			`{"config":{"name":"new"}}`, "",
		}, {
			"a leaf created by both", nil,
			[]string{"/t:top/mode = m"},
			[]string{"/t:top/mode = t"},
			[]string{"/t:top/mode"},
			`{"config":{"name":"first"},"mode":"m"}`, `{"config":{"name":"first"},"mode":"t"}`,
		}, {
			"a leaf removed by one and changed by the other", nil,
			[]string{"remove /t:top/config/name"},
			[]string{"/t:top/config/name = t"},
			[]string{"/t:top/config/name"},
			`{}`, `{"config":{"name":"t"}}`,
		}, {
			"two entries", nil,
			[]string{item + "/config/name = a"},
			[]string{"/t:top/items/item[name='b']/config/name = b"},
			nil,
			`{"config":{"name":"first"},"items":{"item":[{"name":"a","config":{"name":"a"}},{"name":"b","config":{"name":"b"}}]}}`, "",
		}, {
			"an entry created by both", nil,
			[]string{item + "/config/name = a", item + "/config/size = 1"},
			[]string{item + "/config/name = a", item + "/config/size = 2"},
			[]string{item},
			`{"config":{"name":"first"},"items":{"item":[{"name":"a","config":{"name":"a","size":1}}]}}`,
			`{"config":{"name":"first"},"items":{"item":[{"name":"a","config":{"name":"a","size":2}}]}}`,
		}, {
			"an entry created by both in the same way", nil,
			[]string{item + "/config/name = a"},
			[]string{item + "/config/name = a"},
			nil,
			`{"config":{"name":"first"},"items":{"item":[{"name":"a","config":{"name":"a"}}]}}`, "",
		}, {
			"an entry that they removed and I changed",
			[]string{item + "/config/name = a"},
			[]string{item + "/config/size = 1", part},
			[]string{"remove " + item},
			[]string{item},
			`{"config":{"name":"first"},"items":{"item":[{"name":"a","config":{"name":"a","size":1},"part":[{"id":1}]}]}}`, `{"config":{"name":"first"}}`,
		}, {
			"an entry that I removed and they changed",
			[]string{item + "/config/name = a"},
			[]string{"remove " + item},
			[]string{item + "/config/size = 1"},
			[]string{item},
			`{"config":{"name":"first"}}`, `{"config":{"name":"first"},"items":{"item":[{"name":"a","config":{"name":"a","size":1}}]}}`,
		}, {
			"an entry removed by both",
			[]string{item + "/config/name = a"},
			[]string{"remove " + item, "/t:top/mode = m"},
			[]string{"remove " + item},
			nil,
			`{"config":{"name":"first"},"mode":"m"}`, "",
		}, {
			"values of a leaf-list",
			[]string{"/t:top/config/tag[.='x']"},
			[]string{"/t:top/config/tag[.='m']", "remove /t:top/config/tag[.='x']"},
			[]string{"/t:top/config/tag[.='t']", "/t:top/config/tag[.='m']"},
			nil,
			`{"config":{"name":"first","tag":["m","t"]}}`, "",
		}, {
			"a presence container created by both", nil,
			[]string{"/t:top/extra/a = m"},
			[]string{"/t:top/extra"},
			[]string{"/t:top/extra"},
			`{"config":{"name":"first"},"extra":{"a":"m"}}`, `{"config":{"name":"first"},"extra":{}}`,
		}, {
			"a container that exists by itself, created by both",
			[]string{"remove /t:top/config/name"},
			[]string{"/t:top/config/limit = 1"},
			[]string{"/t:top/config/name = t"},
			nil,
			`{"config":{"name":"t","limit":1}}`, "",
		}, {
			"a container that exists by itself, removed by one",
			[]string{"/t:top/config/limit = 1"},
			[]string{"remove /t:top/config"},
			[]string{"/t:top/config/limit = 2"},
			[]string{"/t:top/config/limit"},
			`{}`, `{"config":{"limit":2}}`,
		}, {
			"two cases of a choice", nil,
			[]string{"/t:top/via-x = m"},
			[]string{"/t:top/via-y = t"},
			[]string{"/t:top/via-x"},
			`{"config":{"name":"first"},"via-x":"m"}`, `{"config":{"name":"first"},"via-y":"t"}`,
		}, {
			"one changes the case of a choice",
			[]string{"/t:top/via-y = y"},
			[]string{"/t:top/via-x = m"},
			[]string{"/t:top/mode = t"},
			nil,
			`{"config":{"name":"first"},"via-x":"m","mode":"t"}`, "",
		}, {
			"one changes the case, the other the value",
			[]string{"/t:top/via-y = y"},
			[]string{"/t:top/via-x = m"},
			[]string{"/t:top/via-y = t"},
			[]string{"/t:top/via-x", "/t:top/via-y"},
			`{"config":{"name":"first"},"via-x":"m"}`, `{"config":{"name":"first"},"via-y":"t"}`,
		}, {
			"one adds to a case, the other takes another",
			[]string{"/t:top/via-y = y"},
			[]string{"/t:top/also-y = m"},
			[]string{"/t:top/via-x = t"},
			[]string{"/t:top/also-y"},
			`{"config":{"name":"first"},"via-y":"y","also-y":"m"}`, `{"config":{"name":"first"},"via-x":"t"}`,
		}, {
			"one takes another case, the other adds to it",
			[]string{"/t:top/via-y = y"},
			[]string{"/t:top/via-x = m"},
			[]string{"/t:top/also-y = t"},
			[]string{"/t:top/via-x"},
			`{"config":{"name":"first"},"via-x":"m"}`, `{"config":{"name":"first"},"via-y":"y","also-y":"t"}`,
		}, {
			"order: both add",
			[]string{"/t:top/order[.='a']"},
			[]string{"/t:top/order[.='m']"},
			[]string{"/t:top/order[.='t']"},
			[]string{"/t:top/order"},
			`{"config":{"name":"first"},"order":["a","m"]}`, `{"config":{"name":"first"},"order":["a","t"]}`,
		}, {
			"order: both add the same",
			[]string{"/t:top/order[.='a']"},
			[]string{"/t:top/order[.='m']"},
			[]string{"/t:top/order[.='m']"},
			nil,
			`{"config":{"name":"first"},"order":["a","m"]}`, "",
		}, {
			"order: I add behind what they remove",
			[]string{"/t:top/order[.='a']", "/t:top/order[.='b']"},
			[]string{"/t:top/order[.='m']"},
			[]string{"remove /t:top/order[.='b']"},
			nil,
			`{"config":{"name":"first"},"order":["a","m"]}`, "",
		}, {
			"order: they add behind what I remove",
			[]string{"/t:top/order[.='a']", "/t:top/order[.='b']"},
			[]string{"remove /t:top/order[.='b']"},
			[]string{"/t:top/order[.='t']"},
			nil,
			`{"config":{"name":"first"},"order":["a","t"]}`, "",
		}, {
			"order: they add, I change an entry",
			[]string{"/t:top/queue[id='1']", "/t:top/queue[id='2']"},
			[]string{"/t:top/queue[id='1']/note = m"},
			[]string{"/t:top/queue[id='3']"},
			nil,
			`{"config":{"name":"first"},"queue":[{"id":1,"note":"m"},{"id":2},{"id":3}]}`, "",
		}, {
			"order: they remove what I change",
			[]string{"/t:top/queue[id='1']", "/t:top/queue[id='2']"},
			[]string{"/t:top/queue[id='1']/note = m"},
			[]string{"remove /t:top/queue[id='1']"},
			[]string{"/t:top/queue[id='1']"},
			`{"config":{"name":"first"},"queue":[{"id":1,"note":"m"},{"id":2}]}`, `{"config":{"name":"first"},"queue":[{"id":2}]}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			both := func(mode datastore.Resolution) (*datastore.Store, error) {
				s := own(t, tt.before...)
				ok(t, mine(t, s, tt.mine...))
				ok(t, running(t, s, tt.theirs...))
				return s, s.Update(t.Context(), 2, mode)
			}
			s, err := both(datastore.RevertOnConflict)
			if got := conflicts(err); !slices.Equal(got, tt.conflicts) {
				t.Fatalf("conflicts %q (%v), want %q", got, err, tt.conflicts)
			}
			wantTop := func(what string, s *datastore.Store, want string) {
				t.Helper()
				if want == `{}` {
					wantConfig(t, what, s.ConfigOf(2, datastore.Candidate), `{}`)
					return
				}
				wantConfig(t, what, s.ConfigOf(2, datastore.Candidate), `{"t:top":`+want+`}`)
			}
			if tt.conflicts == nil {
				wantTop("the candidate", s, tt.candidate)
				ok(t, s.Commit(t.Context(), session(2)))
				wantConfig(t, "running", s.Running(), `{"t:top":`+tt.candidate+`}`)
				return
			}
			before := s.Running()
			if got := conflicts(s.Commit(t.Context(), session(2))); !slices.Equal(got, tt.conflicts) || s.Running() != before {
				t.Errorf("the commit has the conflicts %q", got)
			}
			s, err = both(datastore.PreferCandidate)
			ok(t, err)
			wantTop("with prefer-candidate, the candidate", s, tt.candidate)
			ok(t, s.Commit(t.Context(), session(2)))
			s, err = both(datastore.PreferRunning)
			ok(t, err)
			wantTop("with prefer-running, the candidate", s, tt.running)
		})
	}
}

// conflicts returns the paths of the errors.
func conflicts(err error) (paths []string) {
	var e *datastore.Error
	joined, many := err.(interface{ Unwrap() []error })
	switch {
	case many:
		for _, one := range joined.Unwrap() {
			paths = append(paths, conflicts(one)...)
		}
	case errors.As(err, &e) && strings.HasPrefix(e.Message, "conflict"):
		paths = append(paths, e.Path.String())
	case err != nil:
		paths = append(paths, err.Error())
	}
	return paths
}

// draft-ietf-netconf-privcand section 4.8.2: each session locks its own candidate.
func TestLocksOfOwnCandidates(t *testing.T) {
	s := own(t)
	s.OwnCandidate(3)
	ok(t, s.Lock(t.Context(), datastore.Candidate, 1))
	ok(t, s.Lock(t.Context(), datastore.Candidate, 2))
	ok(t, s.Lock(t.Context(), datastore.Candidate, 3))
	wantTag(t, s.Lock(t.Context(), datastore.Candidate, 2), datastore.TagLockDenied)
	ok(t, mine(t, s, "/t:top/config/limit = 3"))
	ok(t, s.Unlock(t.Context(), datastore.Candidate, 2))
	wantConfig(t, "the own candidate", s.ConfigOf(2, datastore.Candidate), initial)
	wantTag(t, s.Unlock(t.Context(), datastore.Candidate, 2), tree.TagOperationFailed)
	ok(t, mine(t, s, "/t:top/config/limit = 3"))
	wantTag(t, s.Lock(t.Context(), datastore.Candidate, 2), datastore.TagLockDenied)
	ok(t, s.Lock(t.Context(), datastore.Running, 3))
	wantTag(t, s.Commit(t.Context(), session(2)), datastore.TagInUse)
	s.Release(3)
	ok(t, s.Commit(t.Context(), session(2)))
	ok(t, mine(t, s, "/t:top/config/limit = 4"))
	wantTag(t, candidateOf(t, s, 3, "/t:top/config/limit = 4"), datastore.TagInUse) // no longer its own
}

func candidateOf(t testing.TB, s *datastore.Store, n uint32, lines ...string) error {
	return s.Edit(t.Context(), session(n), datastore.Request{Target: datastore.Candidate, Edit: edit(t, lines...)})
}

func TestConfirmedCommitOfAnOwnCandidate(t *testing.T) {
	s := own(t)
	ok(t, mine(t, s, "/t:top/config/limit = 3"))
	ok(t, s.CommitWith(t.Context(), session(2), commitOptions{Timeout: long}))
	wantConfig(t, "running", s.Running(), limit(3))
	ok(t, mine(t, s, "/t:top/mode = m"))
	ok(t, s.CancelCommit(t.Context(), session(2), ""))
	wantConfig(t, "running", s.Running(), initial)
	// What was undone was not changed by the candidate: it does not come back.
	ok(t, s.CommitWith(t.Context(), session(2), commitOptions{Timeout: long}))
	wantConfig(t, "running", s.Running(), `{"t:top":{"config":{"name":"first"},"mode":"m"}}`)
	ok(t, s.Commit(t.Context(), session(2)))
	if _, waits := s.Confirming(); waits {
		t.Error("it was not confirmed")
	}
	ok(t, mine(t, s, "/t:top/mode = n"))
	ok(t, s.CommitWith(t.Context(), session(2), commitOptions{Timeout: long}))
	s.Release(2)
	wantConfig(t, "running", s.Running(), `{"t:top":{"config":{"name":"first"},"mode":"m"}}`)
}

func TestOtherRequestsOfAnOwnCandidate(t *testing.T) {
	s := own(t)
	test := func(limit string, how datastore.Test) error {
		return s.Edit(t.Context(), session(2), datastore.Request{Target: datastore.Candidate, Edit: edit(t, "/t:top/ref = "+limit), Test: how})
	}
	wantTag(t, test("nobody", datastore.TestThenSet), tree.TagDataMissing)
	wantTag(t, test("nobody", datastore.TestOnly), tree.TagDataMissing)
	wantConfig(t, "the own candidate", s.ConfigOf(2, datastore.Candidate), initial)
	ok(t, test("nobody", datastore.Set))
	wantTag(t, s.ValidateTree(t.Context(), s.ConfigOf(2, datastore.Candidate)), tree.TagDataMissing)
	wantTag(t, s.Commit(t.Context(), session(2)), tree.TagDataMissing)
	wantConfig(t, "the own candidate", s.ConfigOf(2, datastore.Candidate), `{"t:top":{"config":{"name":"first"},"ref":"nobody"}}`)
	ok(t, s.Copy(t.Context(), session(2), datastore.Candidate, tree.New(set(t))))
	wantConfig(t, "the own candidate", s.ConfigOf(2, datastore.Candidate), `{}`)
	ok(t, s.Copy(t.Context(), session(2), datastore.Running, s.ConfigOf(2, datastore.Candidate)))
	wantConfig(t, "running", s.Running(), `{}`)
	ok(t, s.Commit(t.Context(), session(2)))
}
