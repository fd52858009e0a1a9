package attach

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// ticksPerSecond is USER_HZ, in which the kernel tells times to programs.
const ticksPerSecond = 100

// startOf returns when a process started: in ticks since the host did, which no
// two processes with the same number have in common, and by the clock.
func startOf(pid int) (ticks uint64, at time.Time, err error) {
	stat, err := os.ReadFile(procPath(pid, "stat"))
	if err != nil {
		return 0, time.Time{}, err
	}
	if ticks, err = startTicks(stat); err != nil {
		return 0, time.Time{}, err
	}
	var up unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &up); err != nil {
		return 0, time.Time{}, err
	}
	age := time.Duration(up.Nano()) - time.Duration(ticks)*(time.Second/ticksPerSecond)
	return ticks, time.Now().Add(-age), nil
}

// stackOf returns where the kernel has laid out the stack of the program that a process executes.
func stackOf(pid int) (uint64, error) {
	stat, err := os.ReadFile(procPath(pid, "stat"))
	if err != nil {
		return 0, err
	}
	return statusField(stat, 28)
}

func startTicks(stat []byte) (uint64, error) { return statusField(stat, 22) }

// statusField returns a field of proc_pid_stat(5) from the third on. Field 2, the name, is in
// parentheses and may have any character, those among them.
func statusField(stat []byte, number int) (uint64, error) {
	const state = 3
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) <= number-state {
		return 0, fmt.Errorf("its status has no field %d", number)
	}
	return strconv.ParseUint(fields[number-state], 10, 64)
}

// cgroupOf returns the path of a process's cgroup as this process sees it; "" if
// the host has no cgroups of version 2.
func cgroupOf(pid int) (string, error) {
	membership, err := os.ReadFile(procPath(pid, "cgroup"))
	if err != nil {
		return "", err
	}
	return unifiedCgroup(string(membership)), nil
}

// unifiedCgroup finds the entry of version 2 (cgroups(7), /proc/pid/cgroup).
func unifiedCgroup(membership string) string {
	for line := range strings.Lines(membership) {
		if path, ok := strings.CutPrefix(line, "0::"); ok {
			return strings.TrimSuffix(path, "\n")
		}
	}
	return ""
}
