package mpk

import (
	"errors"
	"os"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Signal adds 1 to an eventfd that others hold, and never waits. All who have an eventfd
// share its O_NONBLOCK: whoever takes that away and fills the counter has every write(2) to
// it wait for ever. The kernel itself adds to the counter without waiting when asynchronous
// I/O has come to its end (io_submit(2), aio_resfd). It returns false on a host without that,
// or where others have used it up (/proc/sys/fs/aio-max-nr).
func Signal(eventfd *os.File) bool { return completions.signal(eventfd) }

var completions signaller

// signaller has the kernel signal eventfds.
type signaller struct {
	mu      sync.Mutex
	context uintptr // of io_setup(2); 0 without
	source  int     // what is read: memory with nothing in it
	octet   [8]byte // what was
}

// iocb is a struct iocb of linux/aio_abi.h, on a little-endian machine.
type iocb struct {
	_      uint64 // data for the completion
	_      uint64 // key, and flags of the read
	opcode uint16
	_      int16 // priority
	fd     uint32
	buf    uint64
	bytes  uint64
	_      int64  // offset
	_      uint64 // reserved
	flags  uint32
	resfd  uint32
}

const (
	commandPread = 0 // IOCB_CMD_PREAD
	flagResfd    = 1 // IOCB_FLAG_RESFD
	ioEventSize  = 32
)

func (s *signaller) signal(eventfd *os.File) bool {
	raw, err := eventfd.SyscallConn()
	if err != nil {
		return true // closed: nobody listens
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ready() {
		return false
	}
	submitted := false
	_ = raw.Control(func(fd uintptr) { submitted = s.submit(fd) })
	return submitted
}

// ready says whether there is a context to submit to.
//
// Preconditions: s.mu is held.
func (s *signaller) ready() bool {
	if s.context != 0 {
		return true
	}
	source, err := unix.MemfdCreate("waveguard-signals", unix.MFD_CLOEXEC)
	if err != nil {
		return false
	}
	if _, _, errno := unix.Syscall(unix.SYS_IO_SETUP, 1, uintptr(unsafe.Pointer(&s.context)), 0); errno != 0 {
		s.context = 0
		_ = unix.Close(source)
		return false
	}
	s.source = source
	return true
}

// submit reads an octet of memory that has none, which is done when io_submit returns, and takes the
// completion out again.
//
// Preconditions: s.mu is held.
func (s *signaller) submit(eventfd uintptr) bool {
	request := &iocb{
		opcode: commandPread, fd: uint32(s.source), buf: uint64(uintptr(unsafe.Pointer(&s.octet))), bytes: 1,
		flags: flagResfd, resfd: uint32(eventfd),
	}
	list := [1]*iocb{request}
	var event [ioEventSize]byte
	if _, _, errno := unix.Syscall(unix.SYS_IO_SUBMIT, s.context, 1, uintptr(unsafe.Pointer(&list))); errno != 0 {
		return false
	}
	for errno := syscall.EINTR; errors.Is(errno, syscall.EINTR); {
		_, _, errno = unix.Syscall6(unix.SYS_IO_GETEVENTS, s.context, 1, 1, uintptr(unsafe.Pointer(&event)), 0, 0)
	}
	return true
}
