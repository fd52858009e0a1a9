package main

import "fmt"

// crowds are how many processes are attached when the daemon is watched.
var crowds = []int{0, 1, 10, 50}

// crowd measures what attached processes that do nothing cost the daemon.
func (r *run) crowd() error {
	t := &table{
		title: "The daemon, and idle processes attached to it",
		head:  []string{"attached", "processor time", "for each process", "wake-ups a second", "for each process"},
	}
	var alone usage
	for _, n := range crowds {
		used, err := r.besides(n)
		if err != nil {
			return err
		}
		if n == 0 {
			alone = used
		}
		seconds := r.pace.stretch.Seconds()
		each := used.since(alone)
		share := func(all float64) string { return fmt.Sprintf("%.3f", all/float64(max(n, 1))/seconds) }
		t.row(fmt.Sprint(n), fmt.Sprintf("%.3f ms/s", 1000*used.cpu.Seconds()/seconds), share(1000*each.cpu.Seconds())+" ms/s",
			fmt.Sprintf("%.2f", float64(used.wakeups)/seconds), share(float64(int64(each.wakeups))))
	}
	t.note("Processes of the C SDK with one service each, over %v; what each costs is what the daemon uses more than with none.", r.pace.stretch)
	return t.write(r.out)
}

// besides returns what the daemon uses while so many processes are attached.
func (r *run) besides(n int) (usage, error) {
	all, err := r.startHosts("c", "NONE", 0, n)
	if err != nil {
		return usage{}, err
	}
	used, err := r.watch([]int{r.daemon.pid()})
	if err != nil {
		return usage{}, err
	}
	return used[0], endAll(all...)
}
