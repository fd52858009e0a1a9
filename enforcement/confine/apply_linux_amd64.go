package confine

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/mpk"
)

// noCore is the limit with which nothing is dumped: too little for a file, and a
// limit of 0 would not keep the kernel from dumping into a program (core(5)).
const noCore = 1

// Apply confines this process, for good and whatever it executes: the filter of the
// policy, no new privileges, and no core dumps, which would hold what was behind
// walls. Files above standard error are closed to what is executed, and so are those of
// /proc where [ClosesProc]; this alone holds for the calling thread only, so that the
// goroutine stays locked to it: execute the program in it. Apply returns the
// error of the system call that was refused; then the process may be confined in part.
func Apply(p Policy) error {
	raw, err := Filter(p)
	if err != nil {
		return err
	}
	if ClosesProc(p) {
		runtime.LockOSThread()
		if err := closeProc(); err != nil {
			return err
		}
	}
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{Cur: noCore, Max: noCore}); err != nil {
		return fmt.Errorf("switch core dumps off: %w", err)
	}
	if err := unix.CloseRange(3, ^uint(0), unix.CLOSE_RANGE_CLOEXEC); err != nil {
		return fmt.Errorf("close inherited files: %w", err)
	}
	filter := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		filter[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	return mpk.InstallFilter(filter)
}
