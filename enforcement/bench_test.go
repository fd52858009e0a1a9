package enforcement_test

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	waveguard "github.com/optical-net/waveguard/sdk/go"

	"github.com/optical-net/waveguard/enforcement/mpk"
	"github.com/optical-net/waveguard/enforcement/page"
	"github.com/optical-net/waveguard/gen/view"
	"github.com/optical-net/waveguard/gen/view/viewtest"
)

// BenchmarkCommitToGate measures from the begin of Prepare to the first call
// that is refused, as seen by a thread that calls without pause.
//
// A call that is under way when the commit comes ends first: what it takes to
// open and close a wall is in the result.
func BenchmarkCommitToGate(b *testing.B) {
	for _, kind := range []mpk.Kind{mpk.KindNone, mpk.KindMprotect, mpk.KindPKU} {
		b.Run(kind.String(), func(b *testing.B) {
			backend, err := mpk.Open(kind)
			if err != nil {
				b.Skipf("%v; run it where protection keys work", err)
			}
			commitToGate(b, backend)
		})
	}
}

func commitToGate(b *testing.B, backend mpk.Backend) {
	r := start(b)
	w := r.attachOn(backend)
	permit, deny := r.config, viewtest.Edit(b, r.config, action("DENY"))
	toDeny, toPermit := viewtest.Delta(b, permit, deny), viewtest.Delta(b, deny, permit)
	refused, again := make(chan time.Time), make(chan struct{})
	running := make(chan error, 1)
	go func() {
		running <- w.Service("front").Run(b.Context(), func(th *waveguard.Thread) error {
			return spin(th, refused, again)
		})
	}()
	var took []time.Duration
	for b.Loop() {
		time.Sleep(50 * time.Microsecond) // the thread is at it, and its last report on the way
		start := time.Now()
		r.put(toDeny)
		took = append(took, (<-refused).Sub(start))
		r.put(toPermit)
		again <- struct{}{}
	}
	r.put(toDeny)
	<-refused
	close(again)
	if err := <-running; err != nil {
		b.Fatal(err)
	}
	slices.Sort(took)
	b.ReportMetric(0, "ns/op") // the pause is in it
	b.ReportMetric(float64(took[len(took)/2]), "p50-ns")
	b.ReportMetric(float64(took[len(took)*99/100]), "p99-ns")
}

// spin calls until it is refused, says when, and begins anew when told.
func spin(th *waveguard.Thread, refused chan<- time.Time, again <-chan struct{}) error {
	for {
		for {
			if _, err := th.Call("vault", "read", 1); err != nil {
				break
			}
		}
		refused <- time.Now()
		if _, going := <-again; !going {
			return nil
		}
	}
}

func (r *rig) put(d *view.Delta) {
	commit, _, err := r.engine.Prepare(r.t.Context(), d)
	if err != nil {
		r.t.Fatal(err)
	}
	commit()
}

// BenchmarkCommit puts one changed transition in force, with as many processes
// attached, one of which it concerns, among 10,000 transitions.
func BenchmarkCommit(b *testing.B) {
	for _, processes := range []int{1, 100} {
		b.Run(fmt.Sprintf("processes-%d", processes), func(b *testing.B) {
			r := start(b)
			r.commit(crowd(processes)...)
			for i := range processes {
				if _, refused := r.engine.Join(identity(b), hello(fmt.Sprintf("s%d", i), fmt.Sprintf("t%d", i))); refused != nil {
					b.Fatal(refused)
				}
			}
			there := viewtest.Edit(b, r.config, viewtest.Entry("transition", "s0", "t0")+"/config/action = DENY")
			deltas := []*view.Delta{viewtest.Delta(b, r.config, there), viewtest.Delta(b, there, r.config)}
			for i := 0; b.Loop(); i++ {
				r.put(deltas[i%2])
			}
		})
	}
}

// crowd is the configuration of n processes with two domains each, and of
// transitions among other domains, 10,000 in all.
func crowd(n int) (lines []string) {
	for i := range n {
		for j, prefix := range []string{"s", "t"} {
			name := fmt.Sprintf("%s%d", prefix, i)
			lines = append(lines, viewtest.Domain(name, 1000+2*i+j)...)
			lines = append(lines, viewtest.Service(name, name, os.Getuid())...)
		}
		lines = append(lines, viewtest.Transition(fmt.Sprintf("s%d", i), fmt.Sprintf("t%d", i), "PERMIT")...)
	}
	for i := range 10_000 - n {
		lines = append(lines, viewtest.Transition(fmt.Sprintf("x%d", i/100), fmt.Sprintf("y%d", i%100), "PERMIT")...)
	}
	return lines
}

func BenchmarkState(b *testing.B) {
	r := start(b)
	r.attach()
	b.ReportAllocs()
	for b.Loop() {
		_ = r.engine.State()
	}
}

// BenchmarkStateObserved is State with 10,000 pairs of domains that are observed, one
// of which changes in between.
func BenchmarkStateObserved(b *testing.B) {
	r := start(b)
	c := r.joinReady(hello("front", "vault"))
	c.stats.Cell(0, 1).Add(page.Permitted)
	_ = r.engine.State()
	r.engine.FillObservations("other", 10_000)
	_ = r.engine.State()
	b.ReportAllocs()
	for b.Loop() {
		c.stats.Cell(0, 1).Add(page.Permitted)
		_ = r.engine.State()
	}
}
