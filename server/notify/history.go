package notify

import "time"

// history holds the newest records, up to a bound.
type history struct {
	LogInfo
	bound int    // octets of all records together
	first uint64 // sequence number of kept[0]; the first ever has 1
	kept  []record
	bytes int
}

// last returns the sequence number of the newest record.
func (h *history) last() uint64 { return h.first + uint64(len(h.kept)) - 1 }

// add keeps r and lets go of the oldest records beyond the bound, of r itself
// if it is beyond it alone.
func (h *history) add(r record) {
	h.kept = append(h.kept, r)
	h.bytes += len(r.line)
	for h.bytes > h.bound {
		h.bytes -= len(h.kept[0].line)
		h.age(h.kept[0].time)
		h.kept = h.kept[1:]
		h.first++
	}
}

func (h *history) age(t time.Time) {
	if t.After(h.Aged) {
		h.Aged = t
	}
}

// records returns what is kept; later changes do not show in it.
func (h *history) records() []record { return h.kept[:len(h.kept):len(h.kept)] }

// since returns the records numbered from and later, about limit octets of
// them, at least one if there is one, and the number of the first.
func (h *history) since(from uint64, limit int) ([]record, uint64) {
	from = max(from, h.first)
	rest := h.records()[min(from-h.first, uint64(len(h.kept))):]
	for i, r := range rest {
		if limit -= len(r.line); limit < 0 && i > 0 {
			return rest[:i], from
		}
	}
	return rest, from
}
