package push

import (
	"fmt"
	"testing"
)

// BenchmarkCommit is one edit of running in the store, durable, while so many
// receivers wait for its difference, which they do not take.
func BenchmarkCommit(b *testing.B) {
	for _, n := range []int{0, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := newRig(b, Limits{})
			for range n {
				r.subscriber("admin").establish(onChange + `<yp:on-change/>`)
			}
			b.ResetTimer()
			for i := range b.N {
				r.top(fmt.Sprintf(`<plain>%d</plain>`, i%100))
			}
		})
	}
}

// BenchmarkDifference is one update of one receiver, of one entry among so many,
// without the edit before it and without its encoding.
func BenchmarkDifference(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := newRig(b, Limits{})
			r.top(items(n))
			s := r.subscriber("admin")
			s.establish(`<yp:datastore>ds:running</yp:datastore><yp:datastore-subtree-filter><c:top><c:item/></c:top></yp:datastore-subtree-filter><yp:on-change/>`)
			s.expect("<push-update>")
			for i := 0; b.Loop(); i++ {
				b.StopTimer()
				r.top(fmt.Sprintf(`<item><a>0</a><b>0</b><v>%d</v></item>`, i%2))
				b.StartTimer()
				if _, ok := s.Next(); !ok && i > 0 {
					b.Fatal("no update")
				}
			}
		})
	}
}

// items is an edit with n entries.
func items(n int) (doc string) {
	for i := range n {
		doc += fmt.Sprintf(`<item><a>%d</a><b>%d</b><leafy><k>%d</k></leafy></item>`, i%100, i/100, i%7)
	}
	return doc
}
