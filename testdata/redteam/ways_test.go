//go:build linux && amd64

package redteam_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/optical-net/waveguard/enforcement/mpk"
)

// way is one way to the memory, in whichever language it is taken.
type way struct {
	name, how string
	// heldBy is what stops it behind the strongest defence. Each part alone does, and
	// with all of them left out it works.
	heldBy []string
	// needs are calls that it may need besides, and whose refusal alone stops it at times.
	needs []string
	// why says why it works nowhere, of those that do not.
	why string
	// seenBy is the monitor that sees it where it works.
	seenBy monitor
}

// monitor is what sees what is not prevented.
type monitor string

const (
	scanAtAttach monitor = "scan of the code at attach"
	scanLater    monitor = "scan of the code at the next look"
)

// outcome of a try.
type outcome string

const (
	works    outcome = "works"
	fails    outcome = "fails"
	reported outcome = "fails, reported" // to the daemon
	ends     outcome = "ends"            // the program does, by a signal
)

// verdict is a row of a table, in testdata and in docs/isolation.md.
type verdict struct {
	Way     string    `json:"way"`
	How     string    `json:"how"`
	Behind  []outcome `json:"behind"` // each of the defences
	HeldBy  []string  `json:"held-by,omitempty"`
	SeenBy  monitor   `json:"seen-by,omitempty"`
	Nowhere string    `json:"works-nowhere-because,omitempty"`
}

func needKeys(t *testing.T) {
	t.Helper()
	if _, err := mpk.Open(mpk.KindPKU); err != nil {
		if os.Getenv("WAVEGUARD_IN_VM") != "" {
			t.Fatal(err)
		}
		t.Skip("needs PKU: make vm-test")
	}
}

// trier tries a way behind a defence, in a process of its own.
type trier func(t *testing.T, w way, d defence) (o outcome, said string)

// judge tries a way behind each of the defences, and holds to its word what says that it stops it.
func (w way) judge(t *testing.T, behind []defence, try trier) verdict {
	t.Helper()
	row := verdict{Way: w.name, How: w.how, HeldBy: w.heldBy, SeenBy: w.seenBy, Nowhere: w.why}
	for _, d := range behind {
		o, said := try(t, w, d)
		t.Logf("%s behind %s: %s: %s", w.name, d.name, o, said)
		row.Behind = append(row.Behind, o)
	}
	w.check(t, row)
	if len(w.heldBy) > 0 {
		w.checkHeld(t, behind[len(behind)-1], try)
	}
	return row
}

func (w way) check(t *testing.T, row verdict) {
	t.Helper()
	last := row.Behind[len(row.Behind)-1]
	somewhere := slices.Contains(row.Behind, works)
	switch {
	case !somewhere && w.why == "" && len(w.heldBy) == 0:
		t.Errorf("%s works nowhere, so that it shows nothing: say why", w.name)
	case somewhere && w.why != "":
		t.Errorf("%s works, though it is said why it does not", w.name)
	case somewhere && (last == works) != (len(w.heldBy) == 0):
		t.Errorf("%s: %s behind the strongest defence, held by %q", w.name, last, w.heldBy)
	}
}

// checkHeld leaves out what is said to stop the way: all of it, and then it works; and
// all but one, and then that one stops it.
func (w way) checkHeld(t *testing.T, strongest defence, try trier) {
	t.Helper()
	for _, call := range w.needs {
		strongest = strongest.without(call)
	}
	bare := strongest
	for _, part := range w.heldBy {
		bare = bare.without(part)
	}
	if o, said := try(t, w, bare); o != works {
		t.Errorf("%s is not held by %q alone: without, it %s: %s", w.name, w.heldBy, o, said)
	}
	for i := range w.heldBy {
		if len(w.heldBy) == 1 {
			return // shown before
		}
		one := strongest
		for _, part := range slices.Delete(slices.Clone(w.heldBy), i, i+1) {
			one = one.without(part)
		}
		if o, said := try(t, w, one); o == works {
			t.Errorf("%s is not held by %s: it works: %s", w.name, w.heldBy[i], said)
		}
	}
}

// compare holds rows to a file of testdata.
func compare(t *testing.T, file string, got any) {
	t.Helper()
	text, err := json.MarshalIndent(got, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	show(t, file, got)
	want, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(string(want)) != string(text) {
		t.Errorf("testdata/%s is not what happens (with -update it is printed):\n%s", file, text)
	}
}
