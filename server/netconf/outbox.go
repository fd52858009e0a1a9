package netconf

import (
	"context"
	"io"
	"time"

	"github.com/optical-net/waveguard/server/netconf/framing"
)

// outboxDepth is how many messages wait for a slow peer before its session's
// own work waits too.
const outboxDepth = 8

// outbox writes a session's messages in the order they were sent. send and
// finish are called by the session's goroutine, run by the writer's.
type outbox struct {
	queue  chan []byte
	done   chan struct{} // closed when the writer has ended
	framer *framing.Framer
}

func newOutbox(f *framing.Framer) *outbox {
	return &outbox{make(chan []byte, outboxDepth), make(chan struct{}), f}
}

// run writes until finish is called or a write fails, and returns that error.
func (o *outbox) run() error {
	defer close(o.done)
	for message := range o.queue {
		if err := o.framer.WriteMessage(message); err != nil {
			return err
		}
	}
	return nil
}

// send queues a message; it waits while the queue is full, and returns false
// when the writer or ctx has ended.
func (o *outbox) send(ctx context.Context, message []byte) bool {
	select {
	case o.queue <- message:
		return true
	case <-o.done:
	case <-ctx.Done():
	}
	return false
}

// finish waits until all that was sent is written. The outbox takes no more.
func (o *outbox) finish() {
	close(o.queue)
	<-o.done
}

// impatient gives up a stream whose peer takes longer than limit to accept a
// piece of output: giveUp closes it, which makes the write fail.
type impatient struct {
	io.ReadWriteCloser
	limit  time.Duration
	giveUp func()
}

// writePiece is how much a peer must take within the limit.
const writePiece = 1 << 16

func (w impatient) Write(p []byte) (n int, err error) {
	for len(p) > 0 && err == nil {
		var k int
		k, err = w.writeOne(p[:min(len(p), writePiece)])
		n, p = n+k, p[k:]
	}
	return n, err
}

func (w impatient) writeOne(p []byte) (int, error) {
	watch := time.AfterFunc(w.limit, w.giveUp)
	defer watch.Stop()
	return w.ReadWriteCloser.Write(p)
}
