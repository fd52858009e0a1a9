package pm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/optical-net/waveguard/telemetry/model"
)

// snapshot is what is stored: a line with the version of the form and a
// checksum, then this as JSON.
type snapshot struct {
	Saved   time.Time         `json:"saved"`
	Frames  [timed]savedFrame `json:"frames"`
	Ends    [timed][]savedEnd `json:"ends"`
	Series  []savedSeries     `json:"series"`
	Crossed []savedCrossing   `json:"crossed,omitempty"`
}

type savedFrame struct {
	Begin time.Time `json:"begin"`
	Since time.Time `json:"since"`
	Flaw  validity  `json:"flaw"`
}

type savedEnd struct {
	Begin time.Time `json:"begin"`
	Flaw  validity  `json:"flaw"`
}

type savedSeries struct {
	Type    string                  `json:"resource-type"`
	Name    string                  `json:"resource"`
	Kind    string                  `json:"type"`
	Current [granularities]savedBin `json:"current"`
	Past    [timed][]savedPast      `json:"past"`
}

type savedBin struct {
	Value uint64    `json:"value"`
	Start time.Time `json:"start"`
	Flaw  validity  `json:"flaw"`
}

type savedPast struct {
	Slot  int      `json:"slot"`
	Value uint64   `json:"value"`
	Flaw  validity `json:"flaw"`
}

type savedCrossing struct {
	Crossing
	Now bool
}

// snapshot needs b.mu held.
func (b *Bins) snapshot() *snapshot {
	s := &snapshot{Saved: b.now.Wall, Series: make([]savedSeries, 0, len(b.all))}
	for g, f := range b.frames[:timed] {
		s.Frames[g] = savedFrame{f.begin, f.since, f.flaw}
		for _, e := range b.ends[g] {
			if !e.begin.IsZero() {
				s.Ends[g] = append(s.Ends[g], savedEnd{e.begin, e.flaw})
			}
		}
	}
	for _, one := range b.all {
		s.Series = append(s.Series, one.saved())
	}
	for _, c := range b.thresholds.crossed {
		s.Crossed = append(s.Crossed, savedCrossing{c.Crossing, c.now})
	}
	return s
}

func (s *series) saved() savedSeries {
	one := savedSeries{Type: s.Type, Name: s.Name, Kind: s.kind}
	for g, c := range s.current {
		one.Current[g] = savedBin{c.value, c.start, c.flaw}
	}
	if s.past == nil {
		return one
	}
	for g, values := range s.past.values {
		for slot, v := range values {
			if v != 0 {
				one.Past[g] = append(one.Past[g], savedPast{slot, v, s.past.flaws[g][slot]})
			}
		}
	}
	return one
}

// resumeSeries takes over a measurement. Its counter begins at zero, as the
// process does.
func (b *Bins) resumeSeries(was *savedSeries) error {
	s := &series{key: key{model.Resource{Type: was.Type, Name: was.Name}, was.Kind}, rewrite: true}
	for g, c := range was.Current {
		s.current[g] = bin{c.Value, c.Start, min(c.Flaw, suspect)}
	}
	for g, all := range was.Past {
		for _, p := range all {
			if p.Slot < 0 || p.Slot >= depth[g] {
				return fmt.Errorf("%w: a bin has the number %d", errDamaged, p.Slot+1)
			}
			if s.past == nil {
				s.past = newPast()
				b.histories++
			}
			s.past.values[g][p.Slot], s.past.flaws[g][p.Slot] = p.Value, min(p.Flaw, suspect)
		}
	}
	if old := b.all[s.key]; old != nil {
		b.pending.remove(old)
	}
	b.all[s.key] = s
	b.pending.rewrite(s)
	return nil
}

const form = "waveguard-pm 1"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func encode(s *snapshot) ([]byte, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode the bins: %w", err)
	}
	return seal(text), nil
}

func seal(text []byte) []byte {
	return append(fmt.Appendf(nil, "%s %08x\n", form, crc32.Checksum(text, castagnoli)), text...)
}

func decode(text []byte) (*snapshot, error) {
	head, body, _ := bytes.Cut(text, []byte("\n"))
	if want := fmt.Sprintf("%s %08x", form, crc32.Checksum(body, castagnoli)); string(head) != want {
		return nil, errDamaged
	}
	s := new(snapshot)
	if err := json.Unmarshal(body, s); err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return s, nil
}
