package xpath

import (
	"sync"
	"testing"
)

// TestConcurrentUse shares one expression; the race detector watches.
func TestConcurrentUse(t *testing.T) {
	e := mustParse(t, "count(//port[name = current()/../link/to][re-match(name, 'eth\\d')]/tag) = 1")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			ctx := Context{Node: sample().kids[1].kids[0]}
			for range 50 {
				if ok, err := e.Bool(ctx); err != nil || !ok {
					t.Errorf("%s = %v, %v", e, ok, err)
				}
			}
		})
	}
	wg.Wait()
}
