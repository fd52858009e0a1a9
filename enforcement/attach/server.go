package attach

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/policy"
)

// Authority decides on claims.
type Authority interface {
	// Join grants the claim of a process, or refuses it.
	Join(id policy.Identity, h *wire.Hello) (Session, *wire.Refused)
}

// Session is the daemon's side of one attachment.
type Session interface {
	// Welcome is the grant, with files that stay the session's.
	Welcome() (*wire.Welcome, wire.Files)
	// Ready is called once the process obeys its pages.
	Ready()
	// Violation takes a report in; an error ends the attachment.
	Violation(v *wire.Violation) error
	// Leave ends the attachment; it is called exactly once.
	Leave()
	// Replaced is closed when another connection of the process took over.
	Replaced() <-chan struct{}
}

// Limits of what strangers can hold open.
const (
	maxConnections   = 4096
	handshakeTimeout = 5 * time.Second
	// reportsPerSecond is what a process can report before it is made to wait:
	// its own reports queue up in its socket then, nobody else's.
	reportsPerSecond = 1000
)

// Server accepts host processes.
type Server struct {
	Authority Authority
	Logger    *slog.Logger
}

// Listen makes the attach socket at path, mode 0660, replacing one that a
// former daemon left behind. It returns an error when a daemon listens there.
func Listen(path string) (*net.UnixListener, error) {
	if c, err := net.Dial("unixpacket", path); err == nil {
		_ = c.Close()
		return nil, fmt.Errorf("listen on %s: another daemon is listening there; stop it or choose another --attach socket", path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove the old attach socket: %w", err)
	}
	l, err := net.ListenUnix("unixpacket", &net.UnixAddr{Name: path, Net: "unixpacket"})
	if err != nil {
		return nil, fmt.Errorf("listen for host processes: %w", err)
	}
	if err := os.Chmod(path, 0o660); err != nil {
		_ = l.Close()
		return nil, fmt.Errorf("set the mode of the attach socket: %w", err)
	}
	return l, nil
}

// Serve accepts connections until ctx ends, then closes them all and returns.
func (s *Server) Serve(ctx context.Context, l *net.UnixListener) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()
	slots := make(chan struct{}, maxConnections)
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return nil
		}
		c, err := l.AcceptUnix()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("accept a host process: %w", err)
		}
		wg.Go(func() {
			defer func() { <-slots }()
			s.serve(ctx, wire.NewConn(c))
		})
	}
}

func (s *Server) serve(ctx context.Context, c *wire.Conn) {
	defer func() { _ = c.Close() }()
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	id, err := peer(c.Socket())
	if err != nil {
		s.Logger.Warn("identify a host process", "err", err)
		return
	}
	log := s.Logger.With("pid", id.PID, "executable", id.Executable)
	session, err := s.handshake(c, id)
	switch {
	case errors.Is(err, io.EOF) || err == nil && session == nil:
		return
	case err != nil:
		log.Warn("attach refused", "err", err)
		return
	}
	defer session.Leave()
	go func() {
		select {
		case <-session.Replaced():
			_ = c.Close()
		case <-ctx.Done():
		}
	}()
	log.Info("attached")
	err = converse(c, session)
	log.Info("detached", "reason", reason(err))
}

func reason(err error) string {
	switch {
	case err == nil:
		return "bye"
	case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
		return "connection closed"
	}
	return err.Error()
}

// handshake takes the claim; the session is nil when there was none to take.
func (s *Server) handshake(c *wire.Conn, id policy.Identity) (Session, error) {
	if err := c.SetDeadline(time.Now().Add(handshakeTimeout)); err != nil {
		return nil, err
	}
	m, _, err := c.Receive()
	if err != nil {
		return nil, err
	}
	hello, ok := m.(*wire.Hello)
	if !ok {
		return nil, fmt.Errorf("%w: %T before Hello", wire.ErrFormat, m)
	}
	session, refused := s.Authority.Join(id, hello)
	if refused != nil {
		_ = c.Send(refused)
		return nil, refused
	}
	welcome, files := session.Welcome()
	if err := c.SendWelcome(welcome, files); err != nil {
		session.Leave()
		return nil, err
	}
	return session, c.SetDeadline(time.Time{})
}

// converse takes messages until the process leaves; nil after a Bye.
func converse(c *wire.Conn, session Session) error {
	budget := reportsPerSecond
	refilled := time.Now()
	for {
		m, _, err := c.Receive()
		if err != nil {
			return err
		}
		switch m := m.(type) {
		case *wire.Ready:
			session.Ready()
		case *wire.Violation:
			if budget--; budget < 0 {
				time.Sleep(time.Until(refilled.Add(time.Second)))
			}
			if time.Since(refilled) >= time.Second {
				budget, refilled = reportsPerSecond, time.Now()
			}
			err = session.Violation(m)
		case *wire.Ping:
			err = c.Send(&wire.Pong{Token: m.Token})
		case *wire.Pong:
		case *wire.Bye:
			return nil
		default:
			err = fmt.Errorf("%w: unexpected %T", wire.ErrFormat, m)
		}
		if err != nil {
			return err
		}
	}
}
