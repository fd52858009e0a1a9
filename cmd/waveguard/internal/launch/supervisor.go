package launch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/optical-net/waveguard/enforcement/confine"
)

// Restart says when a program that ended is started again.
type Restart string

// The choices.
const (
	Never     Restart = "never"
	OnFailure Restart = "on-failure" // a status other than 0, or a signal
	Always    Restart = "always"
)

// Program is what to run and how.
type Program struct {
	Path    string
	Args    []string // with the program's name
	Policy  confine.Policy
	Environ []string // besides that of this process
	Restart Restart
	// StopTimeout is how long the program may take to end after SIGTERM; then it
	// is killed.
	StopTimeout time.Duration

	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Check is asked before each start, if there is one; its error ends Run.
	Check func(context.Context) error
	// Tell is told of starts, ends and waits.
	Tell func(format string, args ...any)
}

const (
	firstWait = 100 * time.Millisecond // before a restart; doubled each time
	longWait  = 30 * time.Second       // and no longer than that
	goodRun   = time.Minute            // after which the wait is short again
)

// ExitError says how the program ended for good.
type ExitError struct {
	Status int // as a shell says it: that of the program, or 128 and the signal
	What   string
}

// Error implements the error interface.
func (e *ExitError) Error() string { return e.What }

// Run starts the program, and again as Restart says, until ctx ends; then it is
// asked to end, and made to. It returns nil when the program ended with status 0, and
// an *ExitError or what kept it from being started otherwise.
func (p Program) Run(ctx context.Context) error {
	signals := forProgram() // from here on: none ends this process while the program does not run
	defer signal.Stop(signals)
	wait := firstWait
	for {
		began := time.Now()
		err := p.once(ctx, signals)
		var ended *ExitError
		exited := err == nil || errors.As(err, &ended)
		switch {
		case ctx.Err() != nil && !exited: // it ended with status 0, as it was asked to
			return nil
		case ctx.Err() != nil, !exited:
			return err
		case p.Restart == Never, p.Restart == OnFailure && err == nil, ended != nil && ended.startless():
			return err
		}
		if time.Since(began) >= goodRun {
			wait = firstWait
		}
		p.Tell("%v; it is started again in %v", said(err), wait)
		rest(ctx, wait, signals)
		wait = min(2*wait, longWait)
	}
}

// forProgram receives the signals that are meant for the program. What was ignored
// when this process began, as by nohup, stays so for both.
func forProgram() chan os.Signal {
	signals := make(chan os.Signal, 4)
	for _, s := range []os.Signal{syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2} {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	return signals
}

// rest waits before a restart. Signals that come meanwhile are for nobody: the next
// program could not handle them yet.
func rest(ctx context.Context, wait time.Duration, signals <-chan os.Signal) {
	over := time.After(wait)
	for {
		select {
		case <-over:
			return
		case <-ctx.Done():
			return
		case <-signals:
		}
	}
}

// startless says that the program did not begin, which it will not the next time either.
func (e *ExitError) startless() bool {
	return e.Status == StatusNotConfined || e.Status == StatusNotExecutable || e.Status == StatusNotFound
}

func said(err error) string {
	if err == nil {
		return "it ended with status 0"
	}
	return err.Error()
}

// once runs the program to its end, and passes the signals on.
func (p Program) once(ctx context.Context, signals <-chan os.Signal) error {
	if p.Check != nil {
		if err := p.Check(ctx); err != nil {
			return err
		}
	}
	text, err := json.Marshal(p.Policy)
	if err != nil {
		return fmt.Errorf("say what to run: %w", err)
	}
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Args = append([]string{p.Path}, p.Args...)
	cmd.Env = append(append(programEnvironment(os.Environ()), p.Environ...), stageVariable+"="+string(text))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = p.Stdin, p.Stdout, p.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = p.StopTimeout
	// The program ends with this process; for the kernel that is the thread that
	// started it, which must not be given up before.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	endWithParent(cmd)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.Path, err)
	}
	p.Tell("started as process %d", cmd.Process.Pid)
	defer passOn(signals, cmd.Process)()
	return exitOf(cmd.Wait())
}

// passOn sends the program what this process is sent for it, until stopped.
func passOn(signals <-chan os.Signal, to *os.Process) (stop func()) {
	done := make(chan struct{})
	go func() {
		for {
			select {
			case s := <-signals:
				_ = to.Signal(s) // it may have ended
			case <-done:
				return
			}
		}
	}()
	return func() { close(done) }
}

// exitOf says how a process ended.
func exitOf(err error) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	status := exit.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		what := fmt.Sprintf("it was ended by the signal %v", status.Signal())
		if status.Signal() == syscall.SIGSYS {
			what += ": it made a system call of another architecture, which is refused"
		}
		return &ExitError{128 + int(status.Signal()), what}
	}
	return &ExitError{status.ExitStatus(), fmt.Sprintf("it ended with status %d", status.ExitStatus())}
}
