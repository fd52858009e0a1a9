package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// grindCalls is how many calls callgrind counts, beyond as many that it counts too: their difference is
// that of the calls alone.
const grindCalls = 2000

// callgrind adds a note with the counts of the C paths by another instrument, if it is there.
func (r *run) callgrind(t *table) error {
	if _, err := exec.LookPath("valgrind"); err != nil {
		t.note("Callgrind was not asked: valgrind is missing.")
		return nil
	}
	counts := map[string]int{}
	for _, path := range []string{"call", "fast", "slow"} {
		var of [2]int
		for i := range of {
			n, err := r.grind(path, (i+1)*grindCalls)
			if err != nil {
				return fmt.Errorf("callgrind, %s: %w", path, err)
			}
			of[i] = n
		}
		counts[path] = (of[1] - of[0]) / grindCalls
	}
	t.note("Callgrind counts %d in C for the function call, %d more for the fast path and %d more for the slow one, on a processor without AVX-512, as it "+
		"makes believe: there the gate has fewer registers to clear.", counts["call"], counts["fast"]-counts["call"], counts["slow"]-counts["call"])
	return nil
}

// grind returns how many instructions the program executes that makes n calls, attaching included.
func (r *run) grind(path string, n int) (int, error) {
	profile := filepath.Join(r.dir, "callgrind")
	cmd := exec.Command("valgrind", "--tool=callgrind", "--callgrind-out-file="+profile,
		r.program("gate"), r.socket, "none", fmt.Sprintf("%s 0 %d", path, n))
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%w\n%s", err, out)
	}
	f, err := os.Open(profile)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		for _, name := range []string{"totals: ", "summary: "} {
			if text, found := strings.CutPrefix(s.Text(), name); found {
				return strconv.Atoi(strings.TrimSpace(text))
			}
		}
	}
	return 0, fmt.Errorf("%s has no totals", profile)
}
