package waveguard

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
)

// The pauses between attempts to attach again, and the time one may take.
const (
	firstBackoff   = 50 * time.Millisecond
	longestBackoff = 2 * time.Second
	attemptTime    = 5 * time.Second
)

// supervise keeps the host attached until Close. It owns the connection.
func (h *Host) supervise(conn *wire.Conn) {
	for conn != nil {
		err := h.listen(conn)
		stopped := h.stopped()
		if !stopped {
			h.failure.Store(&err) // before it shows that the daemon is lost, and why is asked
		}
		h.conn.Store(nil)
		_ = conn.Close()
		if stopped {
			return
		}
		h.logger.Warn("lost the daemon, gates go on under the last policy", "error", err)
		conn = h.reattach()
	}
}

// listen answers the daemon until the connection ends.
func (h *Host) listen(conn *wire.Conn) error {
	for {
		m, files, err := conn.Receive()
		if err != nil {
			return err
		}
		switch m := m.(type) {
		case *wire.Ping:
			if err := conn.Send(&wire.Pong{Token: m.Token}); err != nil {
				return err
			}
		case *wire.Pong:
		case *wire.Channel, *wire.Withheld:
			if err := h.accept(conn, m, files); err != nil {
				return err
			}
		case *wire.Refused:
			return m
		default:
			if files != nil {
				err = files.Close()
			}
			return errors.Join(fmt.Errorf("%w: unexpected %T", wire.ErrFormat, m), err)
		}
	}
}

// reattach tries until it is attached again, or the host is closed: then it
// returns nil.
func (h *Host) reattach() *wire.Conn {
	last := ""
	for pause := firstBackoff; ; pause = min(2*pause, longestBackoff) {
		select {
		case <-h.stop:
			return nil
		case <-time.After(pause):
		}
		conn, err := h.attachAgain()
		if err == nil {
			h.conn.Store(conn)
			h.reports.notify()
			h.logger.Info("attached to the daemon again", "attachment", h.attachment.Load().id)
			return h.unlessStopped(conn)
		}
		h.failure.Store(&err)
		if now := err.Error(); now != last {
			h.logger.Warn("attach again, will keep trying", "error", err)
			last = now
		}
	}
}

// unlessStopped closes a connection that came too late for Close to see.
func (h *Host) unlessStopped(conn *wire.Conn) *wire.Conn {
	if !h.stopped() {
		return conn
	}
	h.conn.Store(nil)
	_ = conn.Close()
	return nil
}

func (h *Host) stopped() bool {
	select {
	case <-h.stop:
		return true
	default:
		return false
	}
}

func (h *Host) attachAgain() (*wire.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), attemptTime)
	defer cancel()
	go func() { // Close does not wait for a daemon that does not answer
		select {
		case <-h.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	conn, welcome, a, err := h.shakeHands(ctx)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(h.checkIdentity(welcome.Hosted), checkHosted(a, len(h.domains))); err != nil {
		return nil, errors.Join(err, a.close(), conn.Close())
	}
	h.adopt(a)
	h.follow(a) // which nothing replaces before the next attempt
	if err := conn.Send(&wire.Ready{}); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// checkIdentity makes sure that every service still belongs to the domain
// that its memory and keys were made for.
func (h *Host) checkIdentity(now []wire.Hosted) error {
	if err := checkServices(h.hello.Services, now); err != nil {
		return err
	}
	for i, was := range h.hosted {
		if now[i].Domain != was.Domain || now[i].DomainID != was.DomainID {
			return fmt.Errorf("service %s: domain was %s (%d), is now %s (%d), restart the process: %w",
				was.Service, was.Domain, was.DomainID, now[i].Domain, now[i].DomainID, ErrIdentity)
		}
	}
	return nil
}
