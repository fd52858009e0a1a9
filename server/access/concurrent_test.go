package access_test

import (
	"sync"
	"testing"

	"github.com/optical-net/waveguard/server/access"
)

// TestRulesChangeUnderQuestions asks from many sides while the rules change; what
// is permitted under both sets of rules is permitted at any moment.
func TestRulesChangeUnderQuestions(t *testing.T) {
	c, a := kept(t)
	c.rules("list VIEWER\npermit path /zoo:top/inner\ndeny path /zoo:top/l/m[c='1']")
	one := c.running()
	c.rules("list *\npermit path /zoo:top/inner\ndeny path /zoo:top/l[a=$USER] do read")
	two := c.running()
	inner, entry := c.at("/zoo:top/inner/x"), c.at("/zoo:top/l[a='1']/m[b='1'][c='2']")
	vera := signIn(t, a, "vera")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				if err := a.Decide(vera, access.Update, access.Target{Path: inner}); err != nil {
					t.Error(err)
				}
				if err := a.Decide(vera, access.Read, access.Target{Path: entry}); err != nil {
					t.Error(err)
				}
				a.Readable(vera, one.Root())
				a.Concealed(vera)
			}
		})
	}
	wg.Go(func() {
		for range 200 {
			c.current.Store(one)
			c.current.Store(two)
		}
	})
	wg.Wait()
}
