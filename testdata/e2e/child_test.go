package e2e

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// child is a process of the host that lives no longer than its test, nor than
// this process.
type child struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines chan string // of its output; closed at its end
	ended chan struct{}

	mu    sync.Mutex
	heard []string // all that it said, errors too
}

// startChild starts a process whose output a test reads by line.
func startChild(t *testing.T, env []string, args ...string) *child {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(cmd.Environ(), env...)
	return launch(t, cmd)
}

// launch is startChild for a command that needs more than that.
func launch(t *testing.T, cmd *exec.Cmd) *child {
	t.Helper()
	c := &child{cmd: cmd, lines: make(chan string, 4096), ended: make(chan struct{})}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &unix.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid, cmd.SysProcAttr.Pdeathsig = true, unix.SIGTERM
	started := make(chan error)
	go c.run(started)
	if err := <-started; err != nil {
		t.Fatalf("start %s: %v", cmd.Path, err)
	}
	t.Cleanup(c.stop)
	return c
}

// run keeps its thread, because the child ends with the thread that started it.
func (c *child) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	stdin, err1 := c.cmd.StdinPipe()
	stdout, err2 := c.cmd.StdoutPipe()
	stderr, err3 := c.cmd.StderrPipe()
	for _, err := range []error{err1, err2, err3, c.cmd.Start()} {
		if err != nil {
			started <- err
			return
		}
	}
	c.stdin = stdin
	started <- nil
	var readers sync.WaitGroup
	readers.Go(func() { c.read(stdout, c.lines) })
	readers.Go(func() { c.read(stderr, nil) })
	readers.Wait()
	_ = c.cmd.Wait() // how it ended is in its state
	close(c.lines)
	close(c.ended)
}

// read keeps what comes and passes it on as long as there is room.
func (c *child) read(r io.Reader, to chan<- string) {
	s := bufio.NewScanner(r)
	s.Buffer(nil, 32<<20)
	for s.Scan() {
		c.mu.Lock()
		c.heard = append(c.heard, s.Text())
		c.mu.Unlock()
		select {
		case to <- s.Text():
		default:
		}
	}
}

// all returns what the process said so far.
func (c *child) all() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.heard, "\n")
}

// said returns the end of all that the process said.
func (c *child) said() string {
	return tail(c.all(), 40)
}

// line returns the next line of output.
func (c *child) line(within time.Duration) (string, error) {
	select {
	case line, more := <-c.lines:
		if !more {
			return "", fmt.Errorf("%s has ended (%v); it said:\n%s", c.cmd.Path, c.cmd.ProcessState, c.said())
		}
		return line, nil
	case <-time.After(within):
		return "", fmt.Errorf("%s says nothing for %v; it said:\n%s", c.cmd.Path, within, c.said())
	}
}

// status waits for the end and returns the exit status, as a shell has it.
func (c *child) status(within time.Duration) (int, error) {
	select {
	case <-c.ended:
	case <-time.After(within):
		return 0, fmt.Errorf("%s goes on after %v; it said:\n%s", c.cmd.Path, within, c.said())
	}
	if ws := c.cmd.ProcessState.Sys().(syscall.WaitStatus); ws.Signaled() {
		return 128 + int(ws.Signal()), nil
	}
	return c.cmd.ProcessState.ExitCode(), nil
}

// stop asks the process to end, and in the end makes it.
func (c *child) stop() {
	_ = c.cmd.Process.Signal(unix.SIGTERM) // it may have ended
	select {
	case <-c.ended:
	case <-time.After(5 * time.Second):
		_ = c.cmd.Process.Kill()
		<-c.ended
	}
}
