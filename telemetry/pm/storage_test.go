package pm

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/optical-net/waveguard/gen/view/viewtest"
)

// restart returns a rig that goes on from what r stored, after a while.
func (r *rig) restart(d time.Duration, lines ...string) *rig {
	r.t.Helper()
	r.save()
	again := newRig(r.t, r.now.Wall.Add(d), r.memory, lines...)
	again.round()
	return again
}

func TestRestart(t *testing.T) {
	t.Run("within the bin", func(t *testing.T) {
		r := newRig(t, monday, new(memory))
		r.violate(4)
		r.to(0, 15)
		r.violate(3)
		r.to(0, 20)
		r = r.restart(20 * time.Second)
		r.want("the bin under way", r.current("15MIN"), "3 SUSPECT 23T00:15:00Z")
		r.want("the day", r.current("24H"), "7 SUSPECT 23T00:00:00Z")
		r.want("the bin without end", r.current("UNTIMED"), "7 SUSPECT 23T00:00:00Z")
		r.want("the bin that ended", r.ended("15MIN", 1), "4 COMPLETE 23T00:15:00Z")
		r.violate(1)
		r.to(0, 30)
		r.want("what was under way", r.ended("15MIN", 2), "4 SUSPECT 23T00:30:00Z")
		r.to(0, 45)
		r.want("the next, of all", r.bin("15MIN", 3), "COMPLETE 23T00:30:00Z")
	})
	t.Run("over bins", func(t *testing.T) {
		r := newRig(t, monday, new(memory))
		r.violate(4)
		r.to(0, 10)
		r = r.restart(40 * time.Minute)
		r.want("what was under way", r.ended("15MIN", 1), "4 SUSPECT 23T00:15:00Z")
		r.want("while nobody looked", r.bin("15MIN", 2), "SUSPECT 23T00:15:00Z")
		r.want("the bin under way", r.current("15MIN"), "0 SUSPECT 23T00:45:00Z")
	})
	t.Run("a clock that was set back", func(t *testing.T) {
		r := newRig(t, monday.Add(time.Hour), new(memory))
		r.violate(4)
		r.pass(time.Minute)
		r = r.restart(-50 * time.Minute)
		r.want("what was under way", r.ended("15MIN", 5), "4 SUSPECT 23T01:15:00Z")
		r.want("the bin under way", r.current("15MIN"), "0 SUSPECT 23T00:00:00Z")
	})
	t.Run("without the service", func(t *testing.T) {
		r := newRig(t, monday, new(memory))
		r.violate(4)
		r.to(0, 20)
		r.save()
		again := newRig(t, r.now.Wall, r.memory)
		again.running = viewtest.Edit(t, again.running, "- "+viewtest.Entry("service", "s"))
		again.round()
		again.want("what was under way", again.current("15MIN"), "")
		again.want("what ended", again.ended("15MIN", 1), "")
	})
}

// TestDamage: what cannot be read is dropped, and what follows is suspect.
func TestDamage(t *testing.T) {
	r := newRig(t, monday, new(memory))
	r.violate(4)
	r.to(0, 20)
	r.save()
	good := string(r.memory.text)
	for name, text := range map[string]string{
		"cut":           good[:len(good)/2],
		"changed":       strings.Replace(good, `"value":4`, `"value":5`, 1),
		"another form":  "waveguard-pm 2" + good[len(form):],
		"empty":         "",
		"a wild slot":   sealed(`{"series":[{"past":[[{"slot":96,"value":1}],[]]}]}`),
		"no snapshot":   sealed(`[]`),
		"a granularity": sealed(`{"crossed":[{"Granularity":"1H"}]}`),
	} {
		t.Run(name, func(t *testing.T) {
			again := newRig(t, r.now.Wall, &memory{text: []byte(text)})
			again.round()
			again.want("the bin under way", again.current("15MIN"), "0 SUSPECT 23T00:20:00Z")
			again.want("the bin without end", again.current("UNTIMED"), "0 SUSPECT 23T00:20:00Z")
			again.want("the bin that ended", again.ended("15MIN", 1), "")
			again.to(0, 45)
			again.want("a bin after it", again.bin("15MIN", 3), "COMPLETE 23T00:30:00Z")
		})
	}
	again := newRig(t, r.now.Wall, &memory{err: errors.New("no such device")})
	again.round()
	again.want("the bin, of what cannot be read", again.current("15MIN"), "0 SUSPECT 23T00:20:00Z")
}

func sealed(body string) string {
	return string(seal([]byte(body)))
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(sealed(`{"saved":"2026-11-23T00:00:00Z","series":[{"type":"SERVICE","past":[[{"slot":5,"value":1}],[]]}]}`)), true)
	f.Add([]byte(`{"frames":[{"flaw":255}],"ends":[[{"begin":"9999-01-01T00:00:00Z"}],null]}`), false)
	f.Fuzz(func(t *testing.T, text []byte, whole bool) {
		if !whole {
			text = seal(text)
		}
		r := newRig(t, monday, &memory{text: text})
		r.round()
		r.pass(20 * time.Second)
	})
}

// TestKeep stores now and then, at once when a bin was cleared, and at the end.
func TestKeep(t *testing.T) {
	viewtest.Set(t)
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, monday, new(memory))
		r.round()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); r.Keep(ctx) }()
		stored := r.memory.taken
		time.Sleep(SaveInterval + time.Second)
		synctest.Wait()
		r.violate(1)
		r.round()
		stored()
		synctest.Wait()
		if stored() {
			t.Error("it was stored at once")
		}
		time.Sleep(SaveInterval)
		synctest.Wait()
		if !stored() {
			t.Error("it was not stored in time")
		}
		if err := r.Clear(Selection{}); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if !stored() {
			t.Error("what was cleared was not stored at once")
		}
		r.memory.fail(errors.New("no space left"))
		r.violate(1)
		r.round()
		time.Sleep(SaveInterval)
		synctest.Wait()
		if r.Stored() == nil {
			t.Error("that it cannot be stored is not said")
		}
		r.memory.fail(nil)
		cancel()
		<-done
		if !stored() || r.Stored() != nil {
			t.Errorf("at the end it was not stored: %v", r.Stored())
		}
	})
}
