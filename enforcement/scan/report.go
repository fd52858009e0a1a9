package scan

import (
	"fmt"
	"slices"
)

// Class is what is known of a hit.
type Class string

// The classes. What each of them claims is in the documentation of the package.
const (
	Proven Class = "proven" // harmless, whoever executes it
	Gate   Class = "gate"   // the gate of Waveguard's SDK, byte for byte
	Entry  Class = "entry"  // opens walls, and goes on at a known place
	Masked Class = "masked" // harmless unless one jumps into it
	Open   Class = "open"   // nothing is known in its favour

	// Identity is of the instructions that leave PKRU alone, and make a thread
	// look like another one.
	Identity Class = "identity"
)

// Classes lists the classes, from the harmless to the others.
func Classes() []Class { return []Class{Proven, Gate, Entry, Masked, Identity, Open} }

// Verdict sums a report up.
type Verdict string

// The verdicts.
const (
	Clean    Verdict = "clean" // no hits, or proven ones
	GateOnly Verdict = "gate only"
	Hits     Verdict = "hits"
)

// Address is written in hexadecimal.
type Address uint64

// String returns 0x and the digits.
func (a Address) String() string { return fmt.Sprintf("%#x", uint64(a)) }

// MarshalText implements encoding.TextMarshaler.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// Report is what a scan of one file or process found.
type Report struct {
	Name    string   `json:"name"` // of the file; "process PID" of a process
	Verdict Verdict  `json:"verdict"`
	Bytes   int64    `json:"bytes"` // that were searched
	Total   int      `json:"total"` // hits, those not in the list too
	Hits    []Hit    `json:"hits"`
	Notes   []string `json:"notes,omitempty"`  // what limits the verdict
	Unread  []string `json:"unread,omitempty"` // what could not be searched
}

func newReport(name string) *Report { return &Report{Name: name, Hits: []Hit{}} }

// maxHits is how many hits of a report are explained; of more there is only
// the number.
const maxHits = 1000

// Refused returns how many hits are of none of the classes. Proven ones never
// count.
func (r *Report) Refused(accepted ...Class) int {
	refused := r.Total - len(r.Hits)
	for i := range r.Hits {
		if c := r.Hits[i].Class; c != Proven && !slices.Contains(accepted, c) {
			refused++
		}
	}
	return refused
}

func (r *Report) judge() {
	switch {
	case r.Refused() == 0:
		r.Verdict = Clean
	case r.Refused(Gate) == 0:
		r.Verdict = GateOnly
	default:
		r.Verdict = Hits
	}
}

func (r *Report) note(format string, args ...any) {
	if n := fmt.Sprintf(format, args...); !slices.Contains(r.Notes, n) {
		r.Notes = append(r.Notes, n)
	}
}

// maxUnread is how many places that could not be read a report names.
const maxUnread = 20

func (r *Report) unread(format string, args ...any) {
	if len(r.Unread) < maxUnread {
		r.Unread = append(r.Unread, fmt.Sprintf(format, args...))
	}
}

// Hit is a place from which a processor would execute an instruction that writes
// PKRU, or that changes whom a thread is taken for.
type Hit struct {
	Instruction Instruction `json:"instruction"`
	Class       Class       `json:"class"`
	Address     Address     `json:"address"`
	Offset      Address     `json:"offset"`            // in the file
	In          string      `json:"in"`                // the segment or mapping
	Section     string      `json:"section,omitempty"` // of the file
	Symbol      string      `json:"symbol,omitempty"`  // with the distance from it
	Bytes       string      `json:"bytes"`             // in hexadecimal
	Placement   Placement   `json:"placement"`
	Place       string      `json:"place"` // Placement in words
	Claim       string      `json:"claim"` // what is proven, or why nothing is
	Advice      string      `json:"advice"`
	Code        []Line      `json:"code"` // around
}

// Line is an instruction of the code around a hit.
type Line struct {
	Address Address `json:"address"`
	Bytes   string  `json:"bytes"`
	Text    string  `json:"text"`
	Mark    Mark    `json:"mark,omitempty"`
}

// Mark says what a line has to do with the hit.
type Mark string

// The marks.
const (
	Here   Mark = "here"   // the hit begins in it
	Hidden Mark = "hidden" // the same bytes, read from the hit
)
