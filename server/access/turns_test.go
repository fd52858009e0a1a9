package access

import (
	"testing"
	"testing/synctest"
)

// TestTurns holds the two bounds, and that one source does not wait for another.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(2)
		begun := map[string]int{}
		enter := func(source string) (leave func()) {
			end := make(chan struct{})
			go func() {
				defer turns.take(source)()
				begun[source]++
				<-end
			}()
			synctest.Wait()
			return func() { close(end); synctest.Wait() }
		}
		want := func(source string, n int) {
			t.Helper()
			if begun[source] != n {
				t.Errorf("%d of %s began, want %d", begun[source], source, n)
			}
		}
		first, second := enter("crowd"), enter("crowd")
		want("crowd", 1)
		user := enter("user")
		want("user", 1)
		other := enter("other")
		want("other", 0)
		user()
		want("other", 1)
		other()
		first()
		want("crowd", 2)
		second()
		if len(turns.lines) != 0 {
			t.Errorf("%d lines are left", len(turns.lines))
		}
	})
}
