package scan

import (
	"slices"
	"time"
)

// Picture is what is known of the executable memory of a process.
type Picture struct {
	Time        time.Time // of the scan
	Mappings    int
	Bytes       int64         // that were searched
	Counts      map[Class]int // of hits; those that were not explained are Open
	Hits        []Hit         // which are not proven, without code; not more than 64 of a piece of memory
	Replaceable []string      // mappings whose code can be replaced unseen: writable or shared ones; not more either
	Unread      []string      // what could not be searched
	replaceable int
}

// most is how much a picture lists of a kind of one piece of memory.
const most = 64

func pictureOf(r *Report, mappings []mapping) *Picture {
	p := &Picture{Mappings: len(mappings), Bytes: r.Bytes, Counts: map[Class]int{}, Unread: r.Unread}
	for _, h := range r.Hits {
		p.Counts[h.Class]++
		if h.Class != Proven && len(p.Hits) < most {
			h.Code = nil
			p.Hits = append(p.Hits, h)
		}
	}
	p.Counts[Open] += r.Total - len(r.Hits)
	for i := range mappings {
		if !mappings[i].replaceable() {
			continue
		}
		if p.replaceable++; len(p.Replaceable) < most {
			p.Replaceable = append(p.Replaceable, mappings[i].String())
		}
	}
	return p
}

// add adds what is known of another piece of memory.
func (p *Picture) add(o *Picture) {
	p.Mappings += o.Mappings
	p.Bytes += o.Bytes
	for class, n := range o.Counts {
		p.Counts[class] += n
	}
	p.Hits = append(p.Hits, o.Hits...)
	p.Replaceable = append(p.Replaceable, o.Replaceable...)
	p.replaceable += o.replaceable
	p.Unread = append(p.Unread, o.Unread[:min(len(o.Unread), maxUnread-min(maxUnread, len(p.Unread)))]...)
}

// CanBeReplaced returns how many mappings have code that can be replaced unseen.
func (p *Picture) CanBeReplaced() int { return p.replaceable }

// Refused returns how many hits and replaceable mappings are of none of the
// classes. Proven hits never count, replaceable mappings are open.
func (p *Picture) Refused(accepted ...Class) (n int) {
	for class, count := range p.Counts {
		if class != Proven && !slices.Contains(accepted, class) {
			n += count
		}
	}
	if !slices.Contains(accepted, Open) {
		n += p.replaceable
	}
	return n
}
