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
	stuck  *time.Timer     // ends the process
}

type kind byte

const (
	ordinary kind = iota
	wrpkru
	rdpkru
)

// stepsMost ends a walk that never arrives.
const stepsMost = 200_000

// laps walks a thread of a process to a place, then from there to there for so many times, and returns what
// it counted of each. The process's other threads stand still meanwhile: Go's would interrupt
// one that is as slow as this. If the thread then waits for one of those it returns errStuck, and the
// process is of no use any more.
func laps(process, thread int, place uint64, times int) (all []counted, err error) {
	// Who traces is a thread, and one on the same processor waits the least.
	err = onCPU(0, func() error {
		stopped, err := stopAll(process)
		defer func() { letGo(process, stopped) }()
		if err != nil {
			return err
		}
		if err := moveTo(0, thread); err != nil {
			return err
		}
		s := &stepper{thread: thread, kinds: map[uint64]kind{}, stuck: time.AfterFunc(stuckAfter, func() { _ = unix.Kill(process, unix.SIGKILL) })}
		defer s.stuck.Stop()
		if _, err := s.lap(place); err != nil {
			return err
		}
		for range times {
			c, err := s.lap(place)
			if err != nil {
				return err
			}
			all = append(all, c)
		}
		return nil
	})
	return all, err
}

// errStuck reports a thread that waits for one that stands still.
var errStuck = errors.New("the thread is stuck")

// stuckAfter is longer than a step takes even where processors are short.
const stuckAfter = 2 * time.Second

// letGo ends the tracing of threads. Those of a process that was killed must be waited for, or nobody
// hears of its end.
func letGo(process int, threads []int) {
	for _, thread := range threads {
		if err := unix.PtraceDetach(thread); err != nil && thread != process {
			_, _ = unix.Wait4(thread, nil, unix.WALL, nil)
		}
	}
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
			return threads, fmt.Errorf("trace a child: %w", err)
		}
		threads = append(threads, thread)
		if _, err := wait(thread); err != nil {
			return threads, err
		}
	}
	return threads, nil
}

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
		}
		if err := s.step(); err != nil {
			return c, err
		}
	}
}

// step executes one instruction; signals are delivered on the way.
func (s *stepper) step() error {
	s.stuck.Reset(stuckAfter)
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
			err = fmt.Errorf("%w, and was ended: %#x", errStuck, status)
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
	s.kinds[at] = k
	return k, nil
}
