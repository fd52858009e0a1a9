package appliance

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkRollback goes back and forth over one changed entry of 10,000, over NETCONF
// and SSH, with the journal on disk.
func BenchmarkRollback(b *testing.B) {
	c := load(b, 10_000)
	c.edit("<transitions>" + transition(1, sides[10_000], 77) + "</transitions>")
	c.call("<commit/>")
	rollback := fmt.Sprintf(`<rollback %s><back>1</back></rollback>`, historySpace)
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		c.call(rollback)
		took = append(took, time.Since(began))
	}
	report(b, took)
}

// BenchmarkHistoryState is what the history adds to a <get>.
func BenchmarkHistoryState(b *testing.B) {
	a := start(b)
	c := dial(b, a)
	for i := range 55 {
		c.edit(fmt.Sprintf(`<system><config><name>name-%d</name></config></system>`, i))
		c.call("<commit/>")
	}
	for b.Loop() {
		a.history.State()
	}
}
