package page_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/optical-net/waveguard/enforcement/page"
)

func TestBrokenIsTheFirst(t *testing.T) {
	in := page.Verdict{
		Source: page.InService, Target: page.InService,
		Entry: page.Entry{Flags: page.Permit, Operations: 0b10, MaxRate: 100, MaxDwell: 50},
	}
	with := func(change func(*page.Verdict)) page.Verdict { v := in; change(&v); return v }
	bad := page.Call{Operation: 0, Rate: 101, Dwell: 51 * time.Microsecond}
	for name, test := range map[string]struct {
		verdict page.Verdict
		call    page.Call
		want    page.Rule
	}{
		"none":           {in, page.Call{Operation: 1, Rate: 100, Dwell: 50 * time.Microsecond}, page.NoRule},
		"dwell":          {in, page.Call{Operation: 1, Rate: 100, Dwell: bad.Dwell}, page.DwellRule},
		"rate":           {in, page.Call{Operation: 1, Rate: 101, Dwell: bad.Dwell}, page.RateRule},
		"operation":      {in, bad, page.OperationRule},
		"last operation": {in, page.Call{Operation: page.MaxOperations - 1}, page.OperationRule},
		"no limits":      {with(func(v *page.Verdict) { v.Entry.MaxRate, v.Entry.MaxDwell = 0, 0 }), page.Call{Operation: 1, Rate: 1 << 40, Dwell: time.Hour}, page.NoRule},
		"denied":         {with(func(v *page.Verdict) { v.Entry.Flags = 0 }), bad, page.TransitionRule},
		"no entry":       {with(func(v *page.Verdict) { v.Entry = page.Entry{} }), bad, page.TransitionRule},
		"target":         {with(func(v *page.Verdict) { v.Target = page.OutOfService }), bad, page.TargetRule},
		"source leaves":  {with(func(v *page.Verdict) { v.Source = page.OutOfService }), page.Call{Operation: 1}, page.NoRule},
		"source":         {with(func(v *page.Verdict) { v.Source, v.Target = page.Isolated, page.Isolated }), bad, page.SourceRule},
		"nothing known":  {page.Verdict{}, page.Call{}, page.SourceRule},
	} {
		if got := test.verdict.Broken(test.call); got != test.want {
			t.Errorf("%s: broken is rule %d, want %d", name, got, test.want)
		}
	}
}

func TestLets(t *testing.T) {
	for permissive, want := range map[bool][]page.Rule{
		false: {page.NoRule, page.DwellRule},
		true:  {page.NoRule, page.TransitionRule, page.OperationRule, page.RateRule, page.DwellRule},
	} {
		var got []page.Rule
		for r := page.NoRule; r <= page.DwellRule; r++ {
			if (page.Verdict{Permissive: permissive}).Lets(r) {
				got = append(got, r)
			}
		}
		if len(got) != len(want) {
			t.Errorf("permissive %t: let through are %v, want %v", permissive, got, want)
		}
	}
}

// TestVerdictIsWhatReadersFind holds that a table and the page made of it say the
// same, of random tables.
func TestVerdictIsWhatReadersFind(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 7))
	const hosted = 5
	p, r := newPolicy(t, hosted)
	for range 200 {
		table := make(page.Table, hosted)
		for i := range table {
			table[i] = page.Domain{State: page.State(random.IntN(6)), Wall: page.Wall{Manner: page.Manner(random.IntN(8)), Priority: uint8(i)}}
			for j := range hosted {
				if random.IntN(2) == 0 {
					table[i].Entries = append(table[i].Entries, page.Entry{Target: j, Flags: page.Flags(random.IntN(4)), Operations: random.Uint32(), MaxRate: random.Uint32N(9)})
				}
			}
		}
		if _, err := p.Publish(table); err != nil {
			t.Fatal(err)
		}
		for i := -1; i <= hosted; i++ {
			for j := -1; j <= hosted; j++ {
				if got, _ := r.Lookup(i, j); got != table.Verdict(i, j) {
					t.Fatalf("from %d to %d: readers find %+v, the table has %+v", i, j, got, table.Verdict(i, j))
				}
			}
		}
	}
}
