package endpoints

import (
	"testing"
	"time"
)

func TestDue(t *testing.T) {
	noon := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		anchor, now time.Time
		called      bool
		want        time.Time
	}{
		"without anchor, first":     {time.Time{}, noon.Add(time.Second), false, noon.Add(time.Second)},
		"without anchor, again":     {time.Time{}, noon.Add(time.Second), true, noon.Add(time.Hour)},
		"anchor ahead":              {noon.Add(30 * time.Minute), noon, false, noon.Add(30 * time.Minute)},
		"anchor far ahead":          {noon.Add(150 * time.Minute), noon, false, noon.Add(30 * time.Minute)},
		"anchor behind":             {noon.Add(-30 * time.Minute), noon, false, noon.Add(30 * time.Minute)},
		"anchor far behind":         {noon.Add(-150 * time.Minute), noon, true, noon.Add(30 * time.Minute)},
		"anchor centuries behind":   {noon.AddDate(-400, 0, 0).Add(-30 * time.Minute), noon, false, noon.Add(30 * time.Minute)},
		"anchor centuries ahead":    {noon.AddDate(400, 0, 0).Add(30 * time.Minute), noon, false, noon.Add(30 * time.Minute)},
		"between seconds":           {noon, noon.Add(time.Millisecond), false, noon.Add(time.Hour)},
		"at the anchor":             {noon, noon, false, noon},
		"a whole number of periods": {noon.Add(-2 * time.Hour), noon, false, noon},
	} {
		c := &client{period: time.Hour, anchor: test.anchor}
		if got := c.due(test.now, noon, test.called); !got.Equal(test.want) {
			t.Errorf("%s: due at %v, want %v", name, got, test.want)
		}
	}
}

func TestOrder(t *testing.T) {
	c := &client{targets: []target{{"a", ""}, {"b", ""}, {"c", ""}}}
	names := func(last string) (all string) {
		for _, t := range c.order(last) {
			all += t.name
		}
		return all
	}
	for _, test := range []struct{ with, last, want string }{
		{"FIRST_LISTED", "b", "abc"}, {"LAST_CONNECTED", "b", "bca"}, {"LAST_CONNECTED", "", "abc"}, {"LAST_CONNECTED", "gone", "abc"},
	} {
		c.startWith = test.with
		if got := names(test.last); got != test.want {
			t.Errorf("%s after %q: %s, want %s", test.with, test.last, got, test.want)
		}
	}
	c.startWith = "RANDOM_SELECTION"
	seen := map[string]bool{}
	for range 200 {
		seen[names("a")] = true
	}
	if len(seen) != 3 || !seen["abc"] || !seen["bca"] || !seen["cab"] {
		t.Errorf("random orders %v", seen)
	}
	c.targets = nil
	if got := names(""); got != "" {
		t.Errorf("order of nothing: %s", got)
	}
}

// TestPauses holds that pauses grow up to their bound, and differ.
func TestPauses(t *testing.T) {
	c := &client{maxWait: 10 * time.Second}
	for failures, most := range map[int]time.Duration{1: 400 * time.Millisecond, 3: 1600 * time.Millisecond, 10: 10 * time.Second, 1000: 10 * time.Second} {
		seen := map[time.Duration]bool{}
		for range 50 {
			p := c.pause(failures)
			if p < most/2 || p > most {
				t.Errorf("after %d failures %v, want %v to %v", failures, p, most/2, most)
			}
			seen[p] = true
		}
		if len(seen) < 2 {
			t.Errorf("after %d failures all pauses are the same", failures)
		}
	}
}
