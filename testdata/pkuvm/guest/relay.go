package guest

import (
	"io"
	"os"
)

// relay copies a pipe to a port. Programs get the pipe, not the port, because
// a port can be opened only once and a program may reopen /dev/stdout.
type relay struct {
	in   *os.File
	done chan error
}

func newRelay(number int) (*relay, error) {
	port, err := openPort(number)
	if err != nil {
		return nil, err
	}
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	r := &relay{in: in, done: make(chan error, 1)}
	go func() {
		// The plain Writer keeps io.Copy from splicing, which does not block
		// until the host has the data.
		_, err := io.Copy(struct{ io.Writer }{port}, out)
		r.done <- err
	}()
	return r, nil
}

// wait returns when every writer has closed the pipe and the host has all of it.
func (r *relay) wait() error {
	return <-r.done
}
