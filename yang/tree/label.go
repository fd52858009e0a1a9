package tree

import (
	"encoding/binary"
	"math"

	"github.com/optical-net/waveguard/yang/internal/btree"
)

// Labels of user-ordered entries are numbers that grow along the list. The
// first entry gets the middle one, so that both ends can grow by a step each.
const (
	labelStep   = 1 << 32
	labelMiddle = 1 << 63
	// labelRoom is what a crowded stretch is spread to: the least distance
	// between neighbours afterwards.
	labelRoom = 1 << 16
)

func label(n uint64) string { return string(binary.BigEndian.AppendUint64(nil, n)) }

func unlabel(s string) uint64 {
	if s == "" {
		return 0
	}
	return binary.BigEndian.Uint64([]byte(s))
}

// insert places a new user-ordered entry right behind the label after; "" means first.
func (e *entries) insert(o *btree.Owner, n Node, key, after string) {
	at, ok := e.gap(after)
	if !ok {
		at, _ = e.gap(e.spread(o, after))
	}
	e.nodes.Set(o, label(at), n)
	e.labels.Set(o, key, label(at))
}

// gap returns a free label right behind the label after; ok is false when there
// is none.
func (e *entries) gap(after string) (at uint64, ok bool) {
	next, bounded := e.nodes.Next(after)
	lo, hi := unlabel(after), uint64(math.MaxUint64)
	if bounded {
		hi = unlabel(next)
	}
	half := (hi - lo) / 2
	switch {
	case after == "" && !bounded:
		return labelMiddle, true
	case after == "":
		return hi - min(half, labelStep), half > 0
	case !bounded:
		return lo + min(half, labelStep), half > 0
	}
	return lo + half, half > 0
}

// stretch is a run of neighbours and the labels between which it stands.
type stretch struct {
	first, last string
	count       uint64
	lo, hi      uint64 // 0 and the greatest number where no entry bounds it
}

// spread spaces out the labels around after, of as few entries as it takes, and
// returns the new label of after.
func (e *entries) spread(o *btree.Owner, after string) string {
	s := e.around(after)
	step := min(labelStep, (s.hi-s.lo)/(s.count+1))
	at := s.lo
	if s.lo == 0 { // keep near the entries behind, or in the middle
		at = min(s.hi, labelMiddle+s.count/2*step) - (s.count+1)*step
	}
	moved, crowd := "", make([]Node, 0, s.count)
	for spot := s.first; ; {
		n, _ := e.nodes.Get(spot)
		next, more := e.nodes.Next(spot)
		if crowd = append(crowd, n); spot == after {
			moved = label(at + uint64(len(crowd))*step)
		}
		e.nodes.Delete(o, spot)
		if spot == s.last || !more {
			break
		}
		spot = next
	}
	for _, n := range crowd {
		at += step
		e.nodes.Set(o, label(at), n)
		e.labels.Set(o, entryKey(n), label(at))
	}
	return moved
}

// around returns the shortest stretch around the label after that can be spread.
func (e *entries) around(after string) stretch {
	if after == "" {
		after, _ = e.nodes.Next("")
	}
	s := stretch{first: after, last: after, count: 1, hi: math.MaxUint64}
	for {
		prev, before := e.nodes.Prev(s.first)
		next, behind := e.nodes.Next(s.last)
		s.lo, s.hi = unlabel(prev), math.MaxUint64
		if behind {
			s.hi = unlabel(next)
		}
		if (s.hi-s.lo)/(s.count+1) >= labelRoom || !before && !behind {
			return s
		}
		if before {
			s.first = prev
			s.count++
		}
		if behind {
			s.last = next
			s.count++
		}
	}
}
