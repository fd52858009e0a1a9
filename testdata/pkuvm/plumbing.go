package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
)

// plumbing connects the machine's outputs: four pipes, whose ends for writing
// belong to QEMU and whose data goes where it should.
type plumbing struct {
	console console
	report  bytes.Buffer

	pipes  []pipe
	copies sync.WaitGroup
	mu     sync.Mutex
	err    error
}

type pipe struct{ r, w *os.File }

// newPlumbing makes the pipes, in the order of the inherited descriptors, and
// starts copying.
func newPlumbing(verbose bool) (*plumbing, error) {
	p := &plumbing{}
	if verbose {
		p.console.show = os.Stderr
	}
	for _, dst := range []io.Writer{&p.console, os.Stdout, os.Stderr, &p.report} {
		r, w, err := os.Pipe()
		if err != nil {
			p.closeEnds()
			return nil, err
		}
		p.pipes = append(p.pipes, pipe{r, w})
		p.copies.Go(func() { p.copy(dst, r) })
	}
	return p, nil
}

// copy ends when QEMU has. An output that takes no more does not stop the
// machine: the rest is dropped and the error kept.
func (p *plumbing) copy(dst io.Writer, r *os.File) {
	defer r.Close()
	if _, err := io.Copy(dst, r); err != nil {
		p.mu.Lock()
		p.err = errors.Join(p.err, err)
		p.mu.Unlock()
		_, _ = io.Copy(io.Discard, r)
	}
}

// ends are QEMU's.
func (p *plumbing) ends() []*os.File {
	var files []*os.File
	for _, pipe := range p.pipes {
		files = append(files, pipe.w)
	}
	return files
}

func (p *plumbing) closeEnds() {
	for _, pipe := range p.pipes {
		pipe.w.Close()
	}
}

// wait returns when everything has been copied.
func (p *plumbing) wait() error {
	p.copies.Wait()
	return p.err
}

// console keeps the end of what the kernel and QEMU said, to explain a
// machine that stopped too soon.
type console struct {
	mu   sync.Mutex
	last []byte
	show io.Writer // nil unless wanted
}

const consoleTailBytes = 4096

func (c *console) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = append(c.last, b...)
	c.last = c.last[max(0, len(c.last)-consoleTailBytes):]
	if c.show == nil {
		return len(b), nil
	}
	return c.show.Write(b)
}

// tail words the console's end as an appendix to an error.
func (c *console) tail() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	text := strings.TrimSpace(strings.ReplaceAll(string(c.last), "\r", ""))
	if text == "" || c.show != nil {
		return ""
	}
	return "\nThe machine's last words:\n" + text
}
