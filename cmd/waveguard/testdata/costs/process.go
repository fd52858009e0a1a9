package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// usage is what processes have used so far.
type usage struct {
	cpu     time.Duration
	wakeups uint64 // times that a thread gave its processor up to wait
}

func (u usage) since(before usage) usage {
	return usage{u.cpu - before.cpu, u.wakeups - before.wakeups}
}

// usageOf adds up what the threads of processes have used. A thread that has ended is not in it.
func usageOf(processes ...int) (u usage, err error) {
	for _, pid := range processes {
		tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
		if err != nil || len(tasks) == 0 {
			return u, fmt.Errorf("process %d has no threads: %w", pid, err)
		}
		for _, task := range tasks {
			text, err := os.ReadFile(task + "/schedstat")
			if err != nil {
				return u, err
			}
			ns, err := strconv.ParseInt(fields(string(text))[0], 10, 64)
			if err != nil {
				return u, err
			}
			waits, err := numberIn(task+"/status", "voluntary_ctxt_switches:")
			if err != nil {
				return u, err
			}
			u.cpu += time.Duration(ns)
			u.wakeups += waits
		}
	}
	return u, nil
}

// memory is that of processes, in KiB.
type memory struct {
	own    float64 // that they have written or share with each other (PSS, without files)
	tables float64 // by which the processor finds it
}

func (m memory) all() float64 { return m.own + m.tables }

func memoryOf(processes ...int) (m memory, err error) {
	for _, pid := range processes {
		for _, part := range []struct {
			file, name string
			to         *float64
		}{
			{"smaps_rollup", "Pss_Anon:", &m.own},
			{"smaps_rollup", "Pss_Shmem:", &m.own},
			{"status", "VmPTE:", &m.tables},
		} {
			kib, err := numberIn(fmt.Sprintf("/proc/%d/%s", pid, part.file), part.name)
			if err != nil {
				return m, err
			}
			*part.to += float64(kib)
		}
	}
	return m, nil
}

// numberIn returns the number after a name in a file of /proc.
func numberIn(path, name string) (uint64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if rest, found := strings.CutPrefix(s.Text(), name); found {
			return strconv.ParseUint(fields(rest)[0], 10, 64)
		}
	}
	return 0, fmt.Errorf("%s has no %s", path, name)
}

func pids(children []*child) (all []int) {
	for _, c := range children {
		all = append(all, c.pid())
	}
	return all
}
