package pm

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openconfig/ygot/ygot"

	"github.com/optical-net/waveguard/gen"
	"github.com/optical-net/waveguard/gen/view"
	"github.com/optical-net/waveguard/gen/view/viewtest"
	"github.com/optical-net/waveguard/telemetry/model"
	"github.com/optical-net/waveguard/yang/tree"
)

// TestBinsFollowTheClock counts over the ends of bins of both lengths.
func TestBinsFollowTheClock(t *testing.T) {
	r := newRig(t, monday, nil)
	r.round()
	r.want("the first bin", r.current("15MIN"), "0 PARTIAL 23T00:00:00Z")
	r.violate(3)
	r.to(0, 14)
	r.want("the bin under way", r.current("15MIN"), "3 PARTIAL 23T00:00:00Z")
	r.to(0, 15)
	r.want("the next bin", r.current("15MIN"), "0 PARTIAL 23T00:15:00Z")
	r.want("the day", r.current("24H"), "3 PARTIAL 23T00:00:00Z")
	r.want("the bin without end", r.current("UNTIMED"), "3 COMPLETE 23T00:00:00Z")
	r.want("bin 1", r.ended("15MIN", 1), "3 COMPLETE 23T00:15:00Z")
	r.want("bin 1 of all", r.bin("15MIN", 1), "COMPLETE 23T00:00:00Z")
	r.violate(5)
	r.to(0, 30)
	r.to(0, 45)
	r.want("bin 2", r.ended("15MIN", 2), "5 COMPLETE 23T00:30:00Z")
	r.want("a bin that counted nothing", r.ended("15MIN", 3), "")
	r.want("that bin of all", r.bin("15MIN", 3), "COMPLETE 23T00:30:00Z")
	r.violate(1)
	r.to(24, 0)
	r.want("bin 96 of all", r.bin("15MIN", 96), "COMPLETE 23T23:45:00Z")
	r.want("Monday", r.ended("24H", 1), "9 COMPLETE 24T00:00:00Z")
	r.want("bin 1, a day old", r.ended("15MIN", 1), "3 COMPLETE 23T00:15:00Z")
	r.to(24, 15)
	r.want("bin 1 of another day", r.ended("15MIN", 1), "")
	r.want("the bin without end", r.current("UNTIMED"), "9 COMPLETE 23T00:00:00Z")
	r.to(8*24, 0)
	r.want("Monday, eight days later", r.ended("24H", 1), "")
	r.want("Monday, of all", r.bin("24H", 1), "COMPLETE 30T00:00:00Z")
}

// TestMeasurements: what is measured is what is configured; the system is the
// sum of its services; a transition has what was before its first use as zero.
func TestMeasurements(t *testing.T) {
	r := newRig(t, monday.Add(time.Minute), nil)
	r.violate(2)
	r.round()
	all := strings.Join(r.listed(), "\n")
	for _, want := range []string{"SERVICE s VIOLATIONS", "DOMAIN a UNMATCHED_DENIED", "SYSTEM system LOST_REPORTS"} {
		if !strings.Contains(all, want) {
			t.Errorf("%s is not measured; measured are\n%s", want, all)
		}
	}
	if strings.Contains(all, "ghost") || strings.Contains(all, "TRANSITION") {
		t.Errorf("measured are\n%s", all)
	}
	r.want("the system's", r.leaf("current-pm-list/current-pm[resource-type='SYSTEM'][resource='system'][type='VIOLATIONS']/measurement[granularity='24H']/value"), "2")
	r.to(0, 20)
	r.state.Transition[view.TransitionKey{Source: "a", Target: "b"}] = &gen.MpkSecurity_Transition{Counters: &gen.MpkSecurity_Transition_Counters{Denied: ygot.Uint64(4)}}
	r.round()
	r.to(0, 30)
	at := "historical-pm-list/historical-pm[resource-type='TRANSITION'][resource='a:b'][type='CALLS_DENIED']/measurement[granularity='15MIN'][bin-number='2']/"
	r.want("the transition's", r.leaf(at+"value")+r.leaf(at+"validity"), "4COMPLETE")
}

// TestBinBegunLate: a bin of which only a part was observed is partial.
func TestBinBegunLate(t *testing.T) {
	r := newRig(t, monday.Add(10*time.Minute), nil)
	r.violate(1)
	r.to(0, 15)
	r.want("the first bin", r.ended("15MIN", 1), "1 PARTIAL 23T00:15:00Z")
	r.want("the first bin, of all", r.bin("15MIN", 1), "PARTIAL 23T00:00:00Z")
	r.violate(1)
	r.to(0, 30)
	r.want("the second bin", r.ended("15MIN", 2), "1 COMPLETE 23T00:30:00Z")
}

// TestEntryGoes: measurements go with their resource, and begin anew with it.
func TestEntryGoes(t *testing.T) {
	r := newRig(t, monday, nil)
	r.violate(7)
	r.to(0, 20)
	full := r.running
	r.running = viewtest.Edit(t, full, "- "+viewtest.Entry("service", "s"))
	r.round()
	r.want("what was under way", r.current("15MIN"), "")
	r.want("what ended", r.ended("15MIN", 1), "")
	r.running = full
	*r.state.Service["s"].Counters.Violations = 2
	r.round()
	r.want("the new one", r.current("15MIN"), "2 PARTIAL 23T00:20:00Z")
	r.want("the system", r.leaf("current-pm-list/current-pm[resource-type='SYSTEM'][resource='system'][type='VIOLATIONS']/measurement[granularity='24H']/value"), "9")
}

// TestCounterFalls: a counter that began anew counts from zero.
func TestCounterFalls(t *testing.T) {
	r := newRig(t, monday, nil)
	r.violate(7)
	r.round()
	*r.state.Service["s"].Counters.Violations = 3
	r.pass(time.Second)
	r.want("the sum", r.current("15MIN"), "10 PARTIAL 23T00:00:00Z")
}

func TestClockIsSet(t *testing.T) {
	t.Run("within the bin", func(t *testing.T) {
		r := newRig(t, monday, nil)
		r.to(0, 2)
		r.now.Wall = r.now.Wall.Add(time.Minute)
		r.violate(1)
		r.round()
		r.want("the bin", r.current("15MIN"), "1 SUSPECT 23T00:00:00Z")
		r.to(0, 30)
		r.want("it, ended", r.ended("15MIN", 1), "1 SUSPECT 23T00:15:00Z")
		r.want("the next, of all", r.bin("15MIN", 2), "COMPLETE 23T00:15:00Z")
	})
	t.Run("forward", func(t *testing.T) {
		r := newRig(t, monday, nil)
		r.violate(1)
		r.to(0, 2)
		r.now.Wall = monday.Add(47 * time.Minute)
		r.round()
		r.want("the bin it left", r.ended("15MIN", 1), "1 SUSPECT 23T00:15:00Z")
		r.want("one that was skipped", r.bin("15MIN", 3), "SUSPECT 23T00:30:00Z")
		r.want("the bin it came to", r.current("15MIN"), "0 SUSPECT 23T00:45:00Z")
	})
	t.Run("back", func(t *testing.T) {
		r := newRig(t, monday.Add(20*time.Minute), nil)
		r.violate(1)
		r.pass(time.Minute)
		r.now.Wall = monday.Add(3 * time.Minute)
		r.round()
		r.want("the bin it left", r.ended("15MIN", 2), "1 SUSPECT 23T00:30:00Z")
		r.want("the bin it came to", r.current("15MIN"), "0 SUSPECT 23T00:00:00Z")
	})
	t.Run("by a month", func(t *testing.T) {
		r := newRig(t, monday, nil)
		r.violate(1)
		r.to(0, 20)
		r.now.Wall = r.now.Wall.AddDate(0, 1, 0)
		r.round()
		r.want("what ended before", r.ended("15MIN", 1), "")
		if got := r.leaf("historical-pm-list/bin[granularity='15MIN'][bin-number='50']/validity"); got != "SUSPECT" {
			t.Errorf("a bin of yesterday is %s", got)
		}
	})
	t.Run("a little, as NTP does", func(t *testing.T) {
		r := newRig(t, monday, nil)
		r.now.Wall = r.now.Wall.Add(2 * time.Second)
		r.round()
		r.want("the bin", r.current("15MIN"), "0 PARTIAL 23T00:00:00Z")
	})
}

// TestNobodyLooked: the process was stopped over the end of a bin.
func TestNobodyLooked(t *testing.T) {
	r := newRig(t, monday, nil)
	r.to(0, 14)
	r.now = Reading{r.now.Wall.Add(2 * time.Minute), r.now.Uptime + 2*time.Minute}
	r.violate(1)
	r.round()
	r.want("the bin that ended, of all", r.bin("15MIN", 1), "SUSPECT 23T00:00:00Z")
	r.want("the bin under way", r.current("15MIN"), "1 SUSPECT 23T00:15:00Z")
	r.want("the day", r.current("24H"), "1 PARTIAL 23T00:00:00Z")
}

func TestClear(t *testing.T) {
	for name, test := range map[string]struct {
		sel                 Selection
		quarter, day, ended string
	}{
		"current quarters":  {Selection{ResourceType: model.Service, Resource: "s", Granularity: "15MIN"}, "0 PARTIAL 23T00:20:00Z", "7 PARTIAL 23T00:00:00Z", "4 COMPLETE 23T00:15:00Z"},
		"all quarters":      {Selection{Granularity: "15MIN", All: true}, "0 PARTIAL 23T00:20:00Z", "7 PARTIAL 23T00:00:00Z", ""},
		"everything of all": {Selection{All: true}, "0 PARTIAL 23T00:20:00Z", "0 PARTIAL 23T00:20:00Z", ""},
		"another":           {Selection{ResourceType: model.Domain}, "3 PARTIAL 23T00:15:00Z", "7 PARTIAL 23T00:00:00Z", "4 COMPLETE 23T00:15:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, monday, nil)
			r.violate(4)
			r.to(0, 15)
			r.violate(3)
			r.to(0, 20)
			if err := r.Clear(test.sel); err != nil {
				t.Fatal(err)
			}
			r.round()
			r.want("the quarter", r.current("15MIN"), test.quarter)
			r.want("the day", r.current("24H"), test.day)
			r.want("the bin that ended", r.ended("15MIN", 1), test.ended)
			r.violate(1)
			r.to(0, 30)
			if test.quarter[0] == '0' {
				r.want("the cleared bin", r.ended("15MIN", 2), "1 PARTIAL 23T00:30:00Z")
			}
		})
	}
	r := newRig(t, monday, nil)
	r.round()
	for want, sel := range map[string]Selection{
		"nothing is measured there: no SERVICE nobody":  {ResourceType: model.Service, Resource: "nobody"},
		"nothing is measured there: no resource nobody": {Resource: "nobody"},
		"nothing is measured there: no TRANSITION":      {ResourceType: model.Transition},
	} {
		if err := r.Clear(sel); err == nil || err.Error() != want {
			t.Errorf("Clear of %v returned %v, want %s", sel, err, want)
		}
	}
}

// TestPace: what merely counts is written once in a while; a tree that is the
// same stays the same.
func TestPace(t *testing.T) {
	r := newRig(t, monday.Add(time.Minute), nil)
	r.round()
	step := func(d time.Duration) bool {
		before := r.shown
		r.now = Reading{r.now.Wall.Add(d), r.now.Uptime + d}
		r.violate(1)
		r.round()
		return r.shown != before && len(tree.Diff(before, r.shown)) > 0
	}
	wrote := 0
	for range 40 {
		if step(Pace / 4) {
			wrote++
		}
	}
	if wrote < 9 || wrote > 11 {
		t.Errorf("40 steps of a quarter of the pace wrote %d times", wrote)
	}
	r.pass(time.Minute)
	before := r.shown
	r.pass(time.Minute)
	if changes := tree.Diff(before, r.shown); len(changes) > 0 {
		t.Errorf("nothing was counted, %v was written", changes)
	}
}

// TestHistoriesAreBounded: what finds no room goes without, and the figure says so.
func TestHistoriesAreBounded(t *testing.T) {
	r := newRig(t, monday, nil)
	r.violate(1)
	r.round()
	r.histories = MaxHistories
	r.to(0, 15)
	r.pass(time.Second)
	r.want("the bin that ended", r.ended("15MIN", 1), "")
	if got := r.leaf("state/without-history"); got != "2" { // of the service and of the system
		t.Errorf("%s measurements have no history", got)
	}
	r.histories--
	r.violate(1)
	r.to(0, 30)
	if got := r.leaf("state/without-history"); got != "1" {
		t.Errorf("%s measurements have no history when another one's has gone", got)
	}
}

// TestWrittenAgain: a tree that lost what was written, because the change was
// refused, gets it the next time.
func TestWrittenAgain(t *testing.T) {
	r := newRig(t, monday, nil)
	r.round()
	r.violate(1)
	r.now = Reading{r.now.Wall.Add(15 * time.Minute), r.now.Uptime + 15*time.Minute}
	r.Observe(r.running, r.state)
	if err := r.Write(r.shown.Edit()); err != nil { // dropped
		t.Fatal(err)
	}
	r.round()
	r.want("the bin under way", r.current("15MIN"), "1 SUSPECT 23T00:15:00Z")
	r.want("the bin that ended", r.bin("15MIN", 1), "SUSPECT 23T00:00:00Z")
}

func TestSlots(t *testing.T) {
	var slots []int
	for _, at := range []time.Duration{0, 15 * time.Minute, 23*time.Hour + 45*time.Minute} {
		slots = append(slots, quarter.slot(monday.Add(at)))
	}
	for d := range 7 {
		slots = append(slots, day.slot(monday.AddDate(0, 0, d)))
	}
	if want := []int{0, 1, 95, 0, 1, 2, 3, 4, 5, 6}; !slices.Equal(slots, want) {
		t.Errorf("slots are %v, want %v", slots, want)
	}
}

// TestMostAtOnce: of many measurements a part is written, those first that have
// more than another value, and the rest the next time.
func TestMostAtOnce(t *testing.T) {
	p := newPending()
	p.fresh = false
	for range most - 50 {
		p.touch(&series{})
		p.touch(&series{rewrite: true})
	}
	for i := range most + 50 {
		p.removed[key{kind: fmt.Sprint(i)}] = true
	}
	for i, want := range []struct {
		gone, batch, left int
		more              bool
	}{{most, 0, 2*most - 100, true}, {50, most - 50, most - 50, false}, {0, most - 50, 0, false}} {
		p.choose()
		if p.piece.last == want.more {
			t.Errorf("piece %d is the last that waits: %v", i, p.piece.last)
		}
		gone, batch := len(p.piece.gone), len(p.piece.batch)
		p.done(time.Minute)
		if gone != want.gone || batch != want.batch || len(p.touched) != want.left || p.waits() != want.more || (p.written != 0) != (want.left == 0) {
			t.Errorf("piece %d has %d that go and %d others, and leaves %d", i, gone, batch, len(p.touched))
		}
	}
}

// TestEndInPieces: when the bin of many measurements ends, nobody waits until all
// of them are written; that it ended is listed last, for what is absent by then is
// zero.
func TestEndInPieces(t *testing.T) {
	r := newRig(t, monday, nil)
	r.round()
	for i := range 3 * most {
		k := key{model.Resource{Type: model.Service, Name: fmt.Sprint("s", i)}, violations}
		r.all[k] = r.newSeries(k)
		r.count(r.all[k], 1)
	}
	r.to(0, 14)
	for day := range 2 { // the second time where the first one is listed
		r.now = Reading{monday.AddDate(0, 0, day).Add(15 * time.Minute), r.now.Uptime + 15*time.Minute}
		r.Observe(r.running, r.state)
		pieces := 0
		for more := true; more; pieces++ {
			e := r.shown.Edit()
			if err := r.Write(e); err != nil {
				t.Fatal(err)
			}
			before := r.shown
			r.shown = e.Tree()
			if n := len(tree.Diff(before, r.shown)); n > 20*most {
				t.Errorf("%d nodes are others at once", n)
			}
			more = r.Written()
			if listed := r.bin("15MIN", 1) != ""; listed == more {
				t.Errorf("after piece %d the bin is listed: %v", pieces, listed)
			}
		}
		if pieces != 4 {
			t.Errorf("the end of a bin of %d measurements was written in %d pieces", len(r.all), pieces)
		}
	}
}
