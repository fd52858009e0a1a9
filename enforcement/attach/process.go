package attach

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/rounds"
)

var (
	errEnded    = errors.New("the process has ended")
	errReplaced = errors.New("the process executes another program")
)

// process is a hold on a process. Its number can pass to another process and the
// process to another program; both show here, also while somebody else has the
// socket still that it connected.
type process struct {
	pid    int
	handle *os.File // pidfd, readable once the process has ended (pidfd_open(2))
	// memory is the list of its mappings. An open one stays that of the address
	// space that it was opened for, and has nothing more once execve(2) or the
	// end gave that up.
	memory *os.File
}

// holdProcess takes over the pidfd of a process.
func holdProcess(pid, handle int) (*process, error) {
	if err := unix.SetNonblock(handle, true); err != nil {
		return nil, errors.Join(fmt.Errorf("wait for the end of process %d: %w", pid, err), unix.Close(handle))
	}
	p := &process{pid: pid, handle: os.NewFile(uintptr(handle), "pidfd")}
	memory, err := os.Open(procPath(pid, "maps"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read the mappings of process %d: %w", pid, err), p.handle.Close())
	}
	p.memory = memory
	return p, nil
}

// Close ends watch.
func (p *process) Close() error { return errors.Join(p.handle.Close(), p.memory.Close()) }

// check returns nil as long as the process runs the program that it ran when it
// was taken hold of.
func (p *process) check() error {
	if ended, err := p.ended(); err != nil || ended {
		return errors.Join(err, errEnded)
	}
	return p.checkMemory()
}

// checkMemory does the same, but that it may take a process that has just ended for one
// that runs. It asks the kernel once.
func (p *process) checkMemory() error {
	switch n, err := p.memory.ReadAt(make([]byte, 1), 0); {
	case n == 1:
		return nil
	case errors.Is(err, io.EOF):
		return p.lost()
	case errors.Is(err, unix.ESRCH):
		return errEnded
	default:
		return fmt.Errorf("look at the process: %w", err)
	}
}

// lost says why the process has given its memory up: one that is about to end has no
// other.
func (p *process) lost() error {
	fresh, err := os.ReadFile(procPath(p.pid, "maps"))
	if len(fresh) > 0 && err == nil {
		return errReplaced
	}
	return errEnded
}

// watch returns when check would not return nil any more, or after Close. The
// end of the process it notices at once; that it executes another program, which no
// handle tells, in the next round.
func (p *process) watch(r *rounds.Rounds) error {
	found := make(chan error, 1)
	leave := r.Join(func() {
		if err := p.checkMemory(); err != nil {
			select {
			case found <- err:
				_ = p.handle.SetReadDeadline(time.Now()) // wakes await
			default:
			}
		}
	})
	defer leave()
	switch err := p.await(); {
	case err == nil:
		return errEnded
	case errors.Is(err, os.ErrDeadlineExceeded):
		return <-found
	default:
		return err
	}
}

// await returns nil when the process has ended, or os.ErrDeadlineExceeded.
func (p *process) await() error {
	raw, err := p.handle.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Read(readable)
}

// ended says whether the process has ended, without waiting for it.
func (p *process) ended() (ended bool, err error) {
	raw, err := p.handle.SyscallConn()
	if err != nil {
		return false, err
	}
	err = raw.Control(func(fd uintptr) { ended = readable(fd) })
	return ended, err
}

func readable(fd uintptr) bool {
	n, _ := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
	return n > 0
}
