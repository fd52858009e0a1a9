package attach

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
)

// conversation is what is said on one connection after its Welcome.
type conversation struct {
	*wire.Conn
	peer    *peer
	session Session
	pace    pacer
}

// run takes messages until the process leaves; nil after a Bye.
func (c *conversation) run(ctx context.Context) error {
	for {
		m, _, err := c.Receive()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return errors.New("it was welcomed and did not say that it is ready")
		case err != nil:
			return cmp.Or(c.peer.check(), err)
		}
		if err := c.pace.wait(ctx); err != nil {
			return err
		}
		if _, bye := m.(*wire.Bye); bye {
			return nil
		}
		if err := c.peer.check(); err != nil && !isLastWord(m, err) {
			return err
		}
		if err := c.take(m); err != nil {
			return err
		}
	}
}

// isLastWord says whether a message is a report that a process made before its
// end. Each message has its sender's number, and none is taken that is sent later.
func isLastWord(m wire.Message, why error) bool {
	_, report := m.(*wire.Violation)
	return report && errors.Is(why, errEnded)
}

func (c *conversation) take(m wire.Message) error {
	switch m := m.(type) {
	case *wire.Ready:
		return c.ready()
	case *wire.Violation:
		return c.session.Violation(m)
	case *wire.Mapped:
		return c.session.Mapped(m)
	case *wire.Ping:
		return c.Send(&wire.Pong{Token: m.Token})
	case *wire.Pong:
		return nil
	}
	return fmt.Errorf("%w: unexpected %T", wire.ErrFormat, m)
}

func (c *conversation) ready() error {
	if refused := c.session.Ready(); refused != nil {
		_ = c.Send(refused)
		return refused
	}
	return c.SetDeadline(time.Time{})
}
