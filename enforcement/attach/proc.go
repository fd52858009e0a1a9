package attach

import (
	"bytes"
	"errors"
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

// startTicks returns field 22 of proc_pid_stat(5). Field 2, the name, is in
// parentheses and may have any character, those among them.
func startTicks(stat []byte) (uint64, error) {
	const state, start = 3, 22
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) <= start-state {
		return 0, errors.New("its status has no start time")
	}
	return strconv.ParseUint(fields[start-state], 10, 64)
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
