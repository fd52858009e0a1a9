package netconf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/optical-net/waveguard/server/access"
	"github.com/optical-net/waveguard/server/netconf/framing"
	"github.com/optical-net/waveguard/server/push"
	"github.com/optical-net/waveguard/yang/xml"
)

// Peer is the authenticated other end of a session.
type Peer struct {
	User      access.User
	Transport string // identity of ietf-netconf-monitoring, such as "netconf-ssh"
	Source    string // the client's address without port; may be empty
}

// Session is one NETCONF session.
//
//	           hello exchanged              close-session, end of input,
//	opening ───────────────────▶ serving ─────────────────────────────▶ draining
//	   │                            │       idle, shutdown                  │
//	   │ bad or late hello          │ kill-session, lost stream             │ replies written
//	   ▼                            ▼                                       ▼
//	ended ◀────────────────────── ended ◀───────────────────────────────── ended
//
// The fields below mu may be read by other sessions; all others belong to the
// session's own goroutine.
type Session struct {
	server *Server
	id     uint32
	peer   Peer
	login  time.Time
	idle   time.Duration // without request or subscription; negative: none
	log    *slog.Logger

	stream  io.ReadWriteCloser
	framer  *framing.Framer
	out     *outbox
	base11  bool
	opened  bool // hellos were exchanged
	closing bool // close-session was answered

	receiver *push.Receiver

	ctx    context.Context // ends with the stream
	cancel context.CancelCauseFunc
	ended  chan struct{} // closed when locks are released and the stream is closed

	counters
	closeOnce sync.Once
}

// The reasons for which a session ends.
var (
	errClosed   = errors.New("closed by the client")
	errGone     = errors.New("the client left without close-session")
	errShutdown = errors.New("the server shuts down")
	errIdle     = errors.New("idle for too long")
	errNoHello  = errors.New("no hello in time")
	errDeaf     = errors.New("the client does not read")
	errSlow     = errors.New("a message was begun and not finished in time")
	// These two are wrapped, with what is wrong.
	errBadHello  = errors.New("bad hello")
	errMalformed = errors.New("malformed message")
)

// run takes the session from its hello to its end, and returns why it ended.
func (s *Session) run() (reason error) {
	defer func() { reason = s.end(reason) }()
	if err := s.open(); err != nil {
		return fmt.Errorf("exchange hellos: %w", err)
	}
	s.opened = true
	s.tellStart()
	s.log.Info("session opened")
	go func() {
		if err := s.out.run(); err != nil {
			s.close(fmt.Errorf("write: %w", err))
		}
	}()
	reason = s.serve()
	s.drain()
	return reason
}

// drain waits until the last replies are written, if the peer reads them in time.
func (s *Session) drain() {
	late := time.AfterFunc(s.server.limits.WriteTimeout, func() { s.close(errors.New("the last replies were not read in time")) })
	defer late.Stop()
	s.out.finish()
}

// open exchanges hellos and settles the framing.
func (s *Session) open() error {
	late := time.AfterFunc(s.server.limits.HelloTimeout, func() { s.close(errNoHello) })
	defer late.Stop()
	stop := context.AfterFunc(s.server.stopping, func() { s.close(errShutdown) })
	defer stop()

	var b bytes.Buffer
	appendHello(&b, s.server.announced(), s.id)
	if err := s.framer.WriteMessage(b.Bytes()); err != nil {
		return err
	}
	message, err := s.framer.ReadMessage()
	if err != nil {
		return err
	}
	hello, err := xml.Parse(message, s.server.xmlLimits)
	var says peerSays
	if err == nil {
		says, err = peerHello(hello)
	}
	if err != nil {
		s.server.stats.inBadHellos.Add(1)
		return fmt.Errorf("%w: %w", errBadHello, err)
	}
	if s.base11 = says.base11; s.base11 {
		s.framer.Upgrade()
	}
	if says.private && s.server.offersPrivate() {
		s.server.store.OwnCandidate(s.id)
	}
	return nil
}

// incoming is one message, or the error that ended the input.
type incoming struct {
	message []byte
	err     error
}

// read hands messages over one by one until the input ends. A message that was
// begun has to be finished in time: what came of it takes memory.
func (s *Session) read(to chan<- incoming) {
	for {
		s.framer.Await()
		late := time.AfterFunc(s.server.limits.MessageTimeout, func() { s.close(errSlow) })
		message, err := s.framer.ReadMessage()
		late.Stop()
		select {
		case to <- incoming{message, err}:
		case <-s.ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// serve handles requests and notifications until the session ends.
func (s *Session) serve() error {
	requests := make(chan incoming)
	go s.read(requests)
	idle := newIdleTimer(s.idle)
	defer idle.Stop()
	for !s.closing {
		select {
		case in := <-requests:
			if in.err != nil {
				return s.inputEnded(in.err)
			}
			if err := s.handle(in.message); err != nil {
				return err
			}
			idle.reset()
		case <-s.receiver.Ready():
			s.forward()
		case <-idle.C:
			if !s.receiver.Active() {
				return errIdle
			}
			idle.reset()
		case <-s.server.stopping.Done():
			return errShutdown
		case <-s.ctx.Done():
			return context.Cause(s.ctx)
		}
	}
	return errClosed
}

// inputEnded answers what can be answered, and returns the reason to end.
func (s *Session) inputEnded(err error) error {
	if err == io.EOF {
		return errGone
	}
	s.count(inBadRPCs)
	if errors.Is(err, framing.ErrTooBig) {
		s.sendErrors(nil, rpcLayerError(tagTooBig, fmt.Sprintf("a message can have at most %d bytes", s.server.limits.MessageBytes)))
	}
	return fmt.Errorf("read: %w", err)
}

// close ends the stream; whatever waits on it fails. Any goroutine may call it.
func (s *Session) close(reason error) {
	s.cancel(reason)
	s.closeOnce.Do(func() { s.stream.Close() })
}

// end gives back everything the session holds, and closes the stream last: a
// peer that sees its end can rely on the rest. It returns the reason that
// counts: the first one that closed the stream.
func (s *Session) end(reason error) error {
	if cause := context.Cause(s.ctx); cause != nil {
		reason = cause
	}
	s.receiver.Close()
	s.server.store.Release(s.id)
	s.server.remove(s)
	s.close(reason)
	// RFC 6022 section 2.1.5: neither close-session nor kill-session drops a session.
	if s.opened && reason != errClosed && !isKilled(reason) {
		s.server.stats.droppedSessions.Add(1)
	}
	s.tellEnd(reason)
	s.log.Info("session ended", "reason", reason)
	close(s.ended)
	return reason
}

// idleTimer fires when it has not been reset for its duration; a negative
// duration never fires.
type idleTimer struct {
	*time.Timer
	after time.Duration
}

func newIdleTimer(after time.Duration) idleTimer {
	t := idleTimer{time.NewTimer(max(after, 0)), after}
	t.reset()
	return t
}

func (t idleTimer) reset() {
	if t.after < 0 {
		t.Stop()
		return
	}
	t.Reset(t.after)
}
