package shm

import (
	"math"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// defaultMappings is what Linux lets a process have (DEFAULT_MAX_MAP_COUNT).
const defaultMappings = 65530

// Limits returns how many descriptors and mappings the process can have. Without the latter the
// Go runtime gets no memory, and ends the process.
func Limits() (files, mappings int) {
	files, mappings = math.MaxInt32, defaultMappings
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) == nil {
		files = int(min(limit.Cur, math.MaxInt32))
	}
	if b, err := os.ReadFile("/proc/sys/vm/max_map_count"); err == nil {
		if n, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil {
			mappings = n
		}
	}
	return files, mappings
}
