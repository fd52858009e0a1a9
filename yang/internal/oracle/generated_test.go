package oracle

import (
	"cmp"
	"errors"
	"flag"
	"math/rand/v2"
	"testing"

	"github.com/optical-net/waveguard/yang/internal/generate"
)

var (
	documents = flag.Uint64("documents", 40, "how many documents to generate for each set of models")
	firstSeed = flag.Uint64("seed", 0, "the seed of the first document")
)

// mutationsEach is how often each document is broken in one place.
const mutationsEach = 8

// tally is what came of the documents of one set.
type tally struct {
	*bench
	t         *testing.T
	valid     int // generated documents that both admit
	whole     int // generated documents
	judged    int // in all, with those broken in one place, in each encoding
	refused   int // of these, by both
	crashes   int // of these, of yanglint
	mutations map[string]int
	disputes  map[string]int
}

// Documents generated from the schema, and documents broken in one place, get
// the same verdict here as from libyang.
func TestGenerated(t *testing.T) {
	for _, m := range modelSets {
		t.Run(m.name, func(t *testing.T) {
			y := &tally{bench: newBench(t, m), t: t, mutations: map[string]int{}, disputes: map[string]int{}}
			n := uint64(float64(*documents) * cmp.Or(m.times, 1))
			if testing.Short() {
				n /= 10
			}
			for seed := *firstSeed; seed < *firstSeed+n; seed++ {
				y.document(seed)
			}
			y.report()
			if !testing.Short() && *firstSeed == 0 {
				y.require(m)
			}
		})
	}
}

// document compares the verdicts on one document and what is made of it.
func (y *tally) document(seed uint64) {
	r := rand.New(rand.NewPCG(seed, 1))
	doc := y.bench.document(r)
	if len(doc.Kids) == 0 {
		return
	}
	y.whole++
	admitted := true
	for _, encoding := range encodings {
		v := y.compare(seed, doc, encoding, "as generated")
		admitted = admitted && v.ours == nil && v.theirs == nil
	}
	if admitted {
		y.valid++
		if contentOf[y.engine.kind] == 0 {
			y.exchange(seed, doc)
		}
	}
	all := generate.Mutations()
	for i := range uint64(mutationsEach) {
		y.mutate(seed, r, doc.Clone(), all[(seed*mutationsEach+i)%uint64(len(all))])
	}
}

func (y *tally) mutate(seed uint64, r *rand.Rand, doc *generate.Element, m generate.Mutation) {
	outcome := y.generator.Mutate(r, doc, m)
	if outcome == generate.Unfit || len(doc.Kids) == 0 {
		return
	}
	y.mutations[m.Name]++
	for _, encoding := range encodings {
		if m.Only != "" && m.Only != encoding {
			continue
		}
		v := y.compare(seed, doc, encoding, m.Name)
		if outcome == generate.Broken && v.ours == nil && v.theirs == nil {
			y.t.Errorf("seed %d, %s: admitted although broken: %s\n%s", seed, encoding, m.Name, write(y.set, doc, encoding))
		}
	}
}

// compare requires one verdict, and shows the first document of each dispute.
func (y *tally) compare(seed uint64, doc *generate.Element, encoding, what string) verdicts {
	v := y.judge(doc, encoding)
	if v.differ() {
		v = y.judge(doc, encoding) // a process that is short of something says no, once
	}
	y.judged++
	switch {
	case errors.Is(v.theirs, errCrashed):
		y.crashes++
	case v.ours != nil && v.theirs != nil:
		y.refused++
	}
	if !v.differ() || y.excused(v) {
		return v
	}
	key := encoding + ": " + dispute(v)
	if y.disputes[key]++; y.disputes[key] == 1 {
		small := y.least(doc, encoding)
		last := y.judge(small, encoding)
		y.t.Errorf("seed %d, %s, %s\nours:    %v\nlibyang: %v\n%s", seed, encoding, what, last.ours, last.theirs, write(y.set, small, encoding))
	}
	return v
}

func (y *tally) report() {
	y.t.Logf("%d documents, %d valid; %d verdicts, %d of them refusals by both, %d crashes of yanglint", y.whole, y.valid, y.judged, y.refused, y.crashes)
	for key, n := range y.disputes {
		y.t.Logf("%d verdicts differ: %s", n, key)
	}
}

// require says when the documents were too weak to show anything.
func (y *tally) require(m modelSet) {
	if y.crashes*20 > y.judged {
		y.t.Errorf("yanglint crashes on %d of %d documents", y.crashes, y.judged)
	}
	if y.valid*2 < y.whole {
		y.t.Errorf("only %d of %d documents are valid", y.valid, y.whole)
	}
	all, missed := y.seen.missed(y.set)
	y.t.Logf("%d of %d conditions violated", all-len(missed), all)
	if m.folder != "" && m.name != "zoo" {
		return // what others publish need not be possible
	}
	for _, condition := range missed {
		y.t.Errorf("never violated: %s", condition)
	}
	if m.name != "zoo" {
		return
	}
	for _, mutation := range generate.Mutations() {
		if y.mutations[mutation.Name] == 0 {
			y.t.Errorf("never done: %s", mutation.Name)
		}
	}
}
