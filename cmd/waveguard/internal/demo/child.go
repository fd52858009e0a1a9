package demo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// patience is how long a child may take to stop when asked to.
const patience = 5 * time.Second

// child is a process of ours, in a process group of its own: ^C in the
// terminal reaches us alone, and we stop the children in order.
type child struct {
	name    string
	command *exec.Cmd
	log     *os.File
	words   tail
	ended   chan struct{} // closed when err is set
	err     error
}

// startChild starts a process. What it says on stderr goes to a log file and
// to also, which may be nil; stdout goes to out.
func startChild(name, logFile string, out, also io.Writer, command *exec.Cmd) (*child, error) {
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log of the %s: %w", name, err)
	}
	c := &child{name: name, command: command, log: log, ended: make(chan struct{})}
	c.command.Stdout = out
	c.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	writers := []io.Writer{log, &c.words}
	if also != nil {
		writers = append(writers, also)
	}
	c.command.Stderr = io.MultiWriter(writers...)
	c.command.WaitDelay = patience
	if err := c.command.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start the %s: %w", name, err), log.Close())
	}
	go func() {
		c.err = errors.Join(c.command.Wait(), log.Close())
		close(c.ended)
	}()
	return c, nil
}

func (c *child) pid() int { return c.command.Process.Pid }

// stop asks the child to end, and makes it if it does not.
func (c *child) stop() {
	select {
	case <-c.ended:
		return
	default:
	}
	_ = c.command.Process.Signal(syscall.SIGTERM) // it may have ended meanwhile
	select {
	case <-c.ended:
	case <-time.After(patience):
		_ = c.command.Process.Kill()
		<-c.ended
	}
}

// obituary says how the child ended, with its last words.
func (c *child) obituary() string {
	state := "ended"
	if c.command.ProcessState != nil {
		state = "ended: " + c.command.ProcessState.String()
	}
	text := fmt.Sprintf("the %s (process %d) %s", c.name, c.pid(), state)
	if words := c.words.String(); words != "" {
		text += "; its last words:\n" + words
	}
	return text
}

// tail keeps the last lines that are written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const (
	tailBytes = 4096
	tailLines = 12
)

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if extra := len(t.text) - tailBytes; extra > 0 {
		t.text = append(t.text[:0], t.text[extra:]...)
	}
	return len(p), nil
}

// String returns the lines, indented.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := strings.TrimSpace(string(bytes.ToValidUTF8(t.text, nil)))
	if text == "" {
		return ""
	}
	lines := strings.Split(text, "\n")
	return "  " + strings.Join(lines[max(0, len(lines)-tailLines):], "\n  ")
}
