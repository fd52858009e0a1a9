package main

import (
	"fmt"
	"time"
)

// idle measures what attached processes that do nothing cost.
func (r *run) idle() error {
	before, err := r.watch([]int{r.daemon.pid()})
	if err != nil {
		return err
	}
	var groups [][]*child
	for _, language := range []string{"go", "c"} {
		for i, backend := range []string{noWalls, "NONE"} {
			first := 0
			if language == "c" {
				first = together
			}
			all, err := r.startHosts(language, backend, first*i, together)
			if err != nil {
				return err
			}
			groups = append(groups, all)
		}
	}
	processes := [][]int{{r.daemon.pid()}}
	for _, g := range groups {
		processes = append(processes, pids(g))
	}
	used, err := r.watch(processes...)
	if err != nil {
		return err
	}
	for _, g := range groups {
		if err := endAll(g...); err != nil {
			return err
		}
	}
	r.found.idle = used[1:3]
	return r.reportIdle(before[0], used)
}

// watch returns what groups of processes use while nobody asks anything of them.
func (r *run) watch(groups ...[]int) (used []usage, err error) {
	time.Sleep(r.pace.stretch / 5) // what starting them has left to do
	var before []usage
	for _, g := range groups {
		u, err := usageOf(g...)
		if err != nil {
			return nil, err
		}
		before = append(before, u)
	}
	time.Sleep(r.pace.stretch)
	for i, g := range groups {
		u, err := usageOf(g...)
		if err != nil {
			return nil, err
		}
		used = append(used, u.since(before[i]))
	}
	return used, nil
}

func (r *run) reportIdle(daemon usage, used []usage) error {
	t := &table{
		title: "Idle",
		head:  []string{"process", "processor time", "of one processor", "wake-ups a second"},
	}
	row := func(what string, u usage, n int) {
		seconds := r.pace.stretch.Seconds()
		each := u.cpu.Seconds() / float64(n)
		t.row(what, fmt.Sprintf("%.3f ms/s", 1000*each/seconds), fmt.Sprintf("%.4f %%", 100*each/seconds),
			fmt.Sprintf("%.2f", float64(u.wakeups)/float64(n)/seconds))
	}
	for i, what := range []string{"Go, not attached", "Go, attached", "C, not attached", "C, attached"} {
		row(what, used[i+1], together)
	}
	row("the daemon, nobody attached", daemon, 1)
	row(fmt.Sprintf("the daemon, %d processes attached", 2*together), used[0], 1)
	t.note("Mean of %d processes with one service each over %v, in which no gate was passed and nothing was configured.", together, r.pace.stretch)
	return t.write(r.out)
}
