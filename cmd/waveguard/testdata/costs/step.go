package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// counted is how many instructions of each kind lie between two arrivals at the same place.
type counted struct{ all, wrpkru, rdpkru int }

// stepper walks a thread of a child through its code, an instruction at a time.
type stepper struct {
	thread int
	kinds  map[uint64]kind // of the instruction at an address
}

type kind byte

const (
	ordinary kind = iota
	wrpkru
	rdpkru
	systemCall
	pushFlags
)

const trapFlag = 1 << 8

// stepsMost ends a walk that never arrives.
const stepsMost = 200_000

// laps walks a thread of a process to a place, then from there to there for so many times, and returns what
// it counted of each. The process's other threads stand still meanwhile: Go's would interrupt
// one that is as slow as this.
func laps(process, thread int, place uint64, times int) (all []counted, err error) {
	// Who traces is a thread, and one on the same processor waits the least.
	err = onCPU(0, func() error {
		for deadline := time.Now().Add(time.Second); ; time.Sleep(20 * time.Millisecond) {
			if all, err = lapsOnce(process, thread, place, times); !errors.Is(err, errWaits) || time.Now().After(deadline) {
				return err
			}
		}
	})
	return all, err
}

// errWaits reports a thread that waits for one of those that stand still, or is about to.
var errWaits = errors.New("the thread waits for another one")

func lapsOnce(process, thread int, place uint64, times int) (all []counted, err error) {
	stopped, err := stopAll(process)
	defer func() { err = errors.Join(err, releaseAll(process, stopped)) }()
	if err != nil {
		return nil, err
	}
	if err := moveTo(0, thread); err != nil {
		return nil, err
	}
	s := &stepper{thread, map[uint64]kind{}}
	defer func() { err = errors.Join(err, s.forget()) }()
	if err := s.underWay(); err != nil {
		return nil, err
	}
	if _, err := s.lap(place); err != nil {
		return nil, err
	}
	for range times {
		c, err := s.lap(place)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// underWay requires that the thread is not in a system call.
func (s *stepper) underWay() error {
	var registers unix.PtraceRegs
	if err := unix.PtraceGetRegs(s.thread, &registers); err != nil {
		return fmt.Errorf("read registers: %w", err)
	}
	if int64(registers.Orig_rax) >= 0 {
		return errWaits
	}
	return nil
}

// stopAll traces the threads of a process, and returns those that stand.
func stopAll(process int) (threads []int, err error) {
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", process))
	if err != nil {
		return nil, err
	}
	for _, task := range tasks {
		thread, err := strconv.Atoi(task.Name())
		if err != nil {
			return threads, err
		}
		if err := errors.Join(unix.PtraceSeize(thread), unix.PtraceInterrupt(thread)); err != nil {
			return threads, fmt.Errorf("trace thread %d of a child, %w: %w", thread, errWaits, err) // or it has just ended
		}
		threads = append(threads, thread)
		if _, err := wait(thread); err != nil {
			return threads, err
		}
	}
	return threads, nil
}

// releaseAll lets threads of a process go on. Of those that ended meanwhile the tracer has to hear, or the process
// would not come to its end; but its first one is for whoever started it.
func releaseAll(process int, threads []int) (err error) {
	for _, thread := range threads {
		failure := unix.PtraceDetach(thread)
		if errors.Is(failure, unix.ESRCH) && thread != process {
			_, failure = unix.Wait4(thread, nil, unix.WALL, nil)
		}
		err = errors.Join(err, failure)
	}
	return err
}

// forget takes the trap flag from the thread. The kernel leaves it there when it is let go if it was stepped over
// an instruction that loads the flags: it takes the flag for the thread's own from then on.
func (s *stepper) forget() error {
	var registers unix.PtraceRegs
	err := unix.PtraceGetRegs(s.thread, &registers)
	if errors.Is(err, unix.ESRCH) {
		return nil // it ended
	}
	if err == nil {
		registers.Eflags &^= trapFlag
		err = unix.PtraceSetRegs(s.thread, &registers)
	}
	if err != nil {
		return fmt.Errorf("take the trap flag from the thread: %w", err)
	}
	return nil
}

// hideTrap takes the trap flag, which is the stepper's, from the flags that the thread has just pushed: the gate
// looks at them.
func (s *stepper) hideTrap() error {
	var registers unix.PtraceRegs
	if err := unix.PtraceGetRegs(s.thread, &registers); err != nil {
		return fmt.Errorf("read registers: %w", err)
	}
	var flags [8]byte
	at := uintptr(registers.Rsp)
	if _, err := unix.PtracePeekData(s.thread, at, flags[:]); err != nil {
		return fmt.Errorf("read pushed flags: %w", err)
	}
	flags[1] &^= trapFlag >> 8
	if _, err := unix.PtracePokeData(s.thread, at, flags[:]); err != nil {
		return fmt.Errorf("write pushed flags: %w", err)
	}
	return nil
}

// waits says whether a system call may be one that waits. A path makes none but that to return from a
// signal, and that for the time where the kernel's clock is not one that a program can read.
func waits(call uint64) bool { return call != unix.SYS_RT_SIGRETURN && call != unix.SYS_CLOCK_GETTIME }

// lap walks until the thread arrives.
func (s *stepper) lap(place uint64) (c counted, err error) {
	var registers unix.PtraceRegs
	for {
		if err := unix.PtraceGetRegs(s.thread, &registers); err != nil {
			return c, fmt.Errorf("read registers: %w", err)
		}
		if c.all > 0 && registers.Rip == place {
			return c, nil
		}
		if c.all++; c.all > stepsMost {
			return c, fmt.Errorf("the thread does not come to %#x in %d steps", place, stepsMost)
		}
		k, err := s.kind(registers.Rip)
		if err != nil {
			return c, err
		}
		switch k {
		case wrpkru:
			c.wrpkru++
		case rdpkru:
			c.rdpkru++
		case systemCall:
			if waits(registers.Rax) {
				return c, errWaits
			}
		}
		if err := s.step(); err != nil {
			return c, err
		}
		if k == pushFlags {
			if err := s.hideTrap(); err != nil {
				return c, err
			}
		}
	}
}

// step executes one instruction; signals are delivered on the way.
func (s *stepper) step() error {
	for signal := unix.Signal(0); ; {
		if err := stepWith(s.thread, signal); err != nil {
			return fmt.Errorf("step: %w", err)
		}
		stopped, err := wait(s.thread)
		if err != nil || stopped == unix.SIGTRAP {
			return err
		}
		signal = stopped
	}
}

// stepWith is unix.PtraceSingleStep with a signal.
func stepWith(thread int, signal unix.Signal) error {
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_SINGLESTEP, uintptr(thread), 0, uintptr(signal), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// wait waits until a thread stands, and returns the signal for which, 0 if there is none.
func wait(thread int) (unix.Signal, error) {
	var status unix.WaitStatus
	for {
		_, err := unix.Wait4(thread, &status, unix.WALL, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err == nil && !status.Stopped() {
			err = fmt.Errorf("the thread ended: %#x", status)
		}
		if status>>16 == unix.PTRACE_EVENT_STOP {
			return 0, err // interrupted
		}
		return status.StopSignal(), err
	}
}

// kind says what instruction is at an address.
func (s *stepper) kind(at uint64) (kind, error) {
	if k, known := s.kinds[at]; known {
		return k, nil
	}
	var bytes [3]byte
	if _, err := unix.PtracePeekText(s.thread, uintptr(at), bytes[:]); err != nil {
		return ordinary, fmt.Errorf("read code: %w", err)
	}
	k := ordinary
	switch bytes {
	case [3]byte{0x0f, 0x01, 0xef}:
		k = wrpkru
	case [3]byte{0x0f, 0x01, 0xee}:
		k = rdpkru
	}
	switch {
	case bytes[0] == 0x0f && bytes[1] == 0x05:
		k = systemCall
	case bytes[0] == 0x9c:
		k = pushFlags
	}
	s.kinds[at] = k
	return k, nil
}
