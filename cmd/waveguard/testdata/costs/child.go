package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

func fields(line string) []string { return strings.Fields(line) }

// anyCPU lets a child run where the kernel likes.
const anyCPU = -1

// child is a process that does what it is told, a line at a time.
type child struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner
}

// spawn says how to start a child.
type spawn struct {
	role    string   // of this program; empty for another
	program string   // if another
	args    []string // of it
	cpu     int      // where it runs, or anyCPU
	files   []*os.File
	log     *os.File // what it says of errors; nil for where this program does
}

// start starts a child and waits until it is ready.
func (s spawn) start() (*child, error) {
	c, err := s.launch()
	if err != nil {
		return nil, err
	}
	if line, err := c.line(); err != nil || line != "ready" {
		return nil, errors.Join(fmt.Errorf("start %s %s %v: it says %q", s.role, s.program, s.args, line), err, c.kill())
	}
	return c, nil
}

func (s spawn) launch() (c *child, err error) {
	program := s.program
	if s.role != "" {
		if program, err = os.Executable(); err != nil {
			return nil, err
		}
	}
	cmd := exec.Command(program, s.args...)
	cmd.Env = append(os.Environ(), roleVariable+"="+s.role)
	cmd.Stderr = os.Stderr
	if s.log != nil {
		cmd.Stderr = s.log
	}
	cmd.ExtraFiles = s.files
	c = &child{cmd: cmd}
	out, err1 := cmd.StdoutPipe()
	in, err2 := cmd.StdinPipe()
	if err := errors.Join(err1, err2, onCPU(s.cpu, cmd.Start)); err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	c.in, c.lines = in, bufio.NewScanner(out)
	return c, nil
}

// onCPU does something on one processor. What it starts stays there.
func onCPU(cpu int, do func() error) error {
	if cpu == anyCPU {
		return do()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("see which processors there are: %w", err)
	}
	if err := moveTo(cpu, 0); err != nil {
		return err
	}
	return errors.Join(do(), unix.SchedSetaffinity(0, &before))
}

// moveTo keeps a thread on one processor; 0 is the calling one.
func moveTo(cpu, thread int) error {
	var only unix.CPUSet
	only.Set(cpu)
	if err := unix.SchedSetaffinity(thread, &only); err != nil {
		return fmt.Errorf("stay on processor %d: %w", cpu, err)
	}
	return nil
}

func (c *child) pid() int { return c.cmd.Process.Pid }

func (c *child) line() (string, error) {
	if !c.lines.Scan() {
		return "", fmt.Errorf("%v ended: %w", c.cmd.Args, errors.Join(c.lines.Err(), c.cmd.Wait()))
	}
	if text, failed := strings.CutPrefix(c.lines.Text(), "error "); failed {
		return "", fmt.Errorf("%v: %s", c.cmd.Args, text)
	}
	return c.lines.Text(), nil
}

// ask gives an order and returns the answer.
func (c *child) ask(format string, args ...any) (string, error) {
	if _, err := fmt.Fprintf(c.in, format+"\n", args...); err != nil {
		return "", err
	}
	return c.line()
}

// end lets the child end by itself.
func (c *child) end() error { return errors.Join(c.in.Close(), c.cmd.Wait()) }

// kill ends a child that does not listen any more.
func (c *child) kill() error {
	err := c.cmd.Process.Kill()
	_ = c.cmd.Wait() // killed, as it will say
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// endAll ends children, the first of them first.
func endAll(children ...*child) (err error) {
	for _, c := range children {
		err = errors.Join(err, c.end())
	}
	return err
}
