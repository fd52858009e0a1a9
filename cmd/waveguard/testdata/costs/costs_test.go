package main

import (
	"bytes"
	"os"
	"slices"
	"testing"
)

func TestMain(m *testing.M) {
	if playRole(os.Args[1:]) {
		return
	}
	os.Exit(m.Run())
}

// BenchmarkCosts measures all that command costs does, hastily, but for what needs the virtual machine.
func BenchmarkCosts(b *testing.B) {
	for b.Loop() {
		if err := measure(hasty, "latency,workload,memory,idle,crowd,comparison", os.Stdout); err != nil {
			b.Fatal(err)
		}
	}
}

func plane(t *testing.T) *optics {
	t.Helper()
	o, err := newOptics(make([]byte, topologyBytes()), make([]byte, spectrumBytes()))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestDistantServicesDoTheSame: what the ways are compared by tells one that answers otherwise.
func TestDistantServicesDoTheSame(t *testing.T) {
	far := plane(t)
	remote := func(request []byte) ([]byte, error) { return far.perform(request, nil) }
	near := &operator{control: plane(t)}
	same := &operator{control: &distant{paths: remote, wavelengths: remote}}
	other := &operator{control: plane(t), random: 1}
	for range 3 * lightpathsUp {
		for _, o := range []*operator{near, same, other} {
			if err := o.demand(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if near.digest != same.digest || near.calls != same.calls {
		t.Errorf("functions gave %d in %d calls, distant services %d in %d", near.digest, near.calls, same.digest, same.calls)
	}
	if near.digest == other.digest {
		t.Error("other demands gave the same digest")
	}
	if near.calls != 9*lightpathsUp-lightpathsUp {
		t.Errorf("%d calls, want 3 for each demand, and 2 before lightpaths are released", near.calls)
	}
}

func TestRepliesThatAreCutOff(t *testing.T) {
	paths, err := plane(t).compute(0, 9)
	if err != nil || len(paths) != alternatives {
		t.Fatalf("%v %v", paths, err)
	}
	whole := appendPaths(nil, paths)
	if back, err := parsePaths(whole); err != nil || len(back) != len(paths) || !slices.Equal(back[2].Links, paths[2].Links) {
		t.Errorf("%v came back as %v, %v", paths, back, err)
	}
	for n := range whole {
		if _, err := parsePaths(whole[:n]); err == nil {
			t.Errorf("%d bytes of %d were taken", n, len(whole))
		}
	}
}

func TestAnswersAreChecked(t *testing.T) {
	s := &service{memory: make([]byte, mostPayload)}
	good := func(e *exchange) error { s.answer(e.request, e.reply); return nil }
	lazy := func(*exchange) error { return nil }
	if err := newExchange(64).repeat(3, good); err != nil || s.calls != 3 {
		t.Errorf("%d calls, %v", s.calls, err)
	}
	if err := newExchange(64).repeat(3, lazy); err == nil {
		t.Error("a way that answers nothing was taken")
	}
	if e := newExchange(4); e.repeat(1, good) != nil || !bytes.Equal(e.request, e.reply) {
		t.Error("a short request comes back as it is")
	}
}

func TestMostFrequent(t *testing.T) {
	all := []counted{{all: 900}, {all: 40, wrpkru: 2}, {all: 40, wrpkru: 2}, {all: 30}}
	if got := mostFrequent(all); got != all[1] {
		t.Errorf("%+v", got)
	}
}

func TestTablesIntoAPage(t *testing.T) {
	page := []byte("before\n" + tablesBegin + "old\n" + tablesEnd + "after\n")
	got, err := replaceTables(page, []byte("new\n"))
	if want := "before\n" + tablesBegin + "new\n" + tablesEnd + "after\n"; err != nil || string(got) != want {
		t.Errorf("%q, %v", got, err)
	}
	for _, missing := range []string{tablesBegin, tablesEnd} {
		if _, err := replaceTables(bytes.Replace(page, []byte(missing), nil, 1), nil); err == nil {
			t.Errorf("a page without %q was taken", missing)
		}
	}
	if page, err := os.ReadFile("../../../../docs/performance.md"); err != nil {
		t.Error(err)
	} else if _, err := replaceTables(page, nil); err != nil {
		t.Errorf("docs/performance.md: %v", err)
	}
}
