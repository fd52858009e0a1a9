package attach

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/optical-net/waveguard/enforcement/attach/wire"
	"github.com/optical-net/waveguard/enforcement/policy"
	"github.com/optical-net/waveguard/enforcement/rounds"
)

// Authority decides on claims.
type Authority interface {
	// Join grants the claim of a process, or refuses it.
	Join(id policy.Identity, h *wire.Hello) (Session, *wire.Refused)
}

// Session is the daemon's side of one attachment.
type Session interface {
	// Welcome is the grant, with files that stay the session's.
	Welcome() (*wire.Welcome, wire.PageFiles)
	// Ready is called once the process obeys its pages; a refusal ends the
	// attachment.
	Ready() *wire.Refused
	// Violation takes a report in; an error ends the attachment.
	Violation(v *wire.Violation) error
	// Mapped takes in that an end of a channel is mapped; an error ends the attachment.
	Mapped(m *wire.Mapped) error
	// News is signalled, coalesced, when Deliver has something to send.
	News() <-chan struct{}
	// Deliver sends what there is to say of channels. It returns the error of send.
	Deliver(send func(wire.Message, wire.Files) error) error
	// Leave ends the attachment, because the process is gone or has gone wrong. It or Abandon
	// is called, exactly once.
	Leave()
	// Abandon ends it because the daemon stops: the process goes on with what it has.
	Abandon()
	// Replaced is closed when another connection of the process took over.
	Replaced() <-chan struct{}
}

// Limits of what strangers can hold open.
const (
	maxConnections   = 4096
	maxWaiting       = 128 // for a session, of one user
	handshakeTimeout = 5 * time.Second
	// refusalPause is how long a refused connection counts as waiting still.
	refusalPause = 200 * time.Millisecond
	// acceptPause is how long to wait for descriptors or memory to be free again.
	acceptPause = 50 * time.Millisecond
	// messagesPerSecond is what a process can send before it is made to wait.
	messagesPerSecond = 1000
)

// Server accepts host processes.
type Server struct {
	Authority Authority
	Logger    *slog.Logger

	lobby      lobby
	complaints complaints
	rounds     rounds.Rounds // in which attached processes are looked at
	readiness  time.Duration // how long a process may take to be ready; 0 is handshakeTimeout
}

func (s *Server) readyTimeout() time.Duration { return cmp.Or(s.readiness, handshakeTimeout) }

// Serve accepts connections until ctx ends, then closes them all and returns.
func (s *Server) Serve(ctx context.Context, l *net.UnixListener) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()
	slots := make(chan struct{}, maxConnections)
	for {
		c, err := s.accept(ctx, l)
		if c == nil {
			return err
		}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return c.Close()
		}
		wg.Go(func() {
			defer func() { <-slots }()
			s.serve(ctx, wire.NewConn(c))
		})
	}
}

// accept returns the next connection; none, and no error, when ctx ends. What
// passes, such as a lack of descriptors, it waits for.
func (s *Server) accept(ctx context.Context, l *net.UnixListener) (*net.UnixConn, error) {
	for {
		c, err := l.AcceptUnix()
		switch {
		case err == nil:
			return c, nil
		case ctx.Err() != nil:
			return nil, nil
		case !passes(err):
			return nil, fmt.Errorf("accept a host process: %w", err)
		}
		s.Logger.Warn("accept a host process, will keep trying", "err", err)
		_ = sleep(ctx, acceptPause)
	}
}

// passes says whether an error of accept(2) is no fault of the listener.
func passes(err error) bool {
	for _, e := range []error{unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM, unix.ECONNABORTED} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func (s *Server) serve(serving context.Context, c *wire.Conn) {
	ctx, cancel := context.WithCancelCause(serving)
	defer cancel(nil)
	defer func() { _ = c.Close() }()
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	p, session, err := s.meet(ctx, c)
	if p != nil {
		defer func() { _ = p.Close() }()
	}
	switch {
	case err == nil:
	case errors.Is(err, io.EOF):
		return // nothing was asked for
	case p == nil:
		s.complaints.warn(s.Logger, "identify a host process", "err", err)
		return
	default:
		s.complaints.warn(s.Logger, "attach refused", "pid", p.PID, "executable", p.Executable, "err", err)
		return
	}
	defer part(serving, session)
	go func() {
		err := p.watch(&s.rounds)
		if errors.Is(err, errEnded) && c.Socket().CloseRead() == nil {
			return // the conversation ends with what was sent before
		}
		cancel(err)
	}()
	go func() {
		if err := deliver(ctx, c, session); err != nil {
			cancel(err)
		}
	}()
	log := s.Logger.With("pid", p.PID, "executable", p.Executable)
	go func() {
		select {
		case <-session.Replaced():
			cancel(errSuperseded)
		case <-ctx.Done():
		}
	}()
	log.Info("attached")
	err = (&conversation{Conn: c, peer: p, session: session}).run(ctx)
	log.Info("detached", "reason", reason(ctx, err))
}

// part ends a session.
func part(serving context.Context, s Session) {
	if serving.Err() != nil {
		s.Abandon()
		return
	}
	s.Leave()
}

// deliver sends what a session has to say, until ctx ends. A process that leaves its messages
// unread has an error to itself.
func deliver(ctx context.Context, c *wire.Conn, s Session) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.News():
		}
		if err := s.Deliver(c.SendFiles); err != nil {
			return err
		}
	}
}

var errSuperseded = errors.New("another connection of the process took over")

func reason(ctx context.Context, err error) string {
	switch cause := context.Cause(ctx); {
	case cause != nil && !errors.Is(cause, context.Canceled):
		return cause.Error()
	case err == nil:
		return "bye"
	case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
		return "connection closed"
	}
	return err.Error()
}

// meet is identify and handshake in a place of the lobby, which a connection that
// comes to nothing keeps for a moment. The peer is nil if it was not identified,
// else the caller's also after an error.
func (s *Server) meet(ctx context.Context, c *wire.Conn) (p *peer, session Session, err error) {
	cred, handle, err := credentials(c.Socket())
	if err != nil {
		return nil, nil, err
	}
	if !s.lobby.enter(cred.Uid) {
		return nil, nil, errors.Join(fmt.Errorf("%d connections of uid %d wait for an answer", maxWaiting, cred.Uid), unix.Close(handle))
	}
	defer s.lobby.leave(cred.Uid)
	if p, err = identify(cred, handle); err == nil {
		session, err = s.handshake(c, p)
	}
	if err != nil {
		_ = c.Close()
		_ = sleep(ctx, refusalPause)
	}
	return p, session, err
}

// handshake takes the claim.
func (s *Server) handshake(c *wire.Conn, p *peer) (Session, error) {
	c.Admit(p.PID)
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
	if err := p.check(); err != nil {
		return nil, err
	}
	session, refused := s.Authority.Join(p.Identity, hello)
	if refused != nil {
		_ = c.Send(refused)
		return nil, refused
	}
	welcome, files := session.Welcome()
	if err := errors.Join(c.SendFiles(welcome, files.Files()), c.SetDeadline(time.Now().Add(s.readyTimeout()))); err != nil {
		session.Leave()
		return nil, err
	}
	return session, nil
}
