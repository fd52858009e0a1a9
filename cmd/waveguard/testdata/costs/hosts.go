package main

import "fmt"

// noWalls is the backend of a host that does not attach.
const noWalls = "-"

// startHost starts a process with services that wait.
func (r *run) startHost(language, backend string, first, count int) (*child, error) {
	args := []string{r.socket, backend, fmt.Sprint(first), fmt.Sprint(count)}
	if language == "c" {
		if backend != noWalls {
			args[1] = "none"
		}
		return r.startC("host", anyCPU, args...)
	}
	return spawn{role: "host", args: args, cpu: anyCPU}.start()
}

// startHosts starts as many processes with one service each.
func (r *run) startHosts(language, backend string, first, count int) (all []*child, err error) {
	for i := range count {
		c, err := r.startHost(language, backend, first+i, 1)
		if err != nil {
			return all, err
		}
		all = append(all, c)
	}
	return all, nil
}
