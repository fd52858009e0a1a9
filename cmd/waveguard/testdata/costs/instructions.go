package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"
)

// lapsCounted is how many calls of each path are walked through. A path is as long as it is
// most of the time: a signal or a clock that is asked makes a single one longer.
const lapsCounted = 5

// path is one path through a gate as the stepper counted it.
type path struct {
	language, name, backend string
	counted
}

// instructions counts those of a call on each path, without walls and, in the virtual machine, with keys.
func (r *run) instructions() error {
	var paths []path
	if err := r.walk("NONE", func(p path) { paths = append(paths, p) }); err != nil {
		return err
	}
	keys, err := r.walkVirtual()
	if err != nil {
		fmt.Fprintln(os.Stderr, "costs: nothing is counted with protection keys:", err)
	}
	r.found.keys = keys
	t := &table{
		title: "Instructions of one call",
		head:  []string{"path", "backend NONE", "beyond a function call", "with keys, beyond a function call", "of those WRPKRU", "RDPKRU"},
	}
	calls := map[string]int{}
	for _, p := range append(paths, keys...) {
		if p.name == "call" {
			calls[p.language+p.backend] = p.all
		}
	}
	for i, p := range paths {
		row := []string{wayNames[p.language+" "+p.name], fmt.Sprint(p.all), fmt.Sprint(p.all - calls[p.language+p.backend])}
		if len(keys) > 0 {
			k := keys[i]
			row = append(row, fmt.Sprint(k.all-calls[k.language+k.backend]), fmt.Sprint(k.wrpkru), fmt.Sprint(k.rdpkru))
		}
		t.row(row...)
	}
	if len(keys) == 0 {
		t.note("The virtual machine with protection keys was not there, or not done in time: nothing was counted with them.")
	}
	t.note("Single-stepped, the most frequent count of %d calls, empty ones.", lapsCounted)
	if err := r.callgrind(t); err != nil {
		return err
	}
	return t.write(r.out)
}

// walk counts the instructions of every path with a backend.
func (r *run) walk(backend string, counted func(path)) (err error) {
	for _, language := range []string{"go", "c"} {
		for _, name := range []string{"call", "fast", "slow"} {
			p := path{language: language, name: name, backend: backend}
			if p.counted, err = r.walkPath(p); err != nil {
				return fmt.Errorf("%s %s: %w", language, name, err)
			}
			counted(p)
		}
	}
	return nil
}

// walkPath begins again with another process, a few times, where a thread waits too long.
func (r *run) walkPath(p path) (c counted, err error) {
	for range 15 {
		if c, err = r.walkOnce(p); !errors.Is(err, errWaits) {
			break
		}
	}
	return c, err
}

func (r *run) walkOnce(p path) (c counted, err error) {
	spin, err := r.spinner(p)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, spin.kill()) }()
	text, err := spin.ask("spin %s", p.name)
	if err != nil {
		return c, err
	}
	var thread int
	var place uint64
	if _, err := fmt.Sscan(text, &thread, &place); err != nil {
		return c, fmt.Errorf("spin answered %q: %w", text, err)
	}
	all, err := laps(spin.pid(), thread, place, lapsCounted)
	if err != nil {
		return c, err
	}
	return mostFrequent(all), nil
}

func (r *run) spinner(p path) (*child, error) {
	if p.language == "c" {
		return r.startC("gate", anyCPU, r.socket, strings.ToLower(p.backend))
	}
	return spawn{role: "call", args: []string{r.socket, p.backend}, cpu: anyCPU}.start()
}

// mostFrequent returns the count that came most often, the smallest of them.
func mostFrequent(all []counted) (best counted) {
	times := map[counted]int{}
	for _, c := range all {
		times[c]++
	}
	for c, n := range times {
		if cmp.Or(cmp.Compare(n, times[best]), cmp.Compare(best.all, c.all)) > 0 {
			best = c
		}
	}
	return best
}
