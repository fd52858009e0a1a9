package pm

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/optical-net/waveguard/telemetry/model"
)

// Selection says which bins to clear, in the words of the input of clear-pm;
// "" is any.
type Selection struct {
	ResourceType, Resource string
	Granularity            string
	All                    bool // those that ended too
}

// ErrNoMeasurement says that a selection selects nothing that is measured.
var ErrNoMeasurement = errors.New("nothing is measured there")

// Clear begins bins anew from zero, as of the last look at the counters. It
// returns ErrNoMeasurement, wrapped, if there are none such.
func (b *Bins) Clear(sel Selection) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	found := false
	for _, s := range b.all {
		if !sel.has(s.Resource) {
			continue
		}
		found = true
		for g := range granularities {
			if sel.Granularity == "" || sel.Granularity == g.String() {
				b.clear(s, g, sel.All)
			}
		}
	}
	if !found {
		return fmt.Errorf("%w: no %s", ErrNoMeasurement, strings.TrimSpace(cmp.Or(sel.ResourceType, "resource")+" "+sel.Resource))
	}
	b.stored.turned()
	return nil
}

func (sel Selection) has(r model.Resource) bool {
	return (sel.ResourceType == "" || sel.ResourceType == r.Type) && (sel.Resource == "" || sel.Resource == r.Name)
}

func (b *Bins) clear(s *series, g granularity, ended bool) {
	flaw := partial
	if g == untimed {
		flaw = complete
	}
	s.begin(g, b.now.Wall, flaw)
	b.pending.touch(s)
	b.thresholds.cleared(s.key, g)
	if ended && g != untimed && s.past != nil {
		clear(s.past.values[g])
		b.pending.rewrite(s)
	}
}
