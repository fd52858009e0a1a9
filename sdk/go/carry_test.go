package waveguard_test

import (
	"sync/atomic"
	"testing"

	"github.com/optical-net/waveguard/enforcement/page"
	waveguard "github.com/optical-net/waveguard/sdk/go"
)

// TestToleratedIsCarriedFirst: who reads counters while they are carried to the page of
// another attachment finds no call that was refused among those that were tolerated.
func TestToleratedIsCarriedFirst(t *testing.T) {
	const calls = 300_000
	from, to := newCell(t), newCell(t)
	var carried atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		carry := waveguard.Carry(from, to)
		for range calls {
			from.Add(page.Tolerated) // as a gate does
			from.Add(page.Denied)
			carry()
		}
		carried.Store(true)
	}()
	for !carried.Load() && !t.Failed() {
		denied := to.Load(page.Denied) // read in the order in which daemons read
		if tolerated := to.Load(page.Tolerated); tolerated < denied {
			t.Errorf("of %d calls only %d were tolerated", denied, tolerated)
		}
	}
	<-done
	if n := to.Load(page.Denied); n != calls || to.Load(page.Tolerated) != n {
		t.Errorf("%d calls were carried, %d tolerated", n, to.Load(page.Tolerated))
	}
}

func newCell(t *testing.T) page.Cell {
	t.Helper()
	daemons, err := page.NewStats(1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = daemons.Close() })
	s, err := page.OpenStats(daemons.File())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s.Cell(0, 0)
}
