package datastore_test

import (
	"fmt"
	"testing"

	"github.com/optical-net/waveguard/server/datastore"
	"github.com/optical-net/waveguard/yang/tree"
)

// BenchmarkUpdate brings one change of running into a session's own candidate that
// has a change too, among so many transitions.
func BenchmarkUpdate(b *testing.B) {
	for _, n := range []int{100, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := openAppliance(b)
			ok(b, s.Apply(b.Context(), session(0), transitions(b, s, n)))
			base := s.Running()
			change := func(i int) *tree.Tree {
				e := base.Edit()
				ok(b, e.Apply(document(b, s, `{"transitions":{"transition":[`+transition(i, "DENY", 7)+`]}}`), tree.Merge))
				return e.Tree()
			}
			mine, theirs := change(1), change(n/2)
			b.ReportAllocs()
			for b.Loop() {
				if _, conflicts, err := datastore.Rebased(base, mine, theirs, datastore.RevertOnConflict); err != nil || conflicts != nil {
					b.Fatal(conflicts, err)
				}
			}
		})
	}
}

// BenchmarkConflicts finds the conflicts of two who have changed each of so many
// transitions, while nobody else can write: its cost must not outgrow the number.
func BenchmarkConflicts(b *testing.B) {
	for _, n := range []int{100, 1000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := openAppliance(b)
			ok(b, s.Apply(b.Context(), session(0), transitions(b, s, n)))
			base := s.Running()
			change := func(rate int) *tree.Tree {
				e := base.Edit()
				for i := range n {
					ok(b, e.Apply(document(b, s, `{"transitions":{"transition":[`+transition(i, "DENY", rate)+`]}}`), tree.Merge))
				}
				return e.Tree()
			}
			mine, theirs := change(5007), change(5008)
			b.ReportAllocs()
			for b.Loop() {
				if _, conflicts, err := datastore.Rebased(base, mine, theirs, datastore.PreferCandidate); err != nil || len(conflicts) < n {
					b.Fatal(len(conflicts), err)
				}
			}
		})
	}
}

// BenchmarkCommitBesidePartialLocks is BenchmarkEditCommit while another session
// has locked so many other transitions.
func BenchmarkCommitBesidePartialLocks(b *testing.B) {
	const n = 1000
	for _, locked := range []int{0, 1, 100} {
		b.Run(fmt.Sprint(locked), func(b *testing.B) {
			s := openAppliance(b)
			ok(b, s.Apply(b.Context(), session(0), transitions(b, s, n)))
			if locked > 0 {
				_, err := s.LockNodes(b.Context(), 9, nil, func(now *tree.Tree) (nodes []tree.Path, err error) {
					set := now.Schema()
					for i := range locked {
						from, to := i/(domains-1), i%(domains-1)
						if to >= from {
							to++
						}
						path, err := set.ParsePath(fmt.Sprintf("/mpk-security:mpk-security/transitions/transition[source='%s'][target='%s']", domain(from), domain(to)))
						if err != nil {
							return nil, err
						}
						nodes = append(nodes, path)
					}
					return nodes, nil
				})
				ok(b, err)
			}
			benchmarkCommits(b, s, func(i, round int) *tree.Edit {
				return document(b, s, `{"transitions":{"transition":[`+transition(500+i%64, "DENY", 1001+2*i+round)+`]}}`)
			})
		})
	}
}
