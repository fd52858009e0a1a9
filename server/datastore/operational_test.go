package datastore_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/tree"
)

func state(t testing.TB, s *datastore.Store, lines ...string) error {
	t.Helper()
	return s.UpdateState(func(e *tree.Editor) error { return e.Apply(edit(t, lines...), tree.Merge) })
}

func TestOperationalRepeatsConfigInState(t *testing.T) {
	const item = "/t:top/items/item[name='a']"
	create := []string{item + "/config/name = a", item + "/config/size = 1", item + "/config/secret = s", item + "/config/hidden = h"}
	tests := []struct {
		name  string
		steps [][]string
		want  string
	}{
		{"start", nil, `{"t:top":{"config":{"name":"first"},"state":{"name":"first"}}}`},
		{
			"an entry; leafs without a double and unmirrored ones are not repeated",
			[][]string{create},
			`{"t:top":{"config":{"name":"first"},"state":{"name":"first"},"items":{"item":[` +
				`{"name":"a","config":{"name":"a","size":1,"secret":"s","hidden":"h"},"state":{"name":"a","size":1}}]}}}`,
		},
		{
			"a leaf changes",
			[][]string{create, {item + "/config/size = 9"}},
			`{"t:top":{"config":{"name":"first"},"state":{"name":"first"},"items":{"item":[` +
				`{"name":"a","config":{"name":"a","size":9,"secret":"s","hidden":"h"},"state":{"name":"a","size":9}}]}}}`,
		},
		{
			"a leaf goes",
			[][]string{create, {"delete " + item + "/config/size"}},
			`{"t:top":{"config":{"name":"first"},"state":{"name":"first"},"items":{"item":[` +
				`{"name":"a","config":{"name":"a","secret":"s","hidden":"h"},"state":{"name":"a"}}]}}}`,
		},
		{
			"leaf-lists",
			[][]string{
				{"/t:top/config/tag[.='b']", "/t:top/config/tag[.='a']"},
				{"delete /t:top/config/tag[.='b']", "/t:top/config/tag[.='c']"},
			},
			`{"t:top":{"config":{"name":"first","tag":["a","c"]},"state":{"name":"first","tag":["a","c"]}}}`,
		},
		{
			"a leaf-list goes",
			[][]string{{"/t:top/config/tag[.='b']"}, {"delete /t:top/config/tag[.='b']"}},
			`{"t:top":{"config":{"name":"first"},"state":{"name":"first"}}}`,
		},
		{
			"a container goes",
			[][]string{{"delete /t:top/config"}},
			`{}`,
		},
		{
			"everything goes",
			[][]string{create, {"/t:top/queue[id='1']/note = n"}, {"delete /t:top"}},
			`{}`,
		},
		{
			"below an entry that is there",
			[][]string{create, {item + "/part[id='1']/config/weight = 5"}},
			`{"t:top":{"config":{"name":"first"},"state":{"name":"first"},"items":{"item":[` +
				`{"name":"a","config":{"name":"a","size":1,"secret":"s","hidden":"h"},"state":{"name":"a","size":1},` +
				`"part":[{"id":1,"config":{"weight":5},"state":{"weight":5}}]}]}}}`,
		},
		{
			"a choice",
			[][]string{{"/t:top/via-x = 1"}, {"/t:top/via-y = 2"}},
			`{"t:top":{"config":{"name":"first"},"state":{"name":"first"},"via-y":"2"}}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := start(t)
			for _, lines := range tt.steps {
				ok(t, running(t, s, lines...))
			}
			wantConfig(t, "operational", s.Operational(), tt.want)
		})
	}
}

func TestStateOutlivesAllButItsEntry(t *testing.T) {
	const item = "/t:top/items/item[name='a']"
	s, _ := start(t)
	ok(t, running(t, s, item+"/config/name = a", item+"/part[id='1']/config/weight = 5", "/t:top/extra/a = 1"))
	ok(t, state(t, s, "/t:top/state/uptime = 7", item+"/state/hits = 3", item+"/part[id='1']/state/wear = 2", "/t:top/extra/state/b = 1"))
	const item1 = `{"name":"a","config":{"name":"a"},"state":{"name":"a","hits":"3"},"part":[{"id":1,"config":{"weight":5},"state":{"weight":5,"wear":2}}]}`
	wantConfig(t, "operational", s.Operational(), `{"t:top":{"config":{"name":"first"},"state":{"name":"first","uptime":7},"items":{"item":[`+
		item1+`]},"extra":{"a":"1","state":{"b":"1"}}}}`)

	ok(t, running(t, s, "replace /t:top/config/name = other", "delete /t:top/extra"))
	wantConfig(t, "operational", s.Operational(), `{"t:top":{"config":{"name":"other"},"state":{"name":"other","uptime":7},"items":{"item":[`+item1+`]}}}`)
	ok(t, running(t, s, "delete "+item+"/part[id='1']"))
	ok(t, running(t, s, "delete /t:top"))
	wantConfig(t, "operational", s.Operational(), `{"t:top":{"state":{"uptime":7}}}`)
	ok(t, running(t, s, item+"/config/name = a"))
	wantConfig(t, "operational", s.Operational(), `{"t:top":{"state":{"uptime":7},"items":{"item":[{"name":"a","config":{"name":"a"},"state":{"name":"a"}}]}}}`)
}

func TestUpdateStateKeepsToState(t *testing.T) {
	s, _ := start(t)
	ok(t, running(t, s, "/t:top/items/item[name='a']/config/name = a"))
	before := s.Operational()
	w := s.Watch()
	defer w.Close()

	failure := errors.New("no reading")
	err := s.UpdateState(func(e *tree.Editor) error {
		ok(t, e.Apply(edit(t, "/t:top/state/uptime = 1"), tree.Merge))
		return failure
	})
	if !errors.Is(err, failure) {
		t.Errorf("error %v", err)
	}
	for _, line := range []string{
		"/t:top/items/item[name='a']/config/size = 1",
		"delete /t:top/items/item[name='a']",
	} {
		if err := state(t, s, line); err == nil {
			t.Errorf("%s was accepted as state", line)
		}
	}
	// Entries nobody configured, in a list that is there and in one that is not.
	ok(t, state(t, s, "/t:top/items/item[name='gone']/state/hits = 1"))
	ok(t, state(t, s, "/t:top/items/item[name='a']/part[id='9']/state/wear = 1", "/t:top/queue[id='1']"))
	if s.Operational() != before || len(w.C) != 0 {
		t.Fatalf("operational is %s", text(s.Operational()))
	}
	ok(t, state(t, s, "/t:top/items/item[name='gone']/state/hits = 1", "/t:top/items/item[name='a']/state/hits = 2"))
	wantConfig(t, "operational", s.Operational(), `{"t:top":{"config":{"name":"first"},"state":{"name":"first"},"items":{"item":[`+
		`{"name":"a","config":{"name":"a"},"state":{"name":"a","hits":"2"}}]}}}`)
}

func TestUnknownUnmirroredLeafIsAnError(t *testing.T) {
	cfg := config(t, &engine{})
	cfg.Dir, cfg.Unmirrored = t.TempDir(), []string{"/t:top/nowhere"}
	if _, err := datastore.Open(cfg); err == nil {
		t.Error("a path that leads nowhere was accepted")
	}
}

// randomEdit returns an edit that applies to any configuration and leaves a
// valid one.
func randomEdit(t testing.TB, r *rand.Rand) *tree.Edit {
	item := fmt.Sprintf("/t:top/items/item[name='%c']", 'a'+rune(r.IntN(4)))
	pick := func(lines ...string) string { return lines[r.IntN(len(lines))] }
	n := r.IntN(5)
	var ed *tree.Edit
	switch r.IntN(8) {
	case 0:
		ed = edit(t, item+fmt.Sprintf("/config/name = %c", item[len("/t:top/items/item[name='")]), item+fmt.Sprintf("/config/size = %d", n))
	case 1:
		ed = edit(t, "remove "+item)
	case 2:
		ed = edit(t, item+fmt.Sprintf("/config/name = %c", item[len("/t:top/items/item[name='")]),
			pick("", "remove ")+item+fmt.Sprintf("/config/tag[.='%d']", n), item+fmt.Sprintf("/part[id='%d']/config/weight = %d", n, n))
	case 3:
		ed = edit(t, pick("", "remove ")+fmt.Sprintf("/t:top/queue[id='%d']", n))
	case 4:
		ed = edit(t, pick("/t:top/via-x = 1", "/t:top/via-y = 2", "remove /t:top/via-x", "/t:top/extra/a = 1", "remove /t:top/extra",
			"/t:top/config/name = other", "remove /t:top/config", "remove /t:top/items"))
	case 5:
		ed = edit(t, pick("", "remove ")+fmt.Sprintf("/t:top/order[.='%d']", n))
	case 6:
		ed = edit(t, item+fmt.Sprintf("/config/name = %c", item[len("/t:top/items/item[name='")]), item+fmt.Sprintf("/config/rank[.='%d']", n))
	default:
		ed = edit(t, fmt.Sprintf("/t:top/queue[id='%d']/note = %d", n, r.IntN(3)), fmt.Sprintf("/t:top/order[.='%d']", n),
			fmt.Sprintf("/t:top/config/tag[.='%d']", n))
	}
	insertFirst(ed, r)
	return ed
}

// insertFirst makes about half of the user-ordered entries of ed go first.
func insertFirst(ed *tree.Edit, r *rand.Rand) {
	if ed.Schema.OrderedByUser && ed.Operation == tree.Inherit && r.IntN(2) == 0 {
		ed.Insert = tree.First
	}
	for _, k := range ed.Children {
		insertFirst(k, r)
	}
}

// The operational tree that the changes lead to, and the one made from nothing,
// are the same.
func TestOperationalIsTheSameByAnyWay(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		s, _ := start(t)
		for step := range 60 {
			ok(t, s.Apply(t.Context(), session(0), randomEdit(t, r), randomEdit(t, r)))
			if got, want := text(s.Operational()), text(s.OperationalOf(s.Running())); got != want {
				t.Fatalf("seed %d, step %d: operational is\n%s\nwant\n%s", seed, step, got, want)
			}
		}
	}
}
