package scan

import (
	"io"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// memory is that of a process, at its addresses.
type memory struct {
	file *os.File // /proc/PID/mem
	pid  int      // 0 if the number may be another's
}

// newMemory returns the memory that file shows. Where /proc is of another PID
// namespace, numbers in it mean other processes than system calls do.
func newMemory(file *os.File, pid int) *memory {
	if self, err := os.Readlink("/proc/self"); err != nil || self != strconv.Itoa(os.Getpid()) {
		pid = 0
	}
	return &memory{file, pid}
}

// ReadAt implements io.ReaderAt. The kernel copies once with process_vm_readv(2)
// and twice through the file, which shows memory too that can only be executed.
// Should the process end and its number pass to another one meanwhile, the scan
// fails at its end, when its mappings cannot be read.
func (m *memory) ReadAt(b []byte, address int64) (n int, err error) {
	if m.pid != 0 && len(b) > 0 {
		to := unix.Iovec{Base: &b[0]}
		to.SetLen(len(b))
		from := unix.RemoteIovec{Base: uintptr(address), Len: len(b)}
		n, _ = unix.ProcessVMReadv(m.pid, []unix.Iovec{to}, []unix.RemoteIovec{from}, 0)
		n = max(n, 0)
	}
	if n < len(b) {
		var more int
		more, err = m.file.ReadAt(b[n:], address+int64(n))
		n += more
	}
	return n, err
}

var _ io.ReaderAt = (*memory)(nil)
