package waveguard_test

import (
	"testing"
	"time"

	waveguard "github.com/optical-net/waveguard/sdk/go"

	"github.com/optical-net/waveguard/enforcement/page"
)

// TestDelaysAreDrawnEvenly: every one up to the most is as likely, and no two threads
// have the same.
func TestDelaysAreDrawnEvenly(t *testing.T) {
	const draws = 40_000
	var one, other waveguard.Thread
	var counts [4]int
	same := 0
	for range draws {
		d := one.Draw(3)
		if d < 0 || d > 3 {
			t.Fatalf("%v was drawn, of at most 3ns", d)
		}
		counts[d]++
		if one.Draw(65535) == other.Draw(65535) {
			same++
		}
	}
	for d, n := range counts { // 10,000 expected, standard deviation 87
		if n < draws/4-900 || n > draws/4+900 {
			t.Errorf("%d ns was drawn %d times of %d", d, n, draws)
		}
	}
	if same > 20 { // less than one expected
		t.Errorf("two threads drew the same %d times", same)
	}
}

// TestGateDelay: calls into a domain with a delay take longer, refused ones too.
func TestGateDelay(t *testing.T) {
	n := startNode(t, handlers{"key-store": {echo("a"), echo("b")}})
	table := permitBut(dashboard, keyStore, func(e *page.Entry) { e.Operations = 1 })
	table[keyStore].Wall.GateDelay = 65535
	n.daemon.publish(table)
	n.run(t, "dashboard", func(th *waveguard.Thread) error {
		const calls = 64
		for operation, crossings := range map[string]int{"a": 2 * calls, "b": calls} {
			begin := time.Now()
			for range calls {
				_, _ = th.Call("key-store", operation, 1)
			}
			// The mean is half of the most; a tenth is out of the question by chance.
			if took, least := time.Since(begin), time.Duration(crossings)*65535/10; took < least {
				t.Errorf("%d crossings took %v, less than %v", crossings, took, least)
			}
		}
		return nil
	})
	if cell := n.first.stats.Cell(dashboard, keyStore); cell[page.Permitted] != 64 || cell[page.OperationDenied] != 64 {
		t.Errorf("counted %v", cell)
	}
}
