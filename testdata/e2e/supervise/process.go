package supervise

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// process is a child that was started.
type process struct {
	cmd    *exec.Cmd
	output output
	ended  chan struct{} // closed when it has been waited for
}

// start starts a child that ends with the supervisor, in a process group of
// its own so that a terminal's signals don't reach it.
func start(args []string) (*process, error) {
	if len(args) == 0 {
		return nil, errors.New("no command given")
	}
	p := &process{cmd: exec.Command(args[0], args[1:]...), ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
	p.cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true, Pdeathsig: unix.SIGKILL}
	started := make(chan error)
	go p.run(started)
	return p, <-started
}

// run keeps its thread, because the child ends with the thread that started it.
func (p *process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := p.cmd.Start(); err != nil {
		started <- fmt.Errorf("start %s: %w", p.cmd.Path, err)
		return
	}
	started <- nil
	_ = p.cmd.Wait() // how it ended is in its state
	close(p.ended)
}

func (p *process) running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

func (p *process) look() Reply {
	r := Reply{PID: p.cmd.Process.Pid, Running: p.running(), Output: p.output.String()}
	if !r.Running {
		r.Status = status(p.cmd)
	}
	return r
}

// status is how a command that was waited for ended, as a shell has it.
func status(cmd *exec.Cmd) int {
	if ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return cmd.ProcessState.ExitCode()
}

// output keeps the end of what a process wrote.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

const maxOutputBytes = 1 << 20

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.buf.Len() > maxOutputBytes {
		o.buf.Next(o.buf.Len() / 2)
	}
	return o.buf.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}
